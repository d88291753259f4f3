package source

import (
	"os"
	"strings"
)

// escapes says whether a backslash in a pattern takes the next character literally: on Windows it separates folders.
const escapes = os.PathSeparator != '\\'

// matchName reports whether one component of a path matches one of a pattern, byte by byte, as fnmatch(3) does with
// FNM_PERIOD in the C locale: a leading dot is matched by a dot only.
func matchName(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && pattern != "" && strings.IndexByte("*?[", pattern[0]) >= 0 {
		return false
	}
	return matchBytes(pattern, name)
}

// matchBytes goes back to the last `*` only, which is enough: what an earlier one took before it can stay as it is. So
// its time is at most the product of the lengths.
func matchBytes(pattern, name string) bool {
	p, n := 0, 0
	star, starName := -1, 0
	for n < len(name) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == '*' {
			star, starName = p, n
			p++
			continue
		}
		if n < len(name) && p < len(pattern) {
			if ok, width := matchOne(pattern[p:], name[n]); ok {
				p += width
				n++
				continue
			}
		}
		if star < 0 || starName >= len(name) {
			return false
		}
		starName++
		p, n = star+1, starName
	}
	return true
}

// matchOne matches c with the first element of a pattern that is not `*`, and returns the element's length.
func matchOne(pattern string, c byte) (ok bool, width int) {
	switch pattern[0] {
	case '?':
		return true, 1
	case '[':
		if set, width, ok := readSet(pattern); ok {
			return set.has(c), width
		}
	case '\\':
		if escapes {
			return len(pattern) > 1 && pattern[1] == c, 2
		}
	}
	return pattern[0] == c, 1
}

// magic reports whether a part of a pattern has `*`, `?` or a whole `[...]`, unescaped.
func magic(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '*', '?':
			return true
		case '[':
			if _, _, ok := readSet(pattern[i:]); ok {
				return true
			}
		case '\\':
			if escapes {
				i++
			}
		}
	}
	return false
}

// unescape removes the backslashes from a part of a pattern without magic.
func unescape(pattern string) string {
	if !escapes || !strings.Contains(pattern, `\`) {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// plainSeparators removes the backslash before each slash that has one.
func plainSeparators(pattern string) string {
	if !escapes || !strings.Contains(pattern, `\/`) {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			if i++; pattern[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// danglingEscape reports whether pattern ends in a backslash that escapes nothing: it matches nothing then.
func danglingEscape(pattern string) bool {
	return escapes && (len(pattern)-len(strings.TrimRight(pattern, `\`)))%2 == 1
}
