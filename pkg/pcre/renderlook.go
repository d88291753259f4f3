package pcre

import (
	"strconv"
	"strings"
)

// repeat writes a quantified node.
func (r *renderer) repeat(n *repeat) {
	low, high := n.min, n.max
	if _, ok := n.body.(*look); ok && high == unlimited {
		high = low + 1 // as PCRE2: more of an assertion changes nothing
	}
	if n.mode == possessive {
		r.write("(?>")
		defer r.write(")")
	}
	if nullable(n.body) && high != unlimited && high > low {
		r.nested(n.body, low, high, n.mode)
		return
	}
	r.once(n.body)
	r.write(quantifierText(low, high, n.mode))
}

// once writes a node so that a quantifier may follow.
func (r *renderer) once(n node) {
	switch n := n.(type) {
	case literal, class:
		r.node(n)
		return
	case *group:
		r.node(n)
		return
	}
	r.write("(?:")
	r.node(n)
	r.write(")")
}

// nested writes X{2,4} as XX(?:X(?:X)?)?, which is how PCRE2 compiles it.
// Where X can match nothing this differs from a counted loop, which ends as
// soon as a round matches nothing.
func (r *renderer) nested(body node, low, high int, mode greed) {
	if high > 50 {
		r.problem = "many repeats of what may match nothing"
		return
	}
	for range low {
		r.once(body)
	}
	for range high - low {
		r.write("(?:")
		r.once(body)
	}
	end := ")?"
	if mode == lazy {
		end = ")??"
	}
	r.write(strings.Repeat(end, high-low))
}

func quantifierText(low, high int, mode greed) string {
	var text string
	switch {
	case low == 0 && high == unlimited:
		text = "*"
	case low == 1 && high == unlimited:
		text = "+"
	case low == 0 && high == 1:
		text = "?"
	case high == unlimited:
		text = "{" + strconv.Itoa(low) + ",}"
	default:
		text = "{" + strconv.Itoa(low) + "," + strconv.Itoa(high) + "}"
	}
	if mode == lazy {
		text += "?"
	}
	return text
}

// look writes a lookaround. Both engines agree on a lookahead.
func (r *renderer) look(n *look) {
	switch {
	case n.behind:
		r.lookbehind(n)
	case n.negative:
		r.write("(?!")
		r.node(n.body)
		r.write(")")
	default:
		r.write("(?=")
		r.node(n.body)
		r.write(")")
	}
}

// lookbehind writes one branch after another. The engine would match the body
// from right to left; PCRE2 goes back by the branch's length and matches from
// left to right. So only the going back is left to the engine's lookbehind:
// (?<=(?=ab)[\s\S]{2}).
func (r *renderer) lookbehind(n *look) {
	if len(n.lengths) != len(branches(n.body)) {
		r.problem = "a lookbehind that PCRE2 does not measure"
		return
	}
	if n.negative {
		r.write("(?!")
	} else {
		r.write("(?>")
	}
	for i, b := range branches(n.body) {
		if i > 0 {
			r.write("|")
		}
		r.write("(?<=(?=")
		r.node(b)
		r.write(")", anyByte, "{", strconv.Itoa(n.lengths[i]), "})")
	}
	r.write(")")
}

// condition writes (?(test)yes|no).
func (r *renderer) condition(n *condition) {
	if n.never {
		r.write("(?:", never)
		r.declare(n.body)
		r.write(")?")
		return
	}
	yes, no := branches(n.body)[0], node(sequence(nil))
	if len(branches(n.body)) > 1 {
		no = branches(n.body)[1]
	}
	switch {
	case n.test != nil:
		r.assertionCondition(n.test, yes, no)
	case r.called > 0 && r.isInside(n.number):
		r.problem = "a condition in a group that is called"
	default:
		r.write("(?(", strconv.Itoa(n.number), ")")
		r.once(yes)
		r.write("|")
		r.once(no)
		r.write(")")
	}
}

// declare writes the groups of a DEFINE where they never match: the engine
// must know all numbers.
func (r *renderer) declare(n node) {
	if g, ok := n.(*group); ok && g.number > 0 {
		r.write(emptyGroup(g.number))
	}
	if n == keepOut {
		r.write(emptyGroup(r.tree.groups + 1))
	}
	for _, sub := range children(n) {
		r.declare(sub)
	}
}

// assertionCondition writes the assertion before the one branch as it is and
// before the other one denied. PCRE2 keeps what the assertion captured, be it
// a positive or a negative one.
func (r *renderer) assertionCondition(test *look, yes, no node) {
	denied := *test
	denied.negative = !test.negative
	r.write("(?:")
	r.look(test)
	r.once(yes)
	r.write("|")
	r.look(&denied)
	r.once(no)
	r.write(")")
}
