package vars

import "strings"

// escapeSet is a set of bytes that are to be escaped.
type escapeSet [8]uint32

// The sets of nginx's ngx_escape_uri, src/core/ngx_string.c.
var (
	escapeURI  = escapeSet{0xffffffff, 0xd000002d, 0x50000000, 0xb8000001, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}
	escapeArgs = escapeSet{0xffffffff, 0xd800086d, 0x50000000, 0xb8000001, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}
)

// EscapeURI escapes a path as nginx does when it sends one: NGX_ESCAPE_URI.
func EscapeURI(s string) string { return escape(s, &escapeURI) }

// EscapeArgs escapes a part of the arguments as nginx does: NGX_ESCAPE_ARGS.
func EscapeArgs(s string) string { return escape(s, &escapeArgs) }

func escape(s string, set *escapeSet) string {
	n := 0
	for i := range len(s) {
		if set.has(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := range len(s) {
		if !set.has(s[i]) {
			b.WriteByte(s[i])
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[s[i]>>4])
		b.WriteByte(hex[s[i]&15])
	}
	return b.String()
}

func (s *escapeSet) has(c byte) bool { return s[c>>5]&(1<<(c&31)) != 0 }
