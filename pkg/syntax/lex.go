package syntax

import "strings"

// Classes of bytes. Any byte that has none is an ordinary byte of a word.
const (
	blank  = 1 << iota // separates words
	ender              // ends a bare word
	escape             // protects the next byte
	dollar             // protects the `{`s after it
)

// class says what each byte means to the lexer; a blank ends a bare word as well.
var class = [256]byte{
	' ': blank | ender, '\t': blank | ender, '\r': blank | ender, '\n': blank | ender,
	';': ender, '{': ender, '\\': escape, '$': dollar,
}

// scanBare returns where the bare word that starts at offset at ends, and whether it has a backslash.
func scanBare(text string, at int) (end int, escaped bool) {
	for {
		for at < len(text) && class[text[at]] == 0 {
			at++
		}
		if at >= len(text) {
			return len(text), escaped
		}
		switch c := class[text[at]]; {
		case c&ender != 0:
			return at, escaped
		case c == escape:
			escaped = true
			at += 2
		default:
			for at++; at < len(text) && text[at] == '{'; {
				at++
			}
		}
	}
}

// scanQuoted returns the offset of the quote that closes the content starting at offset at, -1 if none does, and
// whether the content has a backslash.
func scanQuoted(text string, at int, quote byte) (end int, escaped bool) {
	for at < len(text) {
		switch text[at] {
		case quote:
			return at, escaped
		case '\\':
			escaped = true
			at++
		}
		at++
	}
	return -1, escaped
}

// scanComment returns where the comment that starts at offset at ends: at its LF or the end of the text.
func scanComment(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// cook resolves the escapes of a word's text without its quotes, which are the same in bare and in quoted words:
// a backslash goes away before a quote or a backslash, \t \r \n are control bytes, any other stays.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_read_token, after "if (found)".
func cook(raw string) string {
	first := firstEscape(raw)
	if first < 0 {
		return raw
	}
	value := append(make([]byte, 0, len(raw)), raw[:first]...)
	for i := first; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) && unescaped[raw[i+1]] != 0 {
			i++
			c = unescaped[raw[i]]
		}
		value = append(value, c)
	}
	return string(value)
}

// firstEscape returns the offset of the first backslash that does not stay, -1 where all do.
func firstEscape(raw string) int {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] == '\\' && unescaped[raw[i+1]] != 0 {
			return i
		}
	}
	return -1
}

// unescaped says what a byte stands for after a backslash that does not stay; 0 where it stays.
var unescaped = [256]byte{'"': '"', '\'': '\'', '\\': '\\', 't': '\t', 'r': '\r', 'n': '\n'}
