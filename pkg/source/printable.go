package source

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s as it can be shown on one line of a terminal without doing anything to it: control bytes and bytes
// that are not UTF-8 become `\n`, `\t`, `\x1b`; characters that are invisible or turn the writing direction (which make
// text look like what it is not) become `\u202e`. Everything else stays, a backslash too.
func Printable(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		shown, n := PrintableRune(s)
		b.WriteString(shown)
		s = s[n:]
	}
	return b.String()
}

// PrintableRune returns what Printable makes of the first character of s, and that character's length in bytes.
func PrintableRune(s string) (shown string, size int) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && n <= 1:
		return fmt.Sprintf(`\x%02x`, s[0]), n
	case r == '\n':
		return `\n`, n
	case r == '\r':
		return `\r`, n
	case r == '\t':
		return `\t`, n
	case r < 0x80 && unicode.IsControl(r):
		return fmt.Sprintf(`\x%02x`, r), n
	case unsafeRune(r):
		return EscapeRune(r), n
	default:
		return s[:n], n
	}
}

// EscapeRune writes a character by its number, as Go does: `\u202e`, `\U000e0041`.
func EscapeRune(r rune) string {
	if r > 0xFFFF {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// plain reports whether s is printable ASCII throughout.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// unsafeRune reports whether r is a control character of Unicode, a line or paragraph separator, or one that formats:
// direction marks, zero-width characters, a byte order mark, tags. The zero-width joiners are left, which emoji and
// some scripts need.
func unsafeRune(r rune) bool {
	if r == 0x200C || r == 0x200D {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
