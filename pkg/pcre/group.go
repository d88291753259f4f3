package pcre

// open begins a group; what it becomes is filled in when it ends.
func (p *parser) open(n node) *frame {
	f := &frame{open: n, saved: p.flags}
	p.frames = append(p.frames, f)
	return f
}

// body is what the frame holds, its last branch included.
func (f *frame) body() node {
	if f.branches == nil {
		return f.current
	}
	return append(f.branches, f.current)
}

func (p *parser) nextBranch() {
	f := p.top()
	f.branches = append(f.branches, f.current)
	f.current = nil
	if f.reset {
		f.furthest = max(f.furthest, p.groups)
		p.groups = f.first
	}
}

func (p *parser) closeGroup() *fault {
	if p.nesting() == 0 {
		return p.failBack(codeUnmatchedClose)
	}
	f := p.top()
	p.frames = p.frames[:len(p.frames)-1]
	p.flags = f.saved
	if f.reset {
		p.groups = max(p.groups, f.furthest)
	}
	switch n := f.open.(type) {
	case *group:
		n.body = f.body()
	case *condition:
		n.body = f.body()
	case *look:
		n.body = f.body()
		p.depth--
	}
	if f.isTest {
		p.top().open.(*condition).test = f.open.(*look)
		return nil
	}
	p.add(f.open)
	return nil
}

// openGroup reads what follows an opening parenthesis.
func (p *parser) openGroup(expected int) *fault {
	switch {
	case p.done():
		return p.fail(codeGroupUnterminated)
	case p.at(0) == '*':
		return p.starGroup(expected)
	case p.at(0) != '?':
		if p.flags.noCapture {
			p.open(&group{})
			return nil
		}
		return p.openCapture()
	}
	p.pos++
	if p.done() {
		return p.fail(codeGroupUnterminated)
	}
	return p.questionGroup(expected)
}

func (p *parser) openCapture() *fault {
	if p.groups >= maxGroup {
		return p.fail(codeTooManyGroups)
	}
	p.groups++
	p.most = max(p.most, p.groups)
	p.open(&group{number: p.groups})
	return nil
}

// questionGroup reads what follows "(?".
func (p *parser) questionGroup(expected int) *fault {
	switch c := p.at(0); {
	case c == 'P':
		return p.pythonGroup()
	case c == 'R':
		return p.recursion()
	case c == '+' && !isDigit(p.at(1)):
		return p.fail(codeDigitExpected)
	case c == '+', isDigit(c), c == '-' && isDigit(p.at(1)):
		return p.numberedCall()
	case c == '&':
		return p.namedCall()
	case c == 'C':
		return p.callout(expected)
	case c == '(':
		return p.openCondition()
	case c == '>':
		p.pos++
		p.open(&group{atomic: true})
	case c == '=', c == '!', c == '*':
		p.pos++
		p.openLook(&look{negative: c == '!'}, expected)
		if c == '*' {
			p.doubted("a non-atomic lookaround")
		}
	case c == '<' && (p.at(1) == '=' || p.at(1) == '!' || p.at(1) == '*'):
		p.openLookbehind(p.at(1), expected)
	case c == '<':
		return p.namedCapture('>')
	case c == '\'':
		return p.namedCapture('\'')
	case c == '[':
		return p.stop("an extended class, known since PCRE2 10.45 only")
	case c == '|':
		p.pos++
		f := p.open(&group{})
		f.reset, f.first, f.furthest = true, p.groups, p.groups
		p.resets = true
	default:
		return p.optionSetting()
	}
	return nil
}

// openLookbehind has the position two bytes before the body.
func (p *parser) openLookbehind(sign byte, expected int) {
	offset := p.pos - 2
	p.pos += 2
	p.behinds = true
	if sign == '*' {
		p.doubted("a non-atomic lookaround")
	}
	p.openLook(&look{behind: true, negative: sign == '!', offset: offset}, expected)
}

func (p *parser) openLook(n *look, expected int) {
	p.open(n).isTest = expected > 0
	p.depth++
}

func (p *parser) namedCapture(terminator byte) *fault {
	name, _, f := p.name(terminator)
	if f != nil {
		return f
	}
	if f := p.openCapture(); f != nil {
		return f
	}
	return p.register(name)
}

// register enters the name of the group that was just opened.
func (p *parser) register(name string) *fault {
	if len(p.names) >= maxNames {
		return p.fail(codeTooManyNames)
	}
	for _, n := range p.names {
		switch {
		case n.name == name && n.number == p.groups:
			return nil
		case n.name == name && !p.flags.dup:
			return p.fail(codeNameTwice)
		case n.name == name:
			p.doubted("a name given to several groups")
		case n.number == p.groups:
			return p.fail(codeNumberTwoNames)
		}
	}
	p.names = append(p.names, namedGroup{name, p.groups})
	return nil
}
