package difftest

import (
	"path"
	"strings"
)

// Directive is one statement of a generated configuration, simple or with a block.
type Directive struct {
	Text    string       // the words as written, without the `;` or `{`
	Braces  bool         // has a block
	Block   []*Directive // the statements of the block, or of the included file
	File    string       // for an include: the file's name below the case's folder, which Block fills
	Comment string       // a line above it, without the `#`
	Open    bool         // its `;` is missing
}

// Simple is a directive without a block.
func Simple(text string) *Directive { return &Directive{Text: text} }

// Block is a directive with a block.
func Block(text string, inside ...*Directive) *Directive {
	return &Directive{Text: text, Braces: true, Block: inside}
}

// Include puts the statements into a file of their own, below the case's folder, and includes it where it stands.
func Include(file string, inside ...*Directive) *Directive {
	return &Directive{Text: "include", File: file, Block: inside}
}

// Name is the first word.
func (d *Directive) Name() string {
	name, _, _ := strings.Cut(d.Text, " ")
	return name
}

// Clone copies a list of statements with everything below them.
func Clone(list []*Directive) []*Directive {
	out := make([]*Directive, len(list))
	for i, d := range list {
		c := *d
		c.Block = Clone(d.Block)
		out[i] = &c
	}
	return out
}

// walk calls visit on every statement, outer before inner.
func walk(list []*Directive, visit func(*Directive)) {
	for _, d := range list {
		visit(d)
		walk(d.Block, visit)
	}
}

// Layout is how a configuration is written down; none of it changes what nginx does.
type Layout struct {
	CRLF    bool   // line ends
	Compact bool   // one line for everything that needs none of its own
	Indent  string // of one level; "" means four spaces
	Loose   bool   // blank lines, comments and spaces where nginx allows them
}

// printer collects the files of one configuration.
type printer struct {
	layout Layout
	folder string // of included files
	files  map[string]string
}

func (p *printer) print(list []*Directive, depth int) string {
	var b strings.Builder
	for _, d := range list {
		p.directive(&b, d, depth)
	}
	return b.String()
}

func (p *printer) directive(b *strings.Builder, d *Directive, depth int) {
	if p.layout.Loose && d.Braces {
		b.WriteString("\n" + p.indent(depth) + "# " + d.Name() + "; {not} a \"statement\"\n")
	}
	if d.Comment != "" {
		// Its own line in every layout: it would swallow the rest, and behind a statement it would be about that.
		if p.layout.Compact {
			b.WriteString("\n")
		}
		b.WriteString(p.indent(depth) + "# " + d.Comment + "\n")
	}
	b.WriteString(p.indent(depth) + p.text(d))
	switch {
	case d.Open:
		b.WriteString(p.newline())
	case d.Braces:
		b.WriteString(" {" + p.newline() + p.print(d.Block, depth+1) + p.indent(depth) + "}" + p.newline())
	case p.layout.Loose:
		b.WriteString(" ;   # " + d.Name() + "\n")
	default:
		b.WriteString(";" + p.newline())
	}
}

// text is the statement's words; an include writes its file first.
func (p *printer) text(d *Directive) string {
	if d.File == "" {
		return d.Text
	}
	name := path.Join(p.folder, d.File)
	p.files[name] = p.ends(p.print(d.Block, 0))
	if strings.Contains(d.Text, "*") {
		return "include " + path.Join(path.Dir(name), "*"+path.Ext(name))
	}
	return "include " + name
}

func (p *printer) indent(depth int) string {
	if p.layout.Compact {
		return ""
	}
	unit := p.layout.Indent
	if unit == "" {
		unit = "    "
	}
	return strings.Repeat(unit, depth)
}

func (p *printer) newline() string {
	if p.layout.Compact {
		return " "
	}
	return "\n"
}

// ends gives the text its line ends.
func (p *printer) ends(text string) string {
	if p.layout.CRLF {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}
