package config

import (
	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Gonginx returns the configuration as gonginx's AST: generic Directive and Block nodes in nginx's order, what includes
// bring in their place. Names and parameters are as written, quotes included, as gonginx's own parser gives them; lines
// are those of a directive's first word. An include that brought nothing stays.
func (c *Config) Gonginx() *gonginx.Config {
	return &gonginx.Config{FilePath: c.Entry.Path, Block: c.gonginxBlock(c.Root, nil)}
}

// gonginxBlock returns the block of d; parent is nil at the top.
func (c *Config) gonginxBlock(d *Directive, parent gonginx.IDirective) *gonginx.Block {
	block := &gonginx.Block{Parent: parent}
	switch {
	case d.Directive != nil && d.Block.Raw:
		block.IsLuaBlock = true
		block.LiteralCode = rawText(d.File, d.Block)
	case d.MapLike:
		for file, entry := range c.Entries(d) {
			block.Directives = append(block.Directives, gonginxDirective(file, entry, parent))
		}
	default:
		for _, child := range d.Children {
			if len(c.brought[child]) == 0 {
				block.Directives = append(block.Directives, c.gonginxNode(child, parent))
			}
		}
	}
	return block
}

// gonginxNode returns d with its block.
func (c *Config) gonginxNode(d *Directive, parent gonginx.IDirective) *gonginx.Directive {
	node := gonginxDirective(d.File, d.Directive, parent)
	if d.Block != nil {
		node.Block = c.gonginxBlock(d, node)
	}
	return node
}

// gonginxDirective returns a statement without its block.
func gonginxDirective(f *syntax.File, d *syntax.Directive, parent gonginx.IDirective) *gonginx.Directive {
	line := f.Line(int(d.Words[0].Start))
	node := &gonginx.Directive{Name: f.Slice(d.Words[0].Span()), Parent: parent, Line: line}
	for _, word := range d.Args() {
		node.Parameters = append(node.Parameters, gonginx.Parameter{
			Value:             f.Slice(word.Span()),
			RelativeLineIndex: f.Line(int(word.Start)) - line,
		})
	}
	return node
}

// rawText returns what stands between the braces of a raw block.
func rawText(f *syntax.File, b *syntax.Block) string {
	end := int(b.Close)
	if end < 0 {
		end = len(f.Text)
	}
	return f.Text[b.Open+1 : end]
}
