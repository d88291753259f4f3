package pcre

import "math/bits"

// byteSet is a set of bytes: what one character class matches.
type byteSet [4]uint64

func setOf(members string) byteSet {
	var s byteSet
	for i := range len(members) {
		s.add(members[i])
	}
	return s
}

func (s *byteSet) add(b byte)     { s[b>>6] |= 1 << (b & 63) }
func (s byteSet) has(b byte) bool { return s[b>>6]>>(b&63)&1 == 1 }

func (s *byteSet) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s.add(byte(b))
	}
}

func (s byteSet) union(t byteSet) byteSet {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

func (s byteSet) negate() byteSet {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

func (s byteSet) len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// ascii is the part of the set that a subject without high bytes can meet.
func (s byteSet) ascii() byteSet { return byteSet{s[0], s[1], 0, 0} }

// folded is the set with the other case of its ASCII letters.
func (s byteSet) folded() byteSet {
	for b := byte('a'); b <= 'z'; b++ {
		if s.has(b) || s.has(b-'a'+'A') {
			s.add(b)
			s.add(b - 'a' + 'A')
		}
	}
	return s
}

// byteRange is a run of members, both ends in it.
type byteRange struct{ lo, hi byte }

func (s byteSet) ranges() []byteRange {
	var runs []byteRange
	for b := 0; b < 256; b++ {
		if !s.has(byte(b)) {
			continue
		}
		lo := b
		for b < 255 && s.has(byte(b+1)) {
			b++
		}
		runs = append(runs, byteRange{byte(lo), byte(b)})
	}
	return runs
}

// otherCase is the other case of an ASCII letter, or the byte itself.
func otherCase(b byte) byte {
	if isLetter(b) {
		return b ^ 0x20
	}
	return b
}

func isDigit(b byte) bool  { return b >= '0' && b <= '9' }
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isLower(b byte) bool  { return b >= 'a' && b <= 'z' }
func isWord(b byte) bool   { return isDigit(b) || isLetter(b) || b == '_' }
func isSpace(b byte) bool  { return b == ' ' || b >= '\t' && b <= '\r' }
