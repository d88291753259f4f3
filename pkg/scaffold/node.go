package scaffold

import gonginx "github.com/tufanbarisyildirim/gonginx/config"

// directive makes a simple directive.
func directive(name string, args ...string) *gonginx.Directive {
	d := &gonginx.Directive{Name: name}
	for _, arg := range args {
		d.Parameters = append(d.Parameters, gonginx.Parameter{Value: arg})
	}
	return d
}

// with gives a directive a block.
func with(d *gonginx.Directive, children ...*gonginx.Directive) *gonginx.Directive {
	block := blockOf(children...)
	block.SetParent(d)
	for _, child := range children {
		child.SetParent(d)
	}
	d.Block = block
	return d
}

// blockOf makes a block.
func blockOf(children ...*gonginx.Directive) *gonginx.Block {
	block := &gonginx.Block{}
	for _, child := range children {
		block.Directives = append(block.Directives, child)
	}
	return block
}

// explain puts comments above a directive, before those that are there, and returns it.
func explain(d *gonginx.Directive, lines ...string) *gonginx.Directive {
	var comments []string
	for _, line := range lines {
		comments = append(comments, "# "+line)
	}
	d.Comment = append(comments, d.Comment...)
	return d
}
