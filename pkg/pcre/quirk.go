package pcre

import "slices"

// Two of PCRE2's optimisations change what a pattern matches, in 10.42, 10.46
// and 10.49 alike; its least length of a match is wrong where a group refers to
// itself; and 10.42 lets captures out of calls. Patterns that may meet this are
// left alone: nginx does what PCRE2 does, and that is not worth imitating.

// quirk names the first such thing in a pattern, or "".
func quirk(root node) string {
	s := quirkSearch{root: root}
	s.visit(root)
	return s.found
}

type quirkSearch struct {
	root     node
	iterated bool // a byte was repeated, greedily, so far
	found    string
}

func (s *quirkSearch) visit(n node) {
	switch n := n.(type) {
	case *repeat:
		if n.max == 0 && misleads(n.body) {
			s.found = "a group repeated zero times that PCRE2 takes for an anchor"
		}
		if s.iterated && n.mode == possessive && n.max != unlimited && isGroup(n.body) && nullable(n) {
			s.found = possessified
		}
		if !isGroup(n.body) && n.mode != lazy && n.min != n.max {
			s.iterated = true
		}
	case *call:
		if target := findGroup(s.root, n.number); target != nil && captures(target.body) {
			s.found = "a call of a group with captures, which 10.42 may keep"
		}
	case *backref:
		if target := findGroup(s.root, n.number); target != nil && contains(target, n) {
			s.found = "a group that refers to itself"
		}
	case *group:
		if s.iterated && n.atomic && nullable(n.body) && branching(n.body) {
			s.found = possessified
		}
	}
	for _, sub := range children(n) {
		s.visit(sub)
	}
}

// captures says whether a group in n captures.
func captures(n node) bool {
	if g, ok := n.(*group); ok && g.number > 0 {
		return true
	}
	return slices.ContainsFunc(children(n), captures)
}

// possessified: PCRE2 makes the "a?" of "a?(?>|b)a" possessive, since it looks
// for what may follow in the group only and not behind it. So "a" is no match.
//
// PCRE2: compare_opcodes in src/pcre2_auto_possess.c, entered_a_group.
const possessified = "a repeat that PCRE2 makes possessive before an atomic group that may be empty"

func isGroup(n node) bool {
	switch n.(type) {
	case literal, class, *backref:
		return false
	}
	return true
}

// branching says whether there is more than one way through n, by groups.
func branching(n node) bool {
	switch n := n.(type) {
	case alternation:
		return true
	case *repeat:
		if isGroup(n.body) && n.min != n.max {
			return true
		}
	}
	return slices.ContainsFunc(children(n), branching)
}

// misleads says whether a group that is skipped may still make PCRE2 believe
// that the pattern is anchored: "(?:|\A){0}c" matches only at the start, since
// the analysis steps over the first branch only.
//
// PCRE2: is_anchored and first_significant_code in src/pcre2_compile.c.
func misleads(n node) bool {
	g, ok := n.(*group)
	return ok && len(branches(g.body)) > 1 && mayAnchor(g.body)
}

func mayAnchor(n node) bool {
	if rep, ok := n.(*repeat); ok && rep.max == unlimited || n == atStart || n == atLineStart {
		return true
	}
	return slices.ContainsFunc(children(n), mayAnchor)
}
