package pcre

import "math"

// number is a group number as the pattern writes it.
type number struct {
	value int
	found bool
}

// groupNumber reads a group number, signed relative to the last group where
// relative is set. It leaves the position alone where there is no number.
//
// PCRE2: read_number with MAX_GROUP_NUMBER.
func (p *parser) groupNumber(relative bool) (number, *fault) {
	start, sign, limit := p.pos, byte(0), maxGroup
	if relative && (p.at(0) == '+' || p.at(0) == '-') {
		sign = p.at(0)
		p.pos++
	}
	if sign == '+' {
		limit -= p.groups
	}
	if !isDigit(p.at(0)) {
		p.pos = start
		return number{}, nil
	}
	n, ok := p.digitsUpTo(limit)
	switch {
	case !ok:
		return number{}, p.fail(codeGroupNumberTooBig)
	case sign == 0:
		return number{n, true}, nil
	case n == 0:
		return number{}, p.fail(codeRelativeZero)
	case sign == '+':
		return number{n + p.groups, true}, nil
	case n > p.groups:
		return number{}, p.fail(codeNoSuchGroup)
	}
	return number{p.groups + 1 - n, true}, nil
}

// digitsUpTo reads digits and stops behind the one that goes beyond the limit.
func (p *parser) digitsUpTo(limit int) (int, bool) {
	n := 0
	for isDigit(p.at(0)) {
		n = n*10 + int(p.at(0)-'0')
		p.pos++
		if n > limit {
			return n, false
		}
	}
	return n, true
}

// plainReference reads the number behind a backslash where it is a reference
// and not an octal escape; the position is at its first digit. \1 to \9 are
// always references, as is whatever begins with 8 or 9.
func (p *parser) plainReference() (int, bool, *fault) {
	start := p.pos
	n, ok := p.digitsUpTo(math.MaxInt32/10 - 1)
	if ok && (n < 10 || p.src[start] >= '8' || n <= p.groups) {
		if n > maxGroup {
			return 0, false, p.fail(codeGroupNumberTooBig)
		}
		return n, true, nil
	}
	p.pos = start
	return 0, false, nil
}

// name reads a group name and its terminator; the position is at the byte
// before the name. It gives the offset of the name.
//
// PCRE2: read_name.
func (p *parser) name(terminator byte) (string, int, *fault) {
	p.pos++
	start := p.pos
	if p.done() {
		return "", 0, p.fail(codeNameExpected)
	}
	if isDigit(p.at(0)) {
		return "", 0, p.fail(codeNameStartsWithDigit)
	}
	name := p.word()
	switch {
	case len(name) > maxNewName:
		return "", 0, p.fail(codeNameTooLong)
	case name == "":
		return "", 0, p.fail(codeNameExpected)
	case p.done() || p.at(0) != terminator:
		return "", 0, p.fail(codeNameSyntax)
	}
	if len(name) > maxName {
		p.newer("a name of more than 32 bytes, accepted since PCRE2 10.44 only", p.fail(codeNameTooLong))
	}
	p.pos++
	return name, start, nil
}

// word reads letters, digits and underscores.
func (p *parser) word() string {
	start := p.pos
	for isWord(p.at(0)) {
		p.pos++
	}
	return p.src[start:p.pos]
}

// closing is the delimiter that ends a name begun with c.
func closing(c byte) byte {
	switch c {
	case '<':
		return '>'
	case '{':
		return '}'
	}
	return c
}
