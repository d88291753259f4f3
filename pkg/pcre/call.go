package pcre

import "strings"

// pythonGroup reads what follows "(?P"; the position is at the P.
func (p *parser) pythonGroup() *fault {
	p.pos++
	if p.done() {
		return p.fail(codeGroupUnterminated)
	}
	switch p.at(0) {
	case '<':
		return p.namedCapture('>')
	case '>':
		return p.namedCall()
	case '=':
		name, offset, f := p.name(')')
		if f != nil {
			return f
		}
		p.add(&backref{name: name, fold: p.flags.fold, offset: offset})
		return nil
	}
	return p.fail(codeUnknownP)
}

// recursion reads "(?R)"; the position is at the R.
func (p *parser) recursion() *fault {
	p.pos++
	if p.at(0) == '(' {
		return p.stop(returnedGroups)
	}
	if p.at(0) != ')' {
		return p.fail(codeRecursionUnclosed)
	}
	p.addCall(0)
	return nil
}

const returnedGroups = "a call that returns groups, known to newer versions of PCRE2 only"

// numberedCall reads "(?1)", "(?+1)" or "(?-1)".
func (p *parser) numberedCall() *fault {
	n, f := p.groupNumber(!isDigit(p.at(0)))
	if f != nil {
		return f
	}
	if p.at(0) == '(' {
		return p.stop(returnedGroups)
	}
	if p.at(0) != ')' {
		return p.fail(codeGroupUnterminated)
	}
	p.addCall(n.value)
	return nil
}

// addCall adds a call; the position is at its closing delimiter.
func (p *parser) addCall(number int) {
	p.add(&call{number: number, offset: p.pos})
	p.pos++
}

func (p *parser) namedCall() *fault {
	name, offset, f := p.name(')')
	switch {
	case f != nil && f.code == codeNameSyntax && p.at(0) == '(':
		return p.stop(returnedGroups)
	case f != nil:
		return f
	}
	p.add(&call{name: name, number: -1, offset: offset})
	return nil
}

// callout reads "(?C9)" or "(?C'text')". nginx sets no callout function, so a
// callout does nothing.
func (p *parser) callout(expected int) *fault {
	p.pos++
	if p.done() {
		return p.fail(codeGroupUnterminated)
	}
	p.expectTest = expected - 1
	if p.at(0) == ')' || isDigit(p.at(0)) {
		if _, ok := p.digitsUpTo(255); !ok {
			return p.fail(codeCalloutTooBig)
		}
	} else if f := p.calloutText(); f != nil {
		return f
	}
	if p.at(0) != ')' {
		return p.fail(codeCalloutUnclosed)
	}
	p.pos++
	return nil
}

// calloutText skips a delimited text; the delimiter doubled stands for itself.
func (p *parser) calloutText() *fault {
	start, end := p.pos, p.at(0)
	switch {
	case end == '{':
		end = '}'
	case !strings.ContainsRune("`'\"^%#$", rune(end)):
		return p.fail(codeCalloutDelimiter)
	}
	for {
		p.pos++
		if p.done() {
			return &fault{codeCalloutUnterminated, start}
		}
		if p.at(0) != end {
			continue
		}
		p.pos++
		if p.done() || p.at(0) != end {
			return nil
		}
	}
}
