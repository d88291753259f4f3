package syntax

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// What nginx says of the end of the file and of one byte.
const (
	unexpectedEnd   = `unexpected end of file, expecting ";" or "}"`
	unexpectedEndIn = `unexpected end of file, expecting "}"`
	unexpectedByte  = `unexpected "%s"`
)

// fail keeps an error.
func (p *parser) fail(e Error) {
	if len(p.file.Errors) >= MaxErrors {
		p.file.MoreErrors++
		return
	}
	p.file.Errors = append(p.file.Errors, e)
}

// skip records that [start, end) is in no statement. Spans that touch become one.
func (p *parser) skip(start, end int) {
	if p.over > 0 || start == end {
		return
	}
	if n := len(p.file.Skipped); n > 0 && p.file.Skipped[n-1].End == start {
		p.file.Skipped[n-1].End = end
		return
	}
	p.file.Skipped = append(p.file.Skipped, source.Span{Start: start, End: end})
}

// lastError returns where the last error stands, -1 where there is none.
func (p *parser) lastError() int {
	if n := len(p.file.Errors); n > 0 {
		return p.file.Errors[n-1].Span.Start
	}
	return -1
}

// at returns the span of n bytes from offset start, and not beyond the text.
func (p *parser) at(start, n int) source.Span {
	return source.Span{Start: start, End: min(start+n, len(p.text))}
}

// strayByte reports the `;` at pos that ends nothing, or the `}` that closes nothing, and skips it.
func (p *parser) strayByte() {
	note := "there is no statement for this to end"
	if p.text[p.pos] == '}' {
		note = "no block is open here"
	} else if before := strings.TrimRight(p.text[:p.pos], " \t\r\n"); strings.HasSuffix(before, "}") {
		note = "a block needs no `;` after its `}`"
	}
	p.fail(p.unexpected(p.pos, note))
	p.skip(p.pos, p.pos+1)
}

// unexpected returns the error that the byte at offset at is.
func (p *parser) unexpected(at int, note string) Error {
	return Error{
		Reason:  UnexpectedByte,
		Message: fmt.Sprintf(unexpectedByte, p.text[at:at+1]),
		Line:    p.file.Line(at),
		Span:    p.at(at, 1),
		Note:    note,
	}
}

// strayOpen reports the `{` at pos that no words precede. What is in its block is taken as if the braces were not
// there.
func (p *parser) strayOpen() {
	p.fail(p.unexpected(p.pos, "a block needs a name before its `{`"))
	switch {
	case p.over > 0:
		p.over++
	case len(p.stack) == MaxDepth:
		p.tooDeep(nil)
	default:
		p.skip(p.pos, p.pos+1)
		p.stack = append(p.stack, frame{
			parent: p.parent(),
			open:   p.pos,
			first:  len(p.arena.children),
			data:   p.inData(),
		})
	}
}

// openInData reports the `{` at pos in a map-like block. Where the words before it are a block's, the map-like block
// has lost its `}` before them; else the entry gets a block.
func (p *parser) openInData() {
	e := p.unexpected(p.pos, "")
	top := p.stack[len(p.stack)-1]
	if top.directive != nil {
		e.Related = p.at(top.open, 1)
		e.RelatedNote = fmt.Sprintf("no block can stand in `%s`", top.directive.Name())
	}
	if mayOpenBlock(p.arena.pending()[0].Value) {
		e.RelatedNote = "this `{` seems not to be closed"
		for p.inData() {
			p.pop(-1)
		}
	}
	p.fail(e)
}

// opensBlock reports whether name is a directive that takes a block wherever it may stand.
func opensBlock(name string) bool {
	d := catalog.Lookup(name)
	return d != nil && d.BlockKind(0) == catalog.Yes
}

// mayOpenBlock reports whether name is a directive that takes a block in some context.
func mayOpenBlock(name string) bool {
	d := catalog.Lookup(name)
	return d != nil && slices.ContainsFunc(d.Entries, func(e catalog.Entry) bool { return e.Block == catalog.Yes })
}

// tooDeep reports that the block of d, nil for a `{` without words, is one too many; what is in it is skipped.
func (p *parser) tooDeep(d *Directive) {
	p.over, p.overOpen, p.overBlock = 1, p.pos, nil
	if d != nil {
		p.overBlock = p.arena.newBlock(p.pos)
		d.Block = p.overBlock
	} else {
		p.overOpen-- // the brace is skipped as well
	}
	if p.deep {
		return
	}
	p.deep = true
	p.fail(Error{
		Reason:  TooDeep,
		Message: fmt.Sprintf("blocks are nested deeper than %d", MaxDepth),
		Line:    p.file.Line(p.pos),
		Span:    p.at(p.pos, 1),
		Note:    "what is in this block is not looked at",
	})
}

// closeOver closes a block that is nested too deep.
func (p *parser) closeOver() {
	p.over--
	if p.over > 0 {
		return
	}
	end := p.pos
	if p.overBlock != nil {
		p.overBlock.Close = int32(p.pos)
	} else {
		end++
	}
	p.skip(p.overOpen+1, end)
}

// closePending ends the pending statement at the `}` at pos: its `;` is missing.
func (p *parser) closePending() {
	e := p.unexpected(p.pos, "")
	p.missingSemicolons(e, "nginx needs a `;` before this")
}

// endPending ends the pending statement at the end of the text.
func (p *parser) endPending() {
	if p.cut {
		p.statement(-1)
		return
	}
	p.missingSemicolons(Error{
		Reason:  UnexpectedEnd,
		Message: unexpectedEnd,
		Line:    p.file.Line(len(p.text)),
		Span:    p.at(len(p.text), 0),
	}, "")
}

// missingSemicolons ends the pending statement, whose `;` is missing before something that nginx reports as e. Here
// is said of that place where the error stands at an earlier one.
func (p *parser) missingSemicolons(e Error, here string) {
	if here != "" {
		e.Related, e.RelatedNote = e.Span, here
	}
	p.splitGlued(e)
	if len(p.arena.pending()) == 0 {
		return
	}
	p.splitDots()
	words := p.arena.pending()
	end := int(words[len(words)-1].End)
	certain := p.inData() || !opensBlock(words[0].Value) && !dots(words[0])
	e = p.missing(e, end, certain)
	if dots(words[0]) {
		e.Note = fmt.Sprintf("`%s` is no statement", words[0].Value)
	}
	d := p.statement(-1)
	if n := len(p.file.Suspects); d != nil && n > 0 && p.file.Suspects[n-1].Directive == d {
		e.Insert, e.InsertAt = "", 0 // it may be missing further up
	}
	p.fail(e)
}

// missing returns e as a `;` that is missing at offset end. Errors are in order: where there is one after that offset,
// e stays where it is.
func (p *parser) missing(e Error, end int, certain bool) Error {
	if p.lastError() > end {
		e.Related, e.RelatedNote = source.Span{}, ""
	} else {
		e.Span = source.Span{Start: end, End: end}
	}
	e.Note = "missing `;`"
	if certain {
		e.Insert, e.InsertAt = ";", end
	}
	return e
}

// splitGlued looks among the pending words for bare ones that end in `}`, as in `listen 80}`: nginx takes the brace for
// a byte of the word. Where a `;` is found missing later on, such a brace is taken to be meant.
func (p *parser) splitGlued(e Error) {
	for i := 0; i < len(p.arena.pending()) && len(p.stack) > 0 && p.over == 0; i++ {
		w := &p.arena.pending()[i]
		braces := p.glued(*w)
		if braces == 0 || p.lastError() > int(w.Start) {
			continue
		}
		w.End -= int32(braces)
		w.Value = cook(p.text[w.Start:w.End])
		end := int(w.End)
		p.fail(p.missing(e, end, true))
		p.add(p.arena.splitWords(i+1), -1)
		for ; braces > 0; braces-- {
			p.pop(end)
			end++
		}
		i = -1
	}
}

// glued returns how many braces at the end of a bare word may be meant to close a block.
func (p *parser) glued(w Word) int {
	raw := p.text[w.Start:w.End]
	name := strings.TrimRight(raw, "}")
	if w.Quote != Bare || len(name) == len(raw) || strings.ContainsAny(name, `{\`) {
		return 0
	}
	return min(len(raw)-len(name), len(p.stack))
}

// unclosedBlock reports the end of the text inside a block.
func (p *parser) unclosedBlock() {
	open := p.overOpen
	if p.over == 0 {
		open = p.stack[len(p.stack)-1].open
	}
	note := "this `{` is never closed"
	switch n := len(p.stack) + p.over; n {
	case 1:
	case 2:
		note += ", nor is the one around it"
	default:
		note += fmt.Sprintf(", nor are the %d around it", n-1)
	}
	p.fail(Error{
		Reason:      UnexpectedEndIn,
		Message:     unexpectedEndIn,
		Line:        p.file.Line(len(p.text)),
		Span:        source.Span{Start: len(p.text), End: len(p.text)},
		Note:        "missing `}`",
		Related:     p.at(open, 1),
		RelatedNote: note,
	})
}

// tooLarge reports and skips what is beyond the size that can be parsed.
func (p *parser) tooLarge() {
	if len(p.text) == len(p.file.Text) {
		return
	}
	end := len(p.text)
	p.fail(Error{
		Reason:  TooLarge,
		Message: fmt.Sprintf("the file is larger than %d bytes", end),
		Line:    p.file.Line(end),
		Span:    source.Span{Start: end, End: end},
		Note:    "what follows is not looked at",
	})
	p.skip(end, len(p.file.Text))
}
