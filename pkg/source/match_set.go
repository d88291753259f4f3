package source

import "strings"

// byteSet is a bracket expression.
type byteSet [256]bool

func (s *byteSet) has(c byte) bool { return s[c] }

// readSet reads the bracket expression that pattern starts with and returns its length; not ok where it is not closed,
// and the bracket stands for itself.
func readSet(pattern string) (set byteSet, width int, ok bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	for first := true; ; first = false {
		if i >= len(pattern) || pattern[i] == '/' {
			return set, 0, false
		}
		if pattern[i] == ']' && !first {
			break
		}
		n := readMember(&set, pattern[i:])
		if n == 0 {
			return set, 0, false
		}
		i += n
	}
	if negated {
		for c := range set {
			set[c] = !set[c]
		}
	}
	return set, i + 1, true
}

// readMember adds the first member of a bracket expression (a byte, a range, a class) to the set and returns its
// length, 0 where the pattern ends in it.
func readMember(set *byteSet, pattern string) int {
	if n := readClass(set, pattern); n > 0 {
		return n
	}
	low, n := readSymbol(pattern)
	if n == 0 {
		return 0
	}
	high := low
	if rest := pattern[n:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
		last, m := readSymbol(rest[1:])
		if m == 0 {
			return 0
		}
		high, n = last, n+1+m
	}
	for c := int(low); c <= int(high); c++ {
		set[c] = true
	}
	return n
}

// readSymbol reads one byte of a bracket expression, written as it is, escaped, `[.x.]` or `[=x=]`; what begins like the
// last two and is not is refused.
func readSymbol(pattern string) (c byte, width int) {
	if len(pattern) < 2 || pattern[0] != '[' || pattern[1] != '.' && pattern[1] != '=' {
		return readByte(pattern)
	}
	if len(pattern) < 5 || pattern[3] != pattern[1] || pattern[4] != ']' {
		return 0, 0
	}
	return pattern[2], 5
}

// readByte reads one byte of a bracket expression, escaped or not.
func readByte(pattern string) (c byte, width int) {
	switch {
	case pattern == "":
		return 0, 0
	case pattern[0] == '\\' && escapes && len(pattern) == 1:
		return 0, 0
	case pattern[0] == '\\' && escapes:
		return pattern[1], 2
	default:
		return pattern[0], 1
	}
}

// readClass adds a class such as `[:alpha:]` to the set and returns its length, 0 where pattern does not start with one.
func readClass(set *byteSet, pattern string) int {
	if !strings.HasPrefix(pattern, "[:") {
		return 0
	}
	end := strings.Index(pattern, ":]")
	if end < 0 {
		return 0
	}
	class, ok := classes[pattern[2:max(2, end)]]
	if !ok {
		return 0
	}
	for c := range set {
		set[c] = set[c] || class(byte(c))
	}
	return end + 2
}

// classes are the character classes of the C locale.
var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return letter(c) || digit(c) },
	"alpha":  letter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7F },
	"digit":  digit,
	"graph":  func(c byte) bool { return '!' <= c && c <= '~' },
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return ' ' <= c && c <= '~' },
	"punct":  func(c byte) bool { return '!' <= c && c <= '~' && !letter(c) && !digit(c) },
	"space":  func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' },
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }
