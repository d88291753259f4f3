package mend

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Diff returns the unified diff from one text of a file to another, with the names a/NAME and b/NAME as git apply takes
// them; "" where they are the same. The name is a path with slashes; the first slash of an absolute one is left out.
func Diff(name, before, after string) string {
	name = strings.TrimLeft(name, "/")
	return udiff.Unified(quotedName("a/"+name), quotedName("b/"+name), before, after)
}

// quotedName puts a file name with bytes that a diff's header can't have in quotes, as git does.
func quotedName(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7F }) {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7F:
			b.WriteString("\\" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
