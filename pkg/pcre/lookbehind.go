package pcre

// maxLookbehind is how far back a branch of a lookbehind may go.
const maxLookbehind = 65535

// notFixed is the fault of a lookbehind whose place is not known yet.
var notFixed = &fault{codeLookbehindLength, -1}

// lookbehinds measures every lookbehind, in the order of PCRE2.
//
// PCRE2 10.42: check_lookbehinds.
func (c *checker) lookbehinds(n node) *fault {
	if l, ok := n.(*look); ok && l.behind {
		f := c.lookbehind(l)
		if f == nil || f.code != codeLookbehindLength || endless(l.body) {
			return f
		}
		c.p.newer("a lookbehind that may vary in length, accepted since PCRE2 10.43 only", f)
		return nil
	}
	for _, sub := range children(n) {
		if f := c.lookbehinds(sub); f != nil {
			return f
		}
	}
	return nil
}

// lookbehind measures the branches of one; each may have its own length.
//
// PCRE2 10.42: set_lookbehind_lengths.
func (c *checker) lookbehind(l *look) *fault {
	l.lengths = l.lengths[:0]
	for _, b := range branches(l.body) {
		length, f := c.length(b)
		if f == nil && length > maxLookbehind {
			f = &fault{codeLookbehindTooLong, l.offset}
		}
		if f == notFixed {
			f = &fault{codeLookbehindLength, l.offset}
		}
		if f != nil {
			return f
		}
		l.lengths = append(l.lengths, length)
	}
	return nil
}

// endless says whether a quantifier without a limit, or something that may
// hold one, makes a lookbehind unacceptable to every version.
func endless(n node) bool {
	switch n := n.(type) {
	case *repeat:
		if n.max == unlimited && !isLook(n.body) {
			return true
		}
	case *look:
		return false
	case *condition:
		if n.never {
			return false
		}
	}
	for _, sub := range children(n) {
		if sub == nowhere {
			return false // what follows is never reached
		}
		if endless(sub) {
			return true
		}
	}
	return false
}

// length is how many bytes a node takes. It measures the lookbehinds in it on
// the way.
//
// PCRE2 10.42: get_branchlength.
func (c *checker) length(n node) (int, *fault) {
	if c.steps++; c.steps > 10_000 {
		c.p.doubted("a lookbehind too complicated to measure")
		return 0, nil
	}
	switch n := n.(type) {
	case literal, class:
		return 1, nil
	case sequence:
		return c.sequenceLength(n)
	case alternation:
		return c.branchLength(n)
	case *group:
		return c.length(n.body)
	case *repeat:
		return c.repeatLength(n)
	case *look:
		if n.behind {
			return 0, c.lookbehind(n)
		}
		return 0, c.lookbehinds(n.body)
	case *condition:
		return c.conditionLength(n)
	case *backref:
		if _, known := c.resolve(n.name); c.p.resets && (n.name == "" || known) {
			return 0, notFixed // the number may stand for several groups
		}
		return c.targetLength(n, n.name, n.number, n.offset)
	case *call:
		return c.targetLength(n, n.name, n.number, n.offset)
	}
	return 0, nil
}

func (c *checker) sequenceLength(items sequence) (int, *fault) {
	total := 0
	for _, item := range items {
		if item == nowhere {
			break // what follows is never reached
		}
		length, f := c.length(item)
		if f != nil {
			return 0, f
		}
		total = min(total+length, maxLookbehind+1)
	}
	return total, nil
}

// branchLength is that of a group inside: all its branches take the same.
func (c *checker) branchLength(all alternation) (int, *fault) {
	common := -1
	for _, b := range all {
		length, f := c.length(b)
		if f == nil && common >= 0 && length != common {
			f = notFixed
		}
		if f != nil {
			return 0, f
		}
		common = length
	}
	return common, nil
}

func (c *checker) repeatLength(n *repeat) (int, *fault) {
	length, f := c.length(n.body)
	if l, ok := n.body.(*look); ok && !l.behind || f != nil {
		return length, f
	}
	if n.min != n.max {
		return 0, notFixed
	}
	return min(length*n.min, maxLookbehind+1), nil
}

func (c *checker) conditionLength(n *condition) (int, *fault) {
	if n.never {
		return 0, nil
	}
	if n.test != nil {
		if _, f := c.length(n.test); f != nil {
			return 0, f
		}
	}
	return c.length(n.body)
}

// targetLength measures the group that a reference or a call goes to. There
// must be no way back from there.
func (c *checker) targetLength(from node, name string, number, offset int) (int, *fault) {
	if f := c.reference(name, &number, offset); f != nil {
		return 0, f
	}
	target := findGroup(c.tree.root, number)
	if target == nil || c.within[target] || contains(target, from) {
		return 0, notFixed
	}
	c.within[target] = true
	defer delete(c.within, target)
	return c.length(target.body)
}

func contains(n, wanted node) bool {
	if _, ok := n.(sequence); !ok {
		if _, ok := n.(alternation); !ok && n == wanted {
			return true
		}
	}
	for _, sub := range children(n) {
		if contains(sub, wanted) {
			return true
		}
	}
	return false
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
