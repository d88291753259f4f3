package pcre

import "strings"

// testAhead says whether an assertion that may be a condition comes next.
func (p *parser) testAhead() bool {
	rest := p.src[p.pos:]
	if len(rest) < 4 || rest[0] != '(' {
		return false
	}
	switch {
	case rest[1] == '*':
		return isLower(rest[2])
	case rest[1] != '?':
		return false
	case rest[2] == 'C':
		return p.expectTest == 2
	case rest[2] == '<':
		return rest[3] == '=' || rest[3] == '!'
	}
	return rest[2] == '=' || rest[2] == '!'
}

// openCondition reads "(?(...)"; the position is at the second parenthesis.
func (p *parser) openCondition() *fault {
	p.pos++
	if p.done() {
		return p.fail(codeGroupUnterminated)
	}
	n := &condition{start: len(p.src)}
	p.open(n)
	if p.at(0) == '?' || p.at(0) == '*' {
		p.pos--
		p.expectTest = 2
		return nil
	}
	if f := p.test(n); f != nil {
		return f
	}
	if p.at(0) != ')' {
		return p.fail(codeConditionUnclosed)
	}
	p.pos++
	return nil
}

// test reads what a condition that is no assertion depends on.
func (p *parser) test(n *condition) *fault {
	number, f := p.groupNumber(true)
	switch {
	case f != nil:
		return f
	case number.found && number.value <= 0:
		return p.fail(codeNoSuchGroup)
	case number.found:
		n.number, n.offset, n.start = number.value, p.pos-2, p.pos-4
		return nil
	case p.ahead("VERSION") && p.at(7) != ')' && len(p.src)-p.pos >= 10:
		return p.versionTest()
	}
	return p.namedTest(n)
}

// versionTest reads "VERSION>=10.4". Its answer depends on the server's library.
func (p *parser) versionTest() *fault {
	p.pos += 7
	if p.at(0) == '>' {
		p.pos++
	}
	if p.at(0) != '=' {
		return p.fail(codeVersionSyntax)
	}
	p.pos++
	if !isDigit(p.at(0)) {
		return p.fail(codeVersionSyntax)
	}
	if _, ok := p.digitsUpTo(1000); !ok || p.done() {
		return p.fail(codeVersionSyntax)
	}
	p.doubted("a condition on PCRE2's version")
	if p.at(0) != '.' {
		return nil
	}
	p.pos++
	for i := range 2 {
		if p.done() || i == 0 && !isDigit(p.at(0)) {
			return p.fail(codeVersionSyntax)
		}
		if isDigit(p.at(0)) {
			p.pos++
		}
	}
	if p.at(0) != ')' {
		return p.fail(codeVersionSyntax)
	}
	return nil
}

// namedTest reads a name, "R", "R1", "R&name" or "DEFINE".
func (p *parser) namedTest(n *condition) *fault {
	terminator, recursive := byte(')'), false
	switch {
	case p.at(0) == 'R' && p.at(1) == '&':
		p.pos++
		recursive = true
	case p.at(0) == '<' || p.at(0) == '\'':
		terminator = closing(p.at(0))
	default:
		p.pos--
	}
	name, offset, f := p.name(terminator)
	if f != nil {
		return f
	}
	n.name, n.offset, n.start = name, offset, offset
	if terminator == ')' {
		p.pos--
		n.never = name == "DEFINE" && !recursive
	}
	if n.never {
		n.name = ""
	}
	switch {
	case recursive:
		p.doubted("a condition on recursion")
	case terminator == ')' && name[0] == 'R' && strings.Trim(name[1:], "0123456789") == "":
		p.doubted("a condition on recursion")
		n.depth = name[1:]
		n.recursion = true
	}
	return nil
}
