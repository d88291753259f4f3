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
		p.fail(p.luaError(fault))
		// Without a buffer's limits the end may yet be found.
		code = luaReader{text: p.text, pos: p.pos, last: len(p.text), lastOpen: p.pos - 1}
		end, fault = code.closing()
	}
	if fault != nil {
		p.pop(-1)
		p.skip(p.pos, len(p.text))
		p.pos, p.cut = len(p.text), true
		return
	}
	p.pop(end)
	p.pos = end + 1
}

// luaError returns what nginx says of a fault in Lua code. The block is the innermost open one.
func (p *parser) luaError(f *luaFault) Error {
	return Error{
		Reason:      f.reason,
		Message:     f.message,
		Line:        p.file.Line(f.line),
		Span:        source.Span{Start: f.at, End: min(f.at+f.len, len(p.text))},
		Note:        f.note,
		Related:     p.at(p.stack[len(p.stack)-1].open, 1),
		RelatedNote: "the Lua code starts here",
	}
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
	start := r.pos
	if r.last-r.pos < buffer/2 {
		r.refill()
	}
	at, end := r.match()
	for at < 0 {
		if r.last == len(r.text) {
			return 0, r.unexpectedEnd()
		}
		if r.last-r.pos >= buffer {
			return 0, r.tooLong(start)
		}
		r.refill()
		at, end = r.match()
	}
	token := r.text[at]
	if bracket := strings.TrimPrefix(r.text[at:end], "--"); bracket[0] == '[' {
		mark := "]" + bracket[1:len(bracket)-1] + "]"
		i := strings.Index(r.text[end:r.last], mark)
		if i < 0 {
			return 0, longBracketFault(at, end, mark)
		}
		end += i + len(mark)
	}
	r.pos = end
	return token, nil
}

// refill reads on so that the buffer begins at pos.
func (r *luaReader) refill() {
	r.last = max(r.last, min(r.pos+buffer, len(r.text)))
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

func longBracketFault(at, end int, mark string) *luaFault {
	return &luaFault{
		reason: TooLongLua,
		message: fmt.Sprintf(`Lua code block missing the closing long bracket "%s", `+
			"the inlined Lua code may be too long", mark),
		line: at,
		at:   at,
		len:  end - at,
		note: fmt.Sprintf("nginx finds no `%s` in the 2 to 4 KiB that it has read", mark),
	}
}

// match finds the first token in the buffer: where it starts and ends, -1 where there is none. Of a long bracket and
// of the comment that starts with one it gives the opening.
//
// nginx with lua-nginx-module: util/gen-lexer-c has the patterns.
func (r *luaReader) match() (at, end int) {
	text := r.text[:r.last]
	for at = r.pos; at < len(text); at++ {
		switch c := text[at]; c {
		case '{', '}':
			return at, at + 1
		case '[', ']':
			if n := longBracket(text[at:], c); n > 0 {
				return at, at + n
			}
		case '-':
			if strings.HasPrefix(text[at:], "--") {
				return at, r.comment(text, at)
			}
		case '"', '\'':
			if end := r.quoted(text, at); end > 0 {
				return at, end
			}
		}
	}
	return -1, 0
}

// comment returns where the comment at offset at ends, or the opening of its long bracket.
func (r *luaReader) comment(text string, at int) int {
	if n := longBracket(text[at+2:], '['); n > 0 {
		return at + 2 + n
	}
	return scanComment(text, at)
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
