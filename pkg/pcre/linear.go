package pcre

import (
	"fmt"
	"regexp"
	"strings"
)

// Most patterns in a configuration are plain: `\.php$`, `^/api/`. For those the
// standard library's engine gives the same answer in a fraction of the time:
// it takes the same, leftmost and first, match as Perl does. What it might do
// otherwise is left to the backtracking engine: all that it does not know
// (references, lookarounds, atomic groups), a repeat whose body may match
// nothing, and whatever PCRE2's match limit may end: a choice or a repeat
// within a repeat, too many repeats for the length of the subject.

// maxSteps bounds the work that PCRE2's backtracking could have with a
// pattern and a subject for which the linear engine is asked instead: its
// match limit is 10,000,000, far above.
const maxSteps = 1_000_000

// compileLinear gives the standard library's engine for a pattern, and what
// backtracking through it may cost, or nil where the answer might differ.
func compileLinear(t *tree) (*regexp.Regexp, cost) {
	w := &linearWriter{cost: cost{ways: 1}}
	w.node(t.root, false)
	if w.refused || w.groups != t.groups || t.keeps {
		return nil, cost{}
	}
	engine, err := regexp.Compile(w.out.String())
	if err != nil {
		return nil, cost{} // such as too many repeats
	}
	return engine, w.cost
}

// cost bounds the steps that backtracking takes: for each place to start at,
// each way through the alternatives, and each length of each repeat.
type cost struct{ ways, loops int }

func (c cost) steps(length int) int {
	steps := c.ways
	for range c.loops + 1 {
		if steps *= length + 1; steps > maxSteps {
			break
		}
	}
	return steps
}

// linearFits says whether the standard library's engine sees the subject as
// PCRE2 does: bytes from 0x80 on are no characters to it, and it has no $ that
// stands before a last newline.
func (r *Regexp) linearFits(subject string) bool {
	if r.linear == nil || strings.HasSuffix(subject, "\n") {
		return false
	}
	for i := range len(subject) {
		if subject[i] >= 0x80 {
			return false
		}
	}
	return r.cost.steps(len(subject)) <= maxSteps
}

type linearWriter struct {
	out     strings.Builder
	groups  int
	cost    cost
	refused bool
}

func (w *linearWriter) node(n node, inRepeat bool) {
	switch n := n.(type) {
	case literal:
		w.class(setOf(string([]byte{n.b})), n.fold)
	case class:
		w.class(n.set, false)
	case sequence:
		for _, item := range n {
			w.node(item, inRepeat)
		}
	case alternation:
		w.refused = w.refused || inRepeat
		w.cost.ways = min(w.cost.ways*len(n), maxSteps+1)
		for i, b := range n {
			if i > 0 {
				w.out.WriteByte('|')
			}
			w.node(b, inRepeat)
		}
	case *group:
		w.group(n, inRepeat)
	case *repeat:
		w.repeat(n, inRepeat)
	case position:
		w.position(n)
	default:
		w.refused = true
	}
}

func (w *linearWriter) group(n *group, inRepeat bool) {
	switch {
	case n.number == 0:
		w.out.WriteString("(?:")
	case n.number == w.groups+1:
		w.out.WriteString("(")
		w.groups++
	default:
		w.refused = true // numbered twice, by (?|...)
	}
	w.refused = w.refused || n.atomic
	w.node(n.body, inRepeat)
	w.out.WriteByte(')')
}

func (w *linearWriter) repeat(n *repeat, inRepeat bool) {
	if inRepeat || n.mode == possessive || n.max == 0 || nullable(n.body) {
		w.refused = true
		return
	}
	optional := n.min == 0 && n.max == 1
	switch {
	case optional:
		w.cost.ways = min(w.cost.ways*2, maxSteps+1)
	case n.min != n.max:
		w.cost.loops++
	}
	if g, ok := n.body.(*group); ok {
		w.group(g, !optional)
	} else {
		w.node(n.body, !optional)
	}
	w.out.WriteString(quantifierText(n.min, n.max, n.mode))
}

func (w *linearWriter) position(n position) {
	text, ok := map[position]string{atStart: `\A`, atEnd: `\z`, atVeryEnd: `\z`, atWordEdge: `\b`, offWordEdge: `\B`}[n]
	w.refused = w.refused || !ok
	w.out.WriteString(text)
}

func (w *linearWriter) class(set byteSet, fold bool) {
	if fold {
		set = set.folded()
	}
	if set = set.ascii(); set.len() == 0 {
		w.refused = true
		return
	}
	if runs := set.ranges(); set.len() == 1 {
		fmt.Fprintf(&w.out, `\x%02x`, runs[0].lo)
		return
	}
	w.out.WriteByte('[')
	for _, run := range set.ranges() {
		fmt.Fprintf(&w.out, `\x%02x-\x%02x`, run.lo, run.hi)
	}
	w.out.WriteByte(']')
}
