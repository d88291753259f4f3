package pcre

import "strings"

// classReader reads one bracketed class.
type classReader struct {
	p     *parser
	set   byteSet
	start byte // the byte that a hyphen would make the start of a range
	state rangeState
}

type rangeState uint8

const (
	noRange    rangeState = iota // a hyphen is a literal
	mayRange                     // a hyphen begins a range
	rangeBegun                   // the hyphen was there
)

// classItem reads a class; the position is behind the bracket.
func (p *parser) classItem() *fault {
	if p.ahead("[:<:]]") || p.ahead("[:>:]]") {
		p.wordEdge(p.at(2) == '>')
		p.pos += 6
		return nil
	}
	if p.posixAhead() >= 0 {
		if p.at(0) == ':' {
			return p.failBack(codePosixOutsideClass)
		}
		return p.failBack(codePosixCollating)
	}
	negated := p.classStart()
	if p.done() && p.src[p.pos-1] == 'E' {
		return p.fail(codeBackslashAtEnd) // PCRE2 sees the last backslash again
	}
	r := &classReader{p: p}
	if f := r.members(); f != nil {
		return f
	}
	set := r.set
	if p.flags.fold {
		set = set.folded()
	}
	if negated {
		set = set.negate()
	}
	p.add(class{set})
	return nil
}

// wordEdge is [[:<:]] or [[:>:]]: \b(?=\w) or \b(?<=\w).
func (p *parser) wordEdge(behind bool) {
	p.put(atWordEdge)
	p.add(&look{behind: behind, body: class{wordSet}})
	p.behinds = p.behinds || behind
}

// classStart skips what may stand before the first member.
func (p *parser) classStart() bool {
	negated := false
	for {
		switch {
		case p.ahead(`\E`):
			p.pos += 2
		case p.ahead(`\Q\E`):
			p.pos += 4
		case p.flags.extendedMore && (p.at(0) == ' ' || p.at(0) == '\t'):
			p.pos++
		case p.at(0) == '^' && !negated:
			negated = true
			p.pos++
		default:
			return negated
		}
	}
}

// members reads up to the closing bracket. A bracket in first place is a member.
func (r *classReader) members() *fault {
	p := r.p
	quoted := false
	for first := true; ; first = false {
		if p.done() {
			return p.fail(codeClassUnterminated)
		}
		c := p.at(0)
		if c == ']' && !quoted && !first {
			p.pos++
			break
		}
		var f *fault
		switch {
		case p.ahead(`\E`):
			quoted = false
			p.pos += 2
		case quoted:
			f = r.literal()
		case p.ahead(`\Q`):
			quoted = true
			p.pos += 2
		case p.flags.extendedMore && (c == ' ' || c == '\t'):
			p.pos++
		default:
			f = r.member(c)
		}
		if f != nil {
			return f
		}
	}
	if r.state == rangeBegun {
		r.set.add('-')
	}
	return nil
}

func (r *classReader) member(c byte) *fault {
	p := r.p
	switch {
	case c == '[' && strings.IndexByte(":.=", p.at(1)) >= 0 && p.posixInside():
		return r.posix()
	case c == '-' && r.state == mayRange:
		p.pos++
		r.state = rangeBegun
		return nil
	case c == '\\':
		return r.escape()
	}
	return r.literal()
}

func (r *classReader) literal() *fault {
	r.p.pos++
	return r.addByte(r.p.src[r.p.pos-1])
}

// addByte adds a byte, or the range that it ends; the position is behind it.
func (r *classReader) addByte(b byte) *fault {
	if r.state == rangeBegun {
		if r.start > b {
			return r.p.failBack(codeClassRangeOrder)
		}
		r.set.addRange(r.start, b)
		r.state = noRange
		return nil
	}
	r.set.add(b)
	r.start, r.state = b, mayRange
	return nil
}

// escape reads an escape in a class; the position is at the backslash.
func (r *classReader) escape() *fault {
	p := r.p
	p.pos++
	if p.done() {
		return p.fail(codeBackslashAtEnd)
	}
	c := p.at(0)
	p.pos++
	switch {
	case c == 'k':
		return p.stop(`\k in a class, accepted by newer versions of PCRE2`)
	case c == 'b':
		return r.addByte('\b')
	case c == 'g' || c == '8' || c == '9':
		return r.addByte(c)
	case c == 'N' && p.at(0) == '{':
		if f := p.braceAfterN(); f != nil {
			return f
		}
	case c == 'B' || c == 'R' || c == 'X':
		return p.failBack(codeClassEscape)
	}
	if strings.IndexByte("AGKZzCNdDwWsShHvVpP", c) < 0 {
		b, f := p.byteEscape(c)
		if f != nil {
			return f
		}
		return r.addByte(b)
	}
	return r.setEscape(c)
}

// setEscape reads an escape that is no single byte: it cannot end a range, nor
// begin one.
func (r *classReader) setEscape(c byte) *fault {
	p := r.p
	if r.state == rangeBegun {
		return p.fail(codeClassRange)
	}
	r.state = noRange
	var set byteSet
	switch c {
	case 'N':
		return p.fail(codeNotNewlineInClass)
	case 'p', 'P':
		var f *fault
		if set, f = p.property(c); f != nil {
			return f
		}
	case 'A', 'G', 'K', 'Z', 'z', 'C':
		return p.failBack(codeClassEscape)
	default:
		set, _ = escapedSet(c)
	}
	r.set = r.set.union(set)
	return r.hyphenBehind()
}

// hyphenBehind refuses "\d-z": PCRE2 takes it for a mistake.
func (r *classReader) hyphenBehind() *fault {
	p := r.p
	if p.pos < len(p.src)-1 && p.at(0) == '-' && p.at(1) != ']' {
		return p.fail(codeClassRange)
	}
	return nil
}
