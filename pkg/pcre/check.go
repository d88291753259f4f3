package pcre

// check makes, after parsing, PCRE2's remaining checks in its order:
// lookbehinds, then references, then the branches of conditions.
//
// PCRE2: check_lookbehinds; compile_branch in its two passes.
func (p *parser) check(t *tree) *fault {
	c := &checker{p: p, tree: t, within: map[*group]bool{}}
	if p.behinds {
		if f := c.lookbehinds(t.root); f != nil {
			return f
		}
	}
	if f := c.references(t.root); f != nil {
		return f
	}
	if f := c.conditions(t.root); f != nil {
		return f
	}
	if compiledSize(t.root) > maxCompiled {
		p.doubted("a pattern that may be too large for PCRE2")
	}
	return nil
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
		if n.test == nil && !n.never && c.p.doubt == "" {
			if f := c.reference(n.name, &n.number, n.offset); f != nil {
				return f
			}
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

// conditions refuses a condition with more branches than it has outcomes.
func (c *checker) conditions(n node) *fault {
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
