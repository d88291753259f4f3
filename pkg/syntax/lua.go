package syntax

import "strings"

// lua passes over the Lua code of d's block, whose `{` is before pos.
func (p *parser) lua(d *Directive) {
	d.Block.Raw = true
	end := scanLua(p.text, p.pos)
	if end < 0 {
		p.unclosedBlock()
		p.skip(p.pos, len(p.text))
		p.pos, p.cut = len(p.text), true
		return
	}
	p.pop(end)
	p.pos = end + 1
}

// scanLua returns the offset of the `}` that closes the Lua code starting at offset at, -1 if none does.
func scanLua(text string, at int) int {
	depth := 1
	for at < len(text) {
		switch text[at] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return at
			}
		case '"', '\'':
			if end := luaString(text, at); end > 0 {
				at = end
			}
		case '-':
			if strings.HasPrefix(text[at:], "--") {
				if n := longBracket(text, at+2); n > 0 {
					at = closeBracket(text, at+2, n)
				} else {
					at = scanComment(text, at)
				}
			}
		case '[':
			if n := longBracket(text, at); n > 0 {
				at = closeBracket(text, at, n)
			}
		}
		at++
	}
	return -1
}

func luaString(text string, at int) int {
	for i := at + 1; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case text[at]:
			return i
		case '\\':
			i++
			if i < len(text) && text[i] == '\n' {
				return 0
			}
		}
	}
	return 0
}

func longBracket(text string, at int) int {
	if at >= len(text) || text[at] != '[' {
		return 0
	}
	n := 1
	for at+n < len(text) && text[at+n] == '=' {
		n++
	}
	if at+n < len(text) && text[at+n] == '[' {
		return n + 1
	}
	return 0
}

func closeBracket(text string, at, n int) int {
	mark := "]" + text[at+1:at+n-1] + "]"
	if i := strings.Index(text[at+n:], mark); i >= 0 {
		return at + n + i + n - 1
	}
	return len(text)
}
