package mend

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// AddBlock adds a block statement to the level's own text: behind its last block of the same name, or at its end. Each
// of its lines begins with as many tabs as it is to be indented by, relative to the statement; they become what the
// surroundings indent with.
func (p *Plan) AddBlock(level *config.Directive, lines []string) {
	if level.Directive == nil || level.Block == nil || level.Block.Close < 0 {
		p.Refuse("there is no place for it in this file")
		return
	}
	name, _, _ := strings.Cut(lines[len(lines)-1-bodyOf(lines)], " ")
	if last := lastBlock(level, name); last != nil {
		f, end := level.File, last.Span().End
		at := f.LineSpan(f.Line(end)).End
		text := p.m.block(f, indentOf(f, last), lines, lineEnd(f, end))
		p.replace(level.File, source.Span{Start: at, End: at}, lineEnd(f, end)+lineEnd(f, end)+text)
		return
	}
	p.atEnd(level, lines)
}

// bodyOf returns how many lines follow the one on which the statement begins: what stands above it is comments.
func bodyOf(lines []string) int {
	for i, line := range lines {
		if !strings.HasPrefix(line, "#") {
			return len(lines) - 1 - i
		}
	}
	return len(lines) - 1
}

// lastBlock returns the last block of that name in the level's own text if it has its lines to itself, else nil.
func lastBlock(level *config.Directive, name string) *syntax.Directive {
	var last *syntax.Directive
	for _, d := range level.Directive.Children() {
		if d.Name() == name && d.Block != nil {
			last = d
		}
	}
	f := level.File
	if last == nil || last.Block.Close < 0 || !startsLine(f, int(last.Words[0].Start)) || !endsLine(f, last.Span().End) {
		return nil
	}
	return last
}

// atEnd adds a block statement before the level's closing brace.
func (p *Plan) atEnd(level *config.Directive, lines []string) {
	f, brace := level.File, int(level.Block.Close)
	end := lineEnd(f, brace)
	text := p.m.block(f, p.m.inner(f, level.Directive), lines, end) + end
	if startsLine(f, brace) {
		line := f.Line(brace)
		at := f.LineSpan(line).Start
		if before := strings.TrimSpace(f.Slice(f.LineSpan(line - 1))); before != "" && before != "{" && len(level.Directive.Children()) > 0 {
			text = end + text
		}
		p.replace(f, source.Span{Start: at, End: at}, text)
		return
	}
	from := len(strings.TrimRight(f.Text[:brace], " \t"))
	p.replace(f, source.Span{Start: from, End: brace}, end+text+indentOf(f, level.Directive))
}

// AddBlockBefore puts a block statement, as in AddBlock, before a block in its file: above the comments directly above
// it.
func (p *Plan) AddBlockBefore(block *config.Directive, lines []string) {
	f := block.File
	at := int(block.Words[0].Start)
	if comments := f.CommentsAbove(block.Directive); len(comments) > 0 {
		at = comments[0].Start
	}
	if !startsLine(f, at) {
		end := lineEnd(f, at)
		p.replace(f, source.Span{Start: at, End: at}, end+p.m.block(f, indentOf(f, block.Directive), lines, end)+end)
		return
	}
	at = f.LineSpan(f.Line(at)).Start
	end := lineEnd(f, at)
	p.replace(f, source.Span{Start: at, End: at}, p.m.block(f, indentOf(f, block.Directive), lines, end)+end+end)
}

// block lays lines out; the last has no end.
func (m *Mender) block(f *syntax.File, indent string, lines []string, end string) string {
	var out []string
	for _, line := range lines {
		rest := strings.TrimLeft(line, "\t")
		if rest != "" {
			rest = indent + strings.Repeat(m.step(f), len(line)-len(rest)) + rest
		}
		out = append(out, rest)
	}
	return strings.Join(out, end)
}

// UpgradeVariable returns what the sites' Upgrade is to be set to, `$` included; a map that it needs is added.
func (p *Plan) UpgradeVariable() string {
	if p.m.opts.AnyUpgrade {
		return "$http_upgrade"
	}
	return "$" + p.mapFor(upgradeMap("upgrade_websocket"))
}

// ConnectionVariable returns what the sites' Connection is to be set to, `$` included; a map that it needs is added.
func (p *Plan) ConnectionVariable() string {
	return "$" + p.mapFor(p.connectionMap("connection_upgrade"))
}
