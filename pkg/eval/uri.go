package eval

import "strings"

// escapeURI escapes what may not stand in a request line: blanks, control and non-ASCII bytes, and the bytes that would
// end the path or begin an escape.
//
// nginx: src/core/ngx_string.c, ngx_escape_uri with NGX_ESCAPE_URI.
func escapeURI(s string) string { return escapeWith(s, escaped) }

// escapeOldURI is escapeURI before nginx 1.21.1, which left `"<>\^` and the like as they are.
func escapeOldURI(s string) string {
	return escapeWith(s, func(c byte) bool { return c <= ' ' || c >= 0x7f || strings.IndexByte("#%?", c) >= 0 })
}

// escapeWith escapes the bytes that escaped names.
func escapeWith(s string, escaped func(byte) bool) string {
	n := 0
	for i := range len(s) {
		if escaped(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := range len(s) {
		if c := s[i]; escaped(c) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escaped reports whether the byte is escaped in a path.
func escaped(c byte) bool {
	if c <= ' ' || c >= 0x7f {
		return true
	}
	return strings.IndexByte("\"#%<>?\\^`{|}", c) >= 0
}
