package syntax

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// lua passes over the Lua code of d's block, whose `{` is before pos.
//
// nginx with lua-nginx-module: src/ngx_http_lua_directive.c, ngx_http_lua_conf_lua_block_parse.
func (p *parser) lua(d *Directive) {
	d.Block.Raw = true
	code := luaReader{text: p.text, pos: p.pos, lastOpen: p.pos - 1}
	code.last = p.bufferEnd()
	end, fault := code.closing()
	p.window = window{pos: code.pos, last: code.last}
	if fault != nil {
		// Without a buffer's limits the end may yet be found.
		code = luaReader{text: p.text, pos: p.pos, last: len(p.text), lastOpen: p.pos - 1}
		var unclosed *luaFault
		if end, unclosed = code.closing(); unclosed != nil {
			end = len(p.text)
		}
		p.fail(p.luaError(fault, end))
	}
	if end == len(p.text) {
		p.pop(-1)
		d.Block.stop = int32(end)
		p.skip(p.pos, end)
		p.pos, p.cut = end, true
		return
	}
	p.pop(end)
	p.pos = end + 1
}

// luaError returns what nginx says of a fault in Lua code that seems to end at offset end. The block is the innermost
// open one.
func (p *parser) luaError(f *luaFault, end int) Error {
	e := Error{
		Reason:      f.reason,
		Message:     f.message,
		Line:        p.file.Line(f.line),
		Span:        p.at(f.at, f.len),
		Note:        f.note,
		Related:     p.at(p.stack[len(p.stack)-1].open, 1),
		RelatedNote: "the Lua code starts here",
	}
	if f.at > end { // nginx has lost its way in the code
		e.Span, e.Note = e.Related, e.RelatedNote
		e.Related, e.RelatedNote = source.Span{}, ""
	}
	return e
}

// luaFault is why nginx finds no end of a Lua block.
type luaFault struct {
	reason  Reason
	message string
	line    int // the offset of a byte on the line that nginx names
	at, len int // what to point at
	note    string
}

// luaReader reads Lua code as nginx does: through a buffer, of which it knows the bytes up to last.
type luaReader struct {
	text      string
	pos, last int
	lastOpen  int // the last `{`
	unclosed  [2]int
}

// closing returns the offset of the `}` that closes the block, and sets pos after it.
func (r *luaReader) closing() (end int, fault *luaFault) {
	for depth := 1; ; {
		token, fault := r.next()
		if fault != nil {
			return 0, fault
		}
		switch token {
		case '{':
			depth++
			r.lastOpen = r.pos - 1
		case '}':
			if depth--; depth == 0 {
				return r.pos - 1, nil
			}
		}
	}
}

// next moves behind the next token and returns its first byte.
//
// nginx with lua-nginx-module: src/ngx_http_lua_directive.c, ngx_http_lua_conf_read_lua_token.
func (r *luaReader) next() (byte, *luaFault) {
	token, fault := r.find()
	if fault != nil {
		return 0, fault
	}
	r.pos = token.end
	if token.level > 0 {
		mark := "]" + strings.Repeat("=", token.level-1) + "]"
		i := strings.Index(r.text[token.end:r.last], mark)
		if i < 0 {
			return 0, longBracketFault(token, mark)
		}
		r.pos += i + len(mark)
	}
	return r.text[token.at], nil
}

// luaToken is one of what the reader looks for.
type luaToken struct {
	at, end int
	level   int // of the long bracket that it opens: its number of `=` and one; else 0
}

// find returns the next token. Where the buffer holds none nginx reads on, goes on behind what it had, and so does not
// see what stands astride.
func (r *luaReader) find() (luaToken, *luaFault) {
	for began, start := r.pos, r.pos; ; {
		if r.last-r.pos < buffer/2 && r.last < len(r.text) {
			if r.last-start == buffer {
				return luaToken{}, r.tooLong(began)
			}
			r.refill(start)
		}
		token, found := r.match()
		switch {
		case found:
			return token, nil
		case r.last == len(r.text):
			return luaToken{}, r.unexpectedEnd()
		case r.last-r.pos == buffer:
			return luaToken{}, r.tooLong(began)
		}
		start, r.pos = r.pos, r.last
		r.refill(start)
	}
}

// refill reads on so that the buffer begins at offset start.
func (r *luaReader) refill(start int) {
	r.last = min(start+buffer, len(r.text))
	r.unclosed = [2]int{}
}

func (r *luaReader) unexpectedEnd() *luaFault {
	return &luaFault{
		reason:  UnexpectedEndIn,
		message: "unexpected end of file, expecting terminating characters for lua code block",
		line:    r.lastOpen,
		at:      len(r.text),
		note:    "missing `}`",
	}
}

func (r *luaReader) tooLong(start int) *luaFault {
	return &luaFault{
		reason:  TooLongLua,
		message: "too long lua code block, probably missing terminating characters",
		line:    start,
		at:      start,
		len:     1,
		note:    "no brace, string or comment within 4096 bytes from here",
	}
}

func longBracketFault(token luaToken, mark string) *luaFault {
	return &luaFault{
		reason: TooLongLua,
		message: fmt.Sprintf(`Lua code block missing the closing long bracket "%s", `+
			"the inlined Lua code may be too long", mark),
		line: token.at,
		at:   token.at,
		len:  token.end - token.at,
		note: fmt.Sprintf("nginx finds no `%s` in the 2 to 4 KiB that it has read", mark),
	}
}

// match finds the first token in the buffer and reports whether there is one. Of a long bracket and of the comment that
// starts with one it gives the opening.
//
// nginx with lua-nginx-module: util/gen-lexer-c has the patterns.
func (r *luaReader) match() (luaToken, bool) {
	text := r.text[:r.last]
	for at := r.pos; at < len(text); at++ {
		switch c := text[at]; c {
		case '{', '}':
			return luaToken{at: at, end: at + 1}, true
		case '[':
			if n := longBracket(text[at:], c); n > 0 {
				return luaToken{at: at, end: at + n, level: n - 1}, true
			}
		case ']':
			if n := longBracket(text[at:], c); n > 0 {
				return luaToken{at: at, end: at + n}, true
			}
		case '-':
			if strings.HasPrefix(text[at:], "--") {
				return luaComment(text, at), true
			}
		case '"', '\'':
			if end := r.quoted(text, at); end > 0 {
				return luaToken{at: at, end: end}, true
			}
		}
	}
	return luaToken{}, false
}

// luaComment returns the comment at offset at, or the opening of its long bracket.
func luaComment(text string, at int) luaToken {
	if n := longBracket(text[at+2:], '['); n > 0 {
		return luaToken{at: at, end: at + 2 + n, level: n - 1}
	}
	return luaToken{at: at, end: scanComment(text, at)}
}

// quoted returns where the string that starts at offset at ends, 0 if it is not closed on its line. What is not closed
// holds no other string of that quote either, so no line is read twice.
func (r *luaReader) quoted(text string, at int) int {
	quote := text[at]
	unclosed := &r.unclosed[quote&1]
	if at < *unclosed {
		return 0
	}
	i := at + 1
	for ; i < len(text) && text[i] != '\n'; i++ {
		if text[i] == quote {
			return i + 1
		}
		if text[i] == '\\' && i+1 < len(text) && text[i+1] != '\n' {
			i++
		}
	}
	*unclosed = i
	return 0
}

// longBracket returns the length of the long bracket that text starts with, such as `[==[`, 0 if it starts with none.
func longBracket(text string, bracket byte) int {
	for n := 1; n < len(text); n++ {
		if text[n] == bracket && text[0] == bracket {
			return n + 1
		}
		if text[n] != '=' {
			return 0
		}
	}
	return 0
}
