package syntax

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// nginx reads a file through a buffer of 4096 bytes that has to hold the word or comment being read, and what was read
// after it up to the byte that starts the next. So the limits depend on what follows, and at the end of a file on
// whether there is a byte that does not fit.
//
// nginx: src/core/ngx_conf_file.c, NGX_CONF_BUFFER and ngx_conf_read_token.
const (
	buffer    = 4096
	maxWord   = buffer // a bare word or a comment of fewer bytes, or of one fewer before a blank, is never too long
	maxQuoted = 4094   // nor is the content of a quoted word of fewer bytes
	tooLong   = `too long parameter "%s..." started`
	tooLongIn = `too long parameter, probably missing terminating "%s" character`
)

// overflows reports whether nginx has to read a byte that its buffer has no room for when it reads the byte at offset
// next while the word that starts at start is in the buffer.
func (p *parser) overflows(start, next int) bool {
	return next >= start+buffer && start+buffer < len(p.text)
}

// checkBare reports a bare word that is too long.
func (p *parser) checkBare(start, end int) {
	next := end
	if end < len(p.text) && class[p.text[end]]&blank != 0 {
		next++
	}
	if p.overflows(start, next) {
		p.failTooLong(start, start)
	}
}

// checkComment reports a comment that is too long.
func (p *parser) checkComment(start, end int) {
	if p.overflows(start, end) {
		p.failTooLong(start, start)
	}
}

// failTooLong reports the word or comment at offset start, whose text without a quote is at offset text.
func (p *parser) failTooLong(start, text int) {
	p.fail(Error{
		Reason:  TooLong,
		Message: fmt.Sprintf(tooLong, p.text[text:text+10]),
		Line:    p.file.Line(start),
		Span:    p.at(start, 10),
		Note:    "nginx reads at most 4095 bytes of this",
	})
}

// longQuoted reports a quoted word that is too long: the quotes are at start and end. It reports whether it went on
// elsewhere, since the quote that opens it seems to lack its own closing quote.
func (p *parser) longQuoted(start, end int) (moved bool) {
	next := end + 1
	if next < len(p.text) && class[p.text[next]]&blank != 0 {
		next++
	}
	switch {
	case p.overflows(start+1, end):
		p.failTooLongQuoted(start)
		if line := p.quotedLine(start); line.ends {
			p.resync(start, line)
			return true
		}
	case p.overflows(start+1, next):
		p.failTooLong(start, start+1)
	}
	return false
}

func (p *parser) failTooLongQuoted(start int) {
	p.fail(Error{
		Reason:  TooLongQuoted,
		Message: fmt.Sprintf(tooLongIn, p.text[start:start+1]),
		Line:    p.file.Line(start),
		Span:    p.at(start, 1),
		Note:    "nginx finds no closing quote within 4095 bytes",
	})
}

// unclosedQuote reports the quote at start, which nothing closes, and goes on after its line.
func (p *parser) unclosedQuote(start int) {
	if p.overflows(start+1, len(p.text)) {
		p.failTooLongQuoted(start)
	} else {
		p.fail(Error{
			Reason:  UnexpectedEnd,
			Message: unexpectedEnd,
			Line:    p.file.Line(len(p.text)),
			Span:    p.at(start, 1),
			Note:    "this quote is never closed",
		})
	}
	line := p.quotedLine(start)
	if line.ends {
		p.resync(start, line)
		return
	}
	p.skip(start, line.end)
	p.pos = line.end
	p.skipBlanks()
	p.cut = p.cut || p.pos == len(p.text)
	if len(p.arena.pending()) > 0 {
		p.statement(-1)
	}
}

// quotedLine is the line of an opening quote.
type quotedLine struct {
	end  int  // where the line ends, without the blanks at its end
	ends bool // whether its last byte is a `;` or `{`, which then most likely should have ended the statement
}

func (p *parser) quotedLine(start int) quotedLine {
	end := scanComment(p.text, start)
	end = start + len(strings.TrimRight(p.text[start:end], " \t\r"))
	last := p.text[end-1]
	return quotedLine{end: end, ends: end > start+1 && (last == ';' || last == '{')}
}

// resync takes what the quote at start has on its line for the word, without a `;` or `{` that ends the line.
func (p *parser) resync(start int, line quotedLine) {
	end := line.end
	if line.ends {
		end--
	}
	p.word(Word{
		Value: cook(p.text[start+1 : end]),
		Start: int32(start),
		End:   int32(end),
		Quote: Quote(p.text[start]),
	})
	p.pos = end
}

// checkAfterQuote looks at the byte at offset at, after the closing quote of a word that starts at start. It reports
// whether the word stands; else it went on elsewhere. A `}` is left to close, for which nginx has the same words.
func (p *parser) checkAfterQuote(start, at int) bool {
	if at == len(p.text) || p.masked && p.text[at] == filler || class[p.text[at]]&ender != 0 || p.text[at] == ')' || p.text[at] == '}' {
		return true
	}
	if strings.IndexByte(p.text[start:at], '\n') < 0 {
		p.fail(p.unexpected(at, "a blank, `;` or `{` must follow a closing quote"))
		return true
	}
	e := p.unexpected(at, "")
	e.Related, e.RelatedNote = e.Span, "the quote is closed only before this"
	e.Span, e.Note = source.Span{Start: start, End: start + 1}, "this quote is not closed on its line"
	p.fail(e)
	p.resync(start, p.quotedLine(start))
	return false
}
