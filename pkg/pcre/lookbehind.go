package pcre

// span is how many bytes a node takes: exactly length where fixed. PCRE2 10.42
// refuses a lookbehind that is not fixed; since 10.43 it may vary as long as
// there is a limit.
type span struct {
	length  int
	fixed   bool
	endless bool // not fixed because a quantifier has no limit
}

const maxLookbehind = 65535

// lookbehinds measures every lookbehind, the outer ones first.
func (c *checker) lookbehinds(n node) *fault {
	if l, ok := n.(*look); ok && l.behind {
		return c.lookbehind(l)
	}
	for _, sub := range children(n) {
		if f := c.lookbehinds(sub); f != nil {
			return f
		}
	}
	return nil
}

// lookbehind measures the branches of one; each may have its own length.
func (c *checker) lookbehind(l *look) *fault {
	l.lengths = l.lengths[:0]
	for _, b := range branches(l.body) {
		s, f := c.span(b)
		switch {
		case f != nil && f.offset < 0:
			return &fault{f.code, l.offset}
		case f != nil:
			return f
		case !s.fixed && s.endless:
			return &fault{codeLookbehindLength, l.offset}
		case !s.fixed:
			c.p.doubted("a lookbehind that may vary in length, accepted since PCRE2 10.43 only")
		case s.length > maxLookbehind:
			return &fault{codeLookbehindTooLong, l.offset}
		}
		l.lengths = append(l.lengths, s.length)
	}
	return nil
}

// span measures a node and, on the way, the lookbehinds in it.
func (c *checker) span(n node) (span, *fault) {
	if c.steps++; c.steps > 10_000 {
		c.p.doubted("a lookbehind too complicated to measure")
		return span{}, nil
	}
	switch n := n.(type) {
	case literal, class:
		return span{length: 1, fixed: true}, nil
	case sequence:
		return c.sequenceSpan(n)
	case alternation:
		return c.branchSpan(n)
	case *group:
		return c.span(n.body)
	case *repeat:
		return c.repeatSpan(n)
	case *look:
		if n.behind {
			return span{fixed: true}, c.lookbehind(n)
		}
		return span{fixed: true}, c.lookbehinds(n.body)
	case *condition:
		return c.conditionSpan(n)
	case *backref:
		if c.p.resets {
			return span{}, nil
		}
		return c.groupSpan(n.name, n.number, n.offset)
	case *call:
		return c.groupSpan(n.name, n.number, n.offset)
	}
	return span{fixed: true}, nil
}

func (c *checker) sequenceSpan(items sequence) (span, *fault) {
	total := span{fixed: true}
	for _, item := range items {
		if item == nowhere {
			break // what follows is never reached
		}
		s, f := c.span(item)
		if f != nil {
			return span{}, f
		}
		total.length = min(total.length+s.length, maxLookbehind+1)
		total.fixed = total.fixed && s.fixed
		total.endless = total.endless || s.endless
	}
	return total, nil
}

// branchSpan is that of a group inside: all its branches take the same.
func (c *checker) branchSpan(all alternation) (span, *fault) {
	var common span
	for i, b := range all {
		s, f := c.span(b)
		if f != nil {
			return span{}, f
		}
		if i == 0 {
			common = s
			continue
		}
		common.fixed = common.fixed && s.fixed && common.length == s.length
		common.endless = common.endless || s.endless
	}
	return common, nil
}

func (c *checker) repeatSpan(n *repeat) (span, *fault) {
	s, f := c.span(n.body)
	if l, ok := n.body.(*look); ok && !l.behind || f != nil {
		return s, f
	}
	if n.max == unlimited {
		return span{endless: true}, nil
	}
	return span{
		length:  min(s.length*n.min, maxLookbehind+1),
		fixed:   s.fixed && n.min == n.max,
		endless: s.endless && n.max > 0,
	}, nil
}

func (c *checker) conditionSpan(n *condition) (span, *fault) {
	if n.test != nil {
		if _, f := c.span(n.test); f != nil {
			return span{}, f
		}
	}
	if n.never {
		return span{fixed: true}, c.lookbehinds(n.body)
	}
	return c.span(n.body)
}

// groupSpan measures the group that a reference or a call goes to.
func (c *checker) groupSpan(name string, number, offset int) (span, *fault) {
	if f := c.reference(name, &number, offset); f != nil {
		return span{}, f
	}
	target := findGroup(c.tree.root, number)
	if target == nil || c.within[target] {
		return span{}, nil
	}
	c.within[target] = true
	defer delete(c.within, target)
	return c.span(target.body)
}

// findGroup finds the first group with a number in pattern order. Number 0 is
// the whole pattern, which is no group.
func findGroup(n node, number int) *group {
	if g, ok := n.(*group); ok && g.number == number && number > 0 {
		return g
	}
	for _, sub := range children(n) {
		if g := findGroup(sub, number); g != nil {
			return g
		}
	}
	return nil
}
