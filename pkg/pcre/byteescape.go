package pcre

// byteEscape reads an escape that stands for one byte; c is the byte behind
// the backslash, the position is behind it.
//
// PCRE2: check_escape.
func (p *parser) byteEscape(c byte) (byte, *fault) {
	switch c {
	case 'a':
		return '\a', nil
	case 'e':
		return 0x1b, nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return p.octal(c)
	case '8', '9':
		return c, nil
	case 'o':
		return p.bracedOctal()
	case 'x':
		return p.hex()
	case 'c':
		return p.control()
	case 'F', 'l', 'L', 'u', 'U':
		return 0, p.fail(codePerlEscape)
	}
	if isLetter(c) {
		return 0, p.failBack(codeUnknownEscape)
	}
	return c, nil
}

// octal reads up to two more octal digits behind the first.
func (p *parser) octal(first byte) (byte, *fault) {
	n := int(first - '0')
	for i := 0; i < 2 && isOctal(p.at(0)); i++ {
		n = n*8 + int(p.at(0)-'0')
		p.pos++
	}
	if n > 0xff {
		return 0, p.fail(codeOctalTooLarge)
	}
	return byte(n), nil
}

func (p *parser) bracedOctal() (byte, *fault) {
	if p.done() {
		return 0, p.failBack(codeOctalBrace)
	}
	if p.at(0) != '{' {
		return 0, p.fail(codeOctalBrace)
	}
	p.pos++
	if p.done() || p.at(0) == '}' {
		return 0, p.fail(codeDigitsMissing)
	}
	return p.braced(8, codeNonOctal)
}

// hex reads "{41}" or up to two digits; none at all is a zero byte.
func (p *parser) hex() (byte, *fault) {
	if p.at(0) == '{' {
		p.pos++
		if p.done() || p.at(0) == '}' {
			return 0, p.fail(codeDigitsMissing)
		}
		return p.braced(16, codeNonHex)
	}
	if digitValue(p.at(0)) >= 16 {
		p.doubted(`\x without a digit, refused by newer versions of PCRE2`)
	}
	n := 0
	for i := 0; i < 2 && !p.done(); i++ {
		d := digitValue(p.at(0))
		if d >= 16 {
			break
		}
		n = n*16 + d
		p.pos++
	}
	return byte(n), nil
}

// braced reads digits of a base up to the closing brace. Since PCRE2 10.43
// blanks may surround them.
func (p *parser) braced(base int, notDigit code) (byte, *fault) {
	start := p.pos
	p.pos = blanks(p.src, start)
	early := p.pos > start
	n := 0
	for ; !p.done() && digitValue(p.at(0)) < base; p.pos++ {
		n = min(n*base+digitValue(p.at(0)), 0x100)
	}
	if n > 0xff {
		return 0, p.fail(codeCodePointTooLarge)
	}
	end := p.pos
	p.pos = blanks(p.src, end)
	switch {
	case p.at(0) == '}' && early:
		p.newer(blankInBraces, &fault{notDigit, start})
	case p.at(0) == '}' && p.pos > end:
		p.newer(blankInBraces, &fault{notDigit, end})
	case p.done() && p.pos == end && !early:
		return 0, p.failBack(notDigit)
	case p.at(0) != '}' && early:
		return 0, &fault{notDigit, start}
	case p.at(0) != '}':
		return 0, &fault{notDigit, end}
	}
	p.pos++
	return byte(n), nil
}

const blankInBraces = "a blank in braces, accepted since PCRE2 10.43 only"

func (p *parser) control() (byte, *fault) {
	if p.done() {
		return 0, p.fail(codeControlAtEnd)
	}
	c := p.at(0)
	if isLower(c) {
		c -= 0x20
	}
	if c < 32 || c > 126 {
		return 0, p.fail(codeControlCharacter)
	}
	p.pos++
	return c ^ 0x40, nil
}

func isOctal(b byte) bool { return b >= '0' && b <= '7' }

// digitValue is the value of a hexadecimal digit, or more than any base.
func digitValue(b byte) int {
	switch {
	case isDigit(b):
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return 99
}
