package pcre

import "strconv"

// check makes, after parsing, PCRE2's remaining checks in its order:
// lookbehinds, then references, then the branches of conditions.
//
// PCRE2: check_lookbehinds; compile_branch in its two passes.
func (p *parser) check(t *tree) *fault {
	c := &checker{p: p, tree: t, within: map[*group]bool{}}
	if f := c.all(t.root); f != nil {
		return f
	}
	if reason := quirk(t.root); reason != "" {
		p.doubted(reason)
	}
	if compiledSize(t.root) > maxCompiled {
		p.doubted("a pattern that may be too large for PCRE2")
	}
	return nil
}

// all stops at the first fault.
func (c *checker) all(root node) *fault {
	if c.p.behinds {
		if f := c.lookbehinds(root); f != nil {
			return f
		}
	}
	if f := c.references(root); f != nil {
		return f
	}
	return c.conditions(root)
}

type checker struct {
	p      *parser
	tree   *tree
	steps  int
	within map[*group]bool // groups being measured: meeting one again is recursion
}

// resolve finds the number of a name: that of its first group.
func (c *checker) resolve(name string) (int, bool) {
	for _, n := range c.tree.names {
		if n.name == name {
			return n.number, true
		}
	}
	return 0, false
}

// references fills in the numbers of names and refuses what is not there.
func (c *checker) references(n node) *fault {
	switch n := n.(type) {
	case *backref:
		return c.reference(n.name, &n.number, n.offset)
	case *call:
		return c.reference(n.name, &n.number, n.offset)
	case *condition:
		if f := c.condition(n); f != nil {
			return f
		}
	case position:
		if n == keepInLook {
			return &fault{codeKeepInLookaround, len(c.tree.pattern)}
		}
	}
	for _, sub := range children(n) {
		if f := c.references(sub); f != nil {
			return f
		}
	}
	return nil
}

func (c *checker) reference(name string, number *int, offset int) *fault {
	if name == "" {
		if *number > c.tree.groups {
			return &fault{codeNoSuchGroup, offset}
		}
		return nil
	}
	n, ok := c.resolve(name)
	if !ok {
		return &fault{codeNoSuchGroup, offset}
	}
	*number = n
	return nil
}

// condition resolves what a condition refers to. R1 may be a name; if not, it
// is a group number that is being recursed into.
func (c *checker) condition(n *condition) *fault {
	_, named := c.resolve(n.name)
	switch {
	case n.test != nil || n.never || n.recursion && !named && n.depth == "":
		return nil
	case n.recursion && !named:
		number, err := strconv.Atoi(n.depth)
		if err != nil || number > c.tree.groups {
			return &fault{codeNoSuchGroup, n.offset}
		}
		return nil
	}
	return c.reference(n.name, &n.number, n.offset)
}

// conditions refuses a condition with more branches than it has outcomes.
func (c *checker) conditions(n node) *fault {
	if items, ok := n.(sequence); ok {
		placeConditions(items)
	}
	for _, sub := range children(n) {
		if f := c.conditions(sub); f != nil {
			return f
		}
	}
	cond, ok := n.(*condition)
	switch {
	case !ok:
		return nil
	case cond.never && len(branches(cond.body)) > 1:
		return &fault{codeDefineBranches, cond.start}
	case len(branches(cond.body)) > 2:
		return &fault{codeConditionBranches, cond.start}
	}
	return nil
}

// placeConditions says where PCRE2 would report a condition that has an
// assertion for its test: it notes no place for one, so what it reports is the
// place of the last reference before it in the same branch, or 0.
func placeConditions(items sequence) {
	last := 0
	for _, item := range items {
		if r, ok := item.(*repeat); ok {
			item = r.body
		}
		switch n := item.(type) {
		case *backref:
			last = n.offset
		case *call:
			last = n.offset
		case *condition:
			if n.test != nil {
				n.start = last
			}
			last = n.start
		}
	}
}

// maxCompiled is well below the 64 KiB that PCRE2's two-byte links reach.
const maxCompiled = 40_000

// compiledSize estimates the size of the pattern in PCRE2's bytecode, which
// repeats a group as often as its quantifier says. It stops growing somewhere
// above maxCompiled.
func compiledSize(n node) int {
	size := 6
	switch n := n.(type) {
	case literal, position:
		return 2
	case class:
		return 34
	case *repeat:
		times := max(n.min, n.max, 1)
		if _, ok := n.body.(literal); ok {
			return 8
		}
		if _, ok := n.body.(class); ok {
			return 40
		}
		return min((compiledSize(n.body)+8)*times, 2*maxCompiled)
	}
	for _, sub := range children(n) {
		size += compiledSize(sub)
	}
	return min(size, 2*maxCompiled)
}
