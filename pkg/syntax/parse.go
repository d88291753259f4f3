package syntax

import (
	"math"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Parse reads f into a tree. It never fails: what nginx would refuse is in the Errors of the File, and the tree holds
// as much as could be made of the rest. It takes time and memory linear in the size of the text.
//
// A template of nginx configuration is read with its constructs masked; see Template.
func Parse(f *source.File) *File {
	plain := parse(f, MaxSize)
	if t := template(plain); t != nil {
		return parseTemplate(f, t, MaxSize)
	}
	return plain
}

func parse(f *source.File, maxSize int) *File { return parseAs(f, f.Text, nil, maxSize) }

// parseAs parses text, which stands for f's own, byte for byte: that of a template is masked.
func parseAs(f *source.File, text string, t *Template, maxSize int) *File {
	p := parser{file: &File{File: f}, text: text[:min(len(text), maxSize)], masked: t != nil}
	p.cut = len(p.text) < len(f.Text)
	p.arena.expect(len(p.text))
	p.run()
	p.end()
	p.tooLarge()
	return p.file
}

// MaxDepth is how many blocks may stand in each other. nginx recurses without a limit and dies of a stack overflow
// between 10,000 and 30,000; no directive of some 1,000 published configurations is in more than 4 blocks. A thousand
// leaves room for anything written by a program, and for what recurses over a tree or asks each directive for those
// around it. What is deeper is lexed and skipped.
const MaxDepth = 1000

// MaxErrors is how many errors of a file are kept; File.MoreErrors counts the rest.
const MaxErrors = 1000

// MaxSize is how many bytes of a file are parsed: offsets in the tree are 32-bit. The rest is skipped.
const MaxSize = math.MaxInt32

// parser holds the state of one Parse.
type parser struct {
	file  *File
	text  string
	arena arena
	pos   int
	// wrapped is set when a line ended between the words of the pending statement.
	wrapped bool
	// masked is set when the text is that of a template.
	masked bool
	// cut is set when the rest of the file was skipped: what is missing at its end may have stood there.
	cut bool
	// window is where the last Lua block ended.
	window window
	// stack holds the open blocks, outermost first.
	stack []frame
	// over is how many blocks beyond MaxDepth are open; the first opens at overOpen and is overBlock, if it has words.
	over      int
	overOpen  int
	overBlock *Block
	deep      bool // whether TooDeep was reported
}

// frame is one open block.
type frame struct {
	// directive is nil for a `{` that no words precede: what is in it belongs to the block around it.
	directive *Directive
	// parent is the directive itself, or where there is none that of the frame around.
	parent *Directive
	open   int
	// first is where the block's statements begin in the arena's list of children.
	first int
	// data is set in a map-like block, where a statement's first word is no directive's name.
	data bool
}

// run reads statements up to the end of the text.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_read_token and ngx_conf_parse.
func (p *parser) run() {
	for {
		p.skipBlanks()
		if p.pos >= len(p.text) {
			return
		}
		switch c := p.text[p.pos]; c {
		case ';':
			p.semicolon()
		case '{':
			p.open()
		case '}':
			p.close()
		case '#':
			p.comment()
		case '"', '\'':
			p.quoted(c)
		default:
			p.bare()
		}
	}
}

const indent = "    "

// skipBlanks moves to the next byte that is no blank.
func (p *parser) skipBlanks() {
	text, at := p.text, p.pos
	for at < len(text) && class[text[at]]&blank != 0 {
		if text[at] == '\n' {
			p.wrapped = true
			for at+len(indent) < len(text) && text[at+1:at+1+len(indent)] == indent {
				at += len(indent) // most blanks are these
			}
		}
		at++
	}
	p.pos = at
}

// bare reads a word without quotes.
func (p *parser) bare() {
	start := p.pos
	end, escaped := scanBare(p.text, start)
	if end-start >= maxWord-1 {
		p.checkBare(start, end)
	}
	if p.masked && len(p.arena.pending()) == 0 && strings.Trim(p.text[start:end], string(filler)) == "}" {
		end-- // `{{ x }}}`: a placeholder, and the end of a block
	}
	value := p.text[start:end]
	if escaped {
		value = cook(value)
	}
	p.word(Word{Value: value, Start: int32(start), End: int32(end)})
	p.pos = end
	if p.masked && p.standsAlone() {
		p.statement(-1)
	}
}

// standsAlone reports whether the pending words are placeholders of a template only, at the end of a line or block: what
// comes of them is statements of its own.
func (p *parser) standsAlone() bool {
	for _, w := range p.arena.pending() {
		if w.Quote != Bare || strings.Trim(p.text[w.Start:w.End], string(filler)) != "" {
			return false
		}
	}
	line := p.text[p.pos:scanComment(p.text, p.pos)]
	line = strings.TrimLeft(line, " \t\r")
	rest := strings.TrimLeft(p.text[p.pos:], " \t\r\n")
	return (line == "" || line[0] == '#' || line[0] == '}') && (rest == "" || rest[0] != ';' && rest[0] != '{')
}

// quoted reads a word in quotes and looks at the byte after it.
func (p *parser) quoted(quote byte) {
	start := p.pos
	end, escaped := scanQuoted(p.text, start+1, quote)
	if end < 0 {
		p.unclosedQuote(start)
		return
	}
	if end-start > maxQuoted && p.longQuoted(start, end) {
		return
	}
	if !p.checkAfterQuote(start, end+1) {
		return
	}
	value := p.text[start+1 : end]
	if escaped {
		value = cook(value)
	}
	p.word(Word{Value: value, Start: int32(start), End: int32(end + 1), Quote: Quote(quote)})
	p.pos = end + 1
}

// word adds a word to the pending statement.
func (p *parser) word(w Word) {
	if len(p.arena.pending()) == 0 {
		p.wrapped = false
	}
	p.arena.addWord(w)
}

// comment reads a comment; its LF is a blank.
func (p *parser) comment() {
	end := scanComment(p.text, p.pos)
	if end-p.pos >= maxWord {
		p.checkComment(p.pos, end)
	}
	if p.over == 0 {
		p.file.Comments = append(p.file.Comments, source.Span{Start: p.pos, End: end})
	}
	p.pos = end
}

// semicolon ends a simple directive.
func (p *parser) semicolon() {
	if len(p.arena.pending()) == 0 {
		p.strayByte()
	} else {
		p.statement(p.pos)
	}
	p.pos++
}

// statement makes a directive of the pending words and the terminator at term, -1 for none. It returns nil in what is
// nested too deep.
func (p *parser) statement(term int) *Directive {
	p.splitDots()
	words := p.arena.takeWords()
	if p.over > 0 {
		return nil
	}
	return p.add(words, term)
}

// add makes a directive of words in the open block.
func (p *parser) add(words []Word, term int) *Directive {
	d := p.arena.newDirective()
	d.Words, d.Term, d.Parent = words, int32(term), p.parent()
	p.arena.addChild(d)
	if p.wrapped && !p.inData() {
		p.suspect(d)
	}
	return d
}

// open begins a block.
func (p *parser) open() {
	if len(p.arena.pending()) == 0 {
		p.strayOpen()
		p.pos++
		return
	}
	if p.inData() {
		p.openInData()
	}
	d := p.statement(p.pos)
	switch {
	case d == nil:
		p.over++
	case len(p.stack) == MaxDepth:
		p.tooDeep(d)
	default:
		p.push(d)
	}
	p.pos++
	if d != nil && p.over == 0 && catalog.RawLuaBlock(d.Name()) {
		p.lua(d)
	}
}

// push makes d, whose `{` is at pos, the innermost open block.
func (p *parser) push(d *Directive) {
	d.Block = p.arena.newBlock(p.pos)
	p.stack = append(p.stack, frame{
		directive: d,
		parent:    d,
		open:      p.pos,
		first:     len(p.arena.children),
		data:      p.inData() || catalog.MapLike(d.Name(), 0),
	})
}

// close ends a block.
func (p *parser) close() {
	if len(p.arena.pending()) > 0 {
		p.closePending()
	}
	switch {
	case p.over > 0:
		p.closeOver()
	case len(p.stack) == 0:
		p.strayByte()
	default:
		p.pop(p.pos)
	}
	p.pos++
}

// pop ends the innermost open block; its `}` is at offset at, -1 for none.
func (p *parser) pop(at int) {
	top := p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	if top.directive == nil {
		if at >= 0 {
			p.skip(at, at+1)
		}
		return
	}
	block := top.directive.Block
	block.Close, block.stop = int32(at), block.Open+1
	block.Directives = p.arena.takeChildren(top.first)
	if n := len(block.Directives); n > 0 {
		block.stop = int32(block.Directives[n-1].Span().End)
	}
}

// parent returns the directive whose block is open, nil at the top.
func (p *parser) parent() *Directive {
	if len(p.stack) == 0 {
		return nil
	}
	return p.stack[len(p.stack)-1].parent
}

// inData reports whether the open block is map-like.
func (p *parser) inData() bool {
	return len(p.stack) > 0 && p.stack[len(p.stack)-1].data
}

// end closes what is open at the end of the text.
func (p *parser) end() {
	if len(p.arena.pending()) > 0 {
		p.endPending()
	}
	if len(p.stack)+p.over > 0 && !p.cut {
		p.unclosedBlock()
	}
	if p.over > 0 {
		p.over = 0
		p.skip(p.overOpen+1, len(p.text))
	}
	for len(p.stack) > 0 {
		p.pop(-1)
	}
	p.file.Directives = p.arena.takeChildren(0)
}
