package report

import (
	"fmt"
	"unicode/utf8"
)

// lineHashes returns for each line of a text what GitHub calls its primaryLocationLineHash. Code scanning matches the
// alerts of two uploads by it, and github/codeql-action, which adds it where it is missing, complains where it is
// another one: so it is computed exactly as there (src/fingerprints.ts).
//
// A line is hashed with what follows it, 100 UTF-16 units without spaces and tabs, as a polynomial of base 37 modulo
// 2^64. Each of CR, LF and CRLF ends a line and counts as LF; the end of the file is one unit 65535 and zeros after it.
// The number after the colon counts equal hashes.
func lineHashes(text string) []string {
	units, starts := hashedUnits(text)
	hashes := make([]string, len(starts))
	count := make(map[uint64]int, len(starts))
	for i, start := range starts {
		window := units[start:min(start+hashWindow, len(units))]
		var hash uint64
		for _, unit := range window {
			hash = hash*37 + uint64(unit)
		}
		for range hashWindow - len(window) {
			hash *= 37
		}
		count[hash]++
		hashes[i] = fmt.Sprintf("%x:%d", hash, count[hash])
	}
	return hashes
}

// hashWindow is how many units of a text make the hash of a line.
const hashWindow = 100

// hashedUnits returns the UTF-16 units of a text that count, and where among them each line starts.
func hashedUnits(text string) (units []uint16, starts []int) {
	units = make([]uint16, 0, len(text)+1)
	starts = []int{0}
	after := rune(0)
	for len(text) > 0 {
		r, n := decode(text)
		text = text[n:]
		if blank := r == ' ' || r == '\t' || r == '\n' && after == '\r'; !blank {
			units = appendUnits(units, r)
		}
		if r == '\r' || r == '\n' && after != '\r' {
			starts = append(starts, len(units))
		}
		after = r
	}
	return append(units, 0xFFFF), starts
}

// appendUnits appends a character in UTF-16; a CR becomes an LF.
func appendUnits(units []uint16, r rune) []uint16 {
	switch {
	case r == '\r':
		return append(units, '\n')
	case r > 0xFFFF:
		r -= 0x10000
		return append(units, uint16(0xD800+r>>10), uint16(0xDC00+r&0x3FF))
	default:
		return append(units, uint16(r))
	}
}

// decode returns the first character of a text and its length. Of bytes that are not UTF-8, as many as could have begun
// one character become one U+FFFD together, as browsers and Node.js read them, where Go makes it one for each.
func decode(text string) (r rune, size int) {
	r, size = utf8.DecodeRuneInString(text)
	if r != utf8.RuneError || size > 1 || len(text) < 2 {
		return r, size
	}
	low, high, length := byte(0x80), byte(0xBF), 0
	switch first := text[0]; {
	case first >= 0xC2 && first <= 0xDF:
		length = 2
	case first >= 0xE0 && first <= 0xEF:
		length = 3
	case first >= 0xF0 && first <= 0xF4:
		length = 4
	}
	switch text[0] { // what would be too long, a surrogate or beyond Unicode
	case 0xE0:
		low = 0xA0
	case 0xED:
		high = 0x9F
	case 0xF0:
		low = 0x90
	case 0xF4:
		high = 0x8F
	}
	for size < min(length, len(text)) && text[size] >= low && text[size] <= high {
		low, high = 0x80, 0xBF
		size++
	}
	return utf8.RuneError, size
}
