package mend

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// lineEnd returns how the line that offset stands on ends, or, where it is the last, the one before it.
func lineEnd(f *syntax.File, offset int) string {
	i := strings.IndexByte(f.Text[offset:], '\n')
	if i < 0 {
		offset, i = 0, strings.LastIndexByte(f.Text[:offset], '\n')
	}
	if i >= 0 && offset+i > 0 && f.Text[offset+i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// startsLine reports whether only blanks stand before offset on its line.
func startsLine(f *syntax.File, offset int) bool {
	start := f.LineSpan(f.Line(offset)).Start
	return strings.Trim(f.Text[start:offset], " \t\r") == ""
}

// endsLine reports whether only blanks and a comment stand behind offset on its line.
func endsLine(f *syntax.File, offset int) bool {
	rest := strings.Trim(f.Text[offset:max(offset, f.LineSpan(f.Line(offset)).End)], " \t\r")
	return rest == "" || rest[0] == '#'
}

// indentOf returns the blanks before a statement that starts its line, else those of the line.
func indentOf(f *syntax.File, d *syntax.Directive) string {
	line := f.Slice(f.LineSpan(f.Line(int(d.Words[0].Start))))
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// step returns one step of indentation: what the file's first indented statement has more than its block, else four
// spaces.
func (m *Mender) step(f *syntax.File) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	step, ok := m.layouts[f]
	if !ok {
		step = stepOf(f)
		m.layouts[f] = step
	}
	return step
}

func stepOf(f *syntax.File) string {
	for d := range f.All() {
		if d.Parent == nil || !startsLine(f, int(d.Words[0].Start)) {
			continue
		}
		if more, ok := strings.CutPrefix(indentOf(f, d), indentOf(f, d.Parent)); ok && more != "" {
			return more
		}
	}
	return "    "
}

// inner returns the indentation of the statements in a block: that of the first one that starts its line, else one step
// more than the block's.
func (m *Mender) inner(f *syntax.File, block *syntax.Directive) string {
	for _, child := range block.Children() {
		if startsLine(f, int(child.Words[0].Start)) {
			return indentOf(f, child)
		}
	}
	return indentOf(f, block) + m.step(f)
}

// own returns the block's simple statements that stand in its own file and text, not in an include.
func own(level *config.Directive) []*syntax.Directive {
	statements := level.File.Directives
	if level.Directive != nil {
		statements = level.Directive.Children()
	}
	var simple []*syntax.Directive
	for _, d := range statements {
		if d.Block == nil && d.Term >= 0 {
			simple = append(simple, d)
		}
	}
	return simple
}

// gap returns the blanks between a statement's text so far and its next word, number i: those that bring it to the column
// of a table, where the statements around have their words in one; else those of the last of the same name.
func gap(f *syntax.File, around []*syntax.Directive, text string, name string, i int) string {
	if at := column(f, around, name, i); at > len(text) {
		return strings.Repeat(" ", at-len(text))
	}
	for j := len(around) - 1; j >= 0; j-- {
		if d := around[j]; d.Name() == name && len(d.Words) > i {
			if between := f.Text[d.Words[i-1].End:d.Words[i].Start]; between != "" && strings.Trim(between, "\t") == "" {
				return between
			}
		}
	}
	return " "
}

// column returns the column, from 0, at which word i of the statements begins, where those with different words before
// it agree on it, so that they are laid out as a table; else -1. From the second argument on only statements of the
// name count.
func column(f *syntax.File, statements []*syntax.Directive, name string, i int) int {
	at, widths := -1, map[int]bool{}
	for _, d := range statements {
		if len(d.Words) <= i || i > 1 && d.Name() != name || !startsLine(f, int(d.Words[0].Start)) {
			continue
		}
		line := f.LineSpan(f.Line(int(d.Words[0].Start)))
		here := int(d.Words[i].Start) - line.Start
		between := f.Text[d.Words[i-1].End:d.Words[i].Start]
		if at >= 0 && at != here || strings.Trim(between, " ") != "" {
			return -1
		}
		at = here
		widths[int(d.Words[i-1].End)-line.Start] = true
	}
	if len(widths) < 2 {
		return -1
	}
	return at
}

// statement returns the text of a statement without its indentation, its words laid out as those around it are.
func (m *Mender) statement(level *config.Directive, indent string, words []string) string {
	around := own(level)
	text := indent + words[0]
	for i := 1; i < len(words); i++ {
		text += gap(level.File, around, text, words[0], i) + words[i]
	}
	return text[len(indent):] + ";"
}

// after inserts statements behind the statement d of the block level, each on a line of its own where d ends its line.
func (p *Plan) after(level *config.Directive, d *syntax.Directive, statements ...[]string) {
	if p.spared() {
		return
	}
	f, end := level.File, d.Span().End
	for _, words := range statements {
		if endsLine(f, end) && startsLine(f, int(d.Words[0].Start)) {
			indent := indentOf(f, d)
			at := f.LineSpan(f.Line(end)).End
			p.replace(f, source.Span{Start: at, End: at}, lineEnd(f, end)+indent+p.m.statement(level, indent, words))
			continue
		}
		p.replace(f, source.Span{Start: end, End: end}, " "+strings.Join(words, " ")+";")
	}
}

// first inserts statements at the start of the block level.
func (p *Plan) first(level *config.Directive, statements ...[]string) {
	if p.spared() {
		return
	}
	f, open := level.File, int(level.Block.Open)+1
	for _, words := range statements {
		if endsLine(f, open) {
			indent := p.m.inner(f, level.Directive)
			at := f.LineSpan(f.Line(open)).End
			p.replace(f, source.Span{Start: at, End: at}, lineEnd(f, open)+indent+p.m.statement(level, indent, words))
			continue
		}
		p.replace(f, source.Span{Start: open, End: open}, " "+strings.Join(words, " ")+";")
	}
}

// remove takes a statement out: with its line where it has that to itself.
func (p *Plan) remove(f *syntax.File, d *syntax.Directive) {
	span := d.Span()
	if startsLine(f, span.Start) && endsLine(f, span.End) && f.Line(span.Start) <= f.Line(span.End) {
		span.Start = f.LineSpan(f.Line(span.Start)).Start
		line := f.Line(span.End)
		if line < f.Lines() {
			span.End = f.LineSpan(line + 1).Start
		} else {
			span.End = len(f.Text)
		}
	} else if strings.HasPrefix(f.Text[span.End:], " ") {
		span.End++
	}
	p.replace(f, span, "")
}
