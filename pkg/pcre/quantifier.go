package pcre

// quantifier reads the rest of a quantifier whose first byte is c. A brace
// that begins none is a literal.
func (p *parser) quantifier(c byte, allowed bool) *fault {
	q := &repeat{max: unlimited}
	switch c {
	case '+':
		q.min = 1
	case '?':
		q.max = 1
	case '{':
		counts, found, f := p.counts()
		if f != nil {
			return f
		}
		if !found {
			if newCounts(p.src[p.pos:]) {
				return p.stop("a brace that is a quantifier since PCRE2 10.43 only")
			}
			p.addByte(c)
			return nil
		}
		q.min, q.max = counts.min, counts.max
	}
	if !allowed {
		return p.failBack(codeNothingToRepeat)
	}
	if p.flags.ungreedy {
		q.mode = lazy
	}
	current := p.top().current
	q.body = current[len(current)-1]
	current[len(current)-1] = q
	p.last = q
	return nil
}

// modify applies the ? or + behind a quantifier.
func (p *parser) modify(q *repeat, c byte) {
	switch {
	case c == '+':
		q.mode = possessive
	case p.flags.ungreedy:
		q.mode = greedy
	default:
		q.mode = lazy
	}
}

type counts struct{ min, max int }

// counts reads "n}", "n,}" or "n,m}" behind a brace and leaves everything
// where it was if there is none of them.
//
// PCRE2 10.42: read_repeat_counts.
func (p *parser) counts() (counts, bool, *fault) {
	if !countsShaped(p.src[p.pos:]) {
		return counts{}, false, nil
	}
	low, f := p.count()
	if f != nil {
		return counts{}, false, f
	}
	high := low
	if p.at(0) == ',' {
		p.pos++
		high = unlimited
		if p.at(0) != '}' {
			if high, f = p.count(); f != nil {
				return counts{}, false, f
			}
			if high < low {
				return counts{}, false, p.fail(codeQuantifierOrder)
			}
		}
	}
	p.pos++
	return counts{low, high}, true, nil
}

// count reads digits; PCRE2 reports a number that is too big behind the digit
// that made it so.
func (p *parser) count() (int, *fault) {
	n := 0
	for isDigit(p.at(0)) {
		n = n*10 + int(p.at(0)-'0')
		p.pos++
		if n > maxRepeat {
			return 0, p.fail(codeQuantifierTooBig)
		}
	}
	return n, nil
}

// countsShaped says whether s goes on with digits, perhaps a comma, perhaps
// digits, and the closing brace.
func countsShaped(s string) bool {
	i := digits(s, 0)
	if i == 0 {
		return false
	}
	if byteAt(s, i) == ',' {
		i = digits(s, i+1)
	}
	return byteAt(s, i) == '}'
}

// newCounts is countsShaped for PCRE2 10.43 and later: blanks are allowed, and
// the first number may be missing.
func newCounts(s string) bool {
	i := blanks(s, 0)
	first := digits(s, i)
	found := first > i
	i = blanks(s, first)
	if byteAt(s, i) == ',' {
		i = blanks(s, i+1)
		second := digits(s, i)
		found = found || second > i
		i = blanks(s, second)
	}
	return found && byteAt(s, i) == '}'
}

func digits(s string, i int) int {
	for isDigit(byteAt(s, i)) {
		i++
	}
	return i
}

func blanks(s string, i int) int {
	for byteAt(s, i) == ' ' || byteAt(s, i) == '\t' {
		i++
	}
	return i
}
