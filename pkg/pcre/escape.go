package pcre

import "strings"

// escapeItem reads an escape outside a class; the position is behind the backslash.
func (p *parser) escapeItem() *fault {
	if p.done() {
		return p.fail(codeBackslashAtEnd)
	}
	c := p.src[p.pos]
	p.pos++
	if set, ok := escapedSet(c); ok {
		return p.setEscape(c, set)
	}
	switch c {
	case 'A', 'G':
		p.put(atStart)
	case 'Z':
		p.put(atEnd)
	case 'z':
		p.put(atVeryEnd)
	case 'b':
		p.put(atWordEdge)
	case 'B':
		p.put(offWordEdge)
	case 'K':
		return p.keep()
	case 'R':
		p.add(newlineSequence())
	case 'X':
		p.add(extendedGrapheme())
	case 'g':
		return p.gReference()
	case 'k':
		if p.at(0) != '{' && p.at(0) != '<' && p.at(0) != '\'' {
			return p.fail(codeNamedReference)
		}
		return p.namedReference()
	case 'p', 'P':
		set, f := p.property(c)
		if f != nil {
			return f
		}
		p.add(class{set})
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.digitEscape()
	default:
		b, f := p.byteEscape(c)
		if f != nil {
			return f
		}
		p.addByte(b)
	}
	return nil
}

// escapedSet gives the bytes of \d, \h and the like. \C is any byte and \N
// any but a newline, whatever (?s) says.
func escapedSet(c byte) (byteSet, bool) {
	switch c {
	case 'C':
		return byteSet{}.negate(), true
	case 'N':
		return setOf("\n").negate(), true
	}
	base, ok := map[byte]byteSet{'d': digitSet, 'w': wordSet, 's': spaceSet, 'h': horizontalSet, 'v': verticalSet}[c|0x20]
	if !ok || c == 'C' {
		return byteSet{}, false
	}
	if c < 'a' {
		base = base.negate()
	}
	return base, true
}

func (p *parser) setEscape(c byte, set byteSet) *fault {
	if c == 'N' && p.at(0) == '{' {
		if f := p.braceAfterN(); f != nil {
			return f
		}
	}
	p.add(class{set})
	return nil
}

// braceAfterN tells the quantifier \N{2} from the name \N{DASH}, which PCRE2 refuses.
func (p *parser) braceAfterN() *fault {
	if strings.HasPrefix(p.src[p.pos:], "{U+") {
		return p.fail(codeUnicodeEscape)
	}
	start := p.pos
	p.pos++
	_, found, f := p.counts()
	p.pos = start
	switch {
	case f != nil:
		return p.fail(f.code)
	case !found && newCounts(p.src[p.pos+1:]):
		p.newer("a brace that is a quantifier since PCRE2 10.43 only", p.fail(codePerlEscape))
	case !found:
		return p.fail(codePerlEscape)
	}
	return nil
}

// keep is \K; since PCRE2 10.38 a lookaround may not hold it.
func (p *parser) keep() *fault {
	p.keeps = true
	if p.depth > 0 {
		p.put(keepInLook)
	} else {
		p.put(keepOut)
	}
	return nil
}

// newlineSequence is \R: PCRE2's default takes all of Unicode's newlines.
func newlineSequence() node {
	return &group{atomic: true, body: alternation{
		sequence{literal{b: '\r'}, literal{b: '\n'}},
		class{verticalSet},
	}}
}

// extendedGrapheme is \X. Of the first 256 code points only CR and LF stay together.
func extendedGrapheme() node {
	return &group{atomic: true, body: alternation{
		sequence{literal{b: '\r'}, literal{b: '\n'}},
		class{byteSet{}.negate()},
	}}
}

// gReference reads \g1, \g{-1}, \g{name} (references), \g<1> and \g'name' (calls).
func (p *parser) gReference() *fault {
	switch {
	case p.done():
		return p.fail(codeReferenceSyntax)
	case p.at(0) == '<' || p.at(0) == '\'':
		return p.gCall()
	case p.at(0) == '{':
		return p.braceReference()
	}
	n, f := p.groupNumber(true)
	if f != nil {
		return f
	}
	if !n.found {
		return p.fail(codeReferenceSyntax)
	}
	return p.addReference(n.value)
}

func (p *parser) braceReference() *fault {
	start := p.pos
	p.pos++
	n, f := p.groupNumber(true)
	switch {
	case f != nil:
		return &fault{f.code, start}
	case !n.found:
		p.pos = start
		return p.namedReference()
	case p.at(0) != '}':
		return &fault{codeReferenceSyntax, start}
	}
	p.pos++
	return p.addReference(n.value)
}

func (p *parser) gCall() *fault {
	start := p.pos
	end := closing(p.at(0))
	p.pos++
	n, f := p.groupNumber(true)
	switch {
	case f != nil:
		return &fault{f.code, start}
	case n.found && p.at(0) != end:
		return &fault{codeReferenceSyntax, start}
	case n.found:
		p.addCall(n.value)
		return nil
	}
	p.pos = start
	name, offset, f := p.name(end)
	if f != nil {
		return f
	}
	p.add(&call{name: name, number: -1, offset: offset})
	return nil
}

// namedReference reads {name}, <name> or 'name'.
func (p *parser) namedReference() *fault {
	name, offset, f := p.name(closing(p.at(0)))
	if f != nil {
		return f
	}
	p.add(&backref{name: name, fold: p.flags.fold, offset: offset})
	return nil
}

// digitEscape reads \1 and the like: a reference, or an octal number.
func (p *parser) digitEscape() *fault {
	p.pos--
	n, isReference, f := p.plainReference()
	switch {
	case f != nil:
		return f
	case isReference:
		return p.addReference(n)
	}
	p.pos++
	b, f := p.octal(p.src[p.pos-1])
	if f != nil {
		return f
	}
	p.addByte(b)
	return nil
}

func (p *parser) addReference(n int) *fault {
	if n <= 0 {
		return p.fail(codeNoSuchGroup)
	}
	ref := &backref{number: n, fold: p.flags.fold, offset: p.pos - 1}
	if n < len(p.firstRef) {
		if p.firstRef[n] < 0 {
			p.firstRef[n] = ref.offset
		}
		ref.offset = p.firstRef[n]
	}
	p.add(ref)
	return nil
}
