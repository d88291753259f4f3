package pcre

import (
	"fmt"
	"strconv"
	"strings"
)

// maxRendered bounds the text given to the backtracking engine: repeats and
// calls multiply it.
const maxRendered = 200_000

// renderer writes a tree in the syntax of regexp2.
//
// Every byte of a pattern or subject is one rune there: itself below 0x80, one
// of the private use area above, so that no rune but an ASCII letter has a
// case or is part of a word. Every choice of syntax is explicit: no option of
// the engine is relied on but its way of backtracking.
type renderer struct {
	out     strings.Builder
	tree    *tree
	inside  map[*group]int // groups whose text is being written, for calls
	called  int            // depth of calls: groups in there capture nothing
	problem string
}

// renderBacktracking gives the text for regexp2.
func renderBacktracking(t *tree) (string, error) {
	r := &renderer{tree: t, inside: map[*group]int{}}
	r.node(t.root)
	if r.out.Len() > maxRendered {
		r.problem = "a pattern too large to expand"
	}
	if r.problem != "" {
		return "", unsupported(t.pattern, r.problem)
	}
	return r.out.String(), nil
}

// runeOf is the rune that stands for a byte.
func runeOf(b byte) rune {
	if b < 0x80 {
		return rune(b)
	}
	return 0xe000 + rune(b)
}

func (r *renderer) write(parts ...string) {
	if r.out.Len() > maxRendered {
		return
	}
	for _, s := range parts {
		r.out.WriteString(s)
	}
}

func (r *renderer) node(n node) {
	if r.out.Len() > maxRendered {
		return
	}
	switch n := n.(type) {
	case literal:
		r.literal(n)
	case class:
		r.class(n.set)
	case sequence:
		for _, item := range n {
			r.node(item)
		}
	case alternation:
		r.alternation(n)
	case *group:
		r.group(n)
	case *repeat:
		r.repeat(n)
	case *look:
		r.look(n)
	case *condition:
		r.condition(n)
	case *backref:
		r.backref(n)
	case *call:
		r.call(n)
	case position:
		r.position(n)
	}
}

func (r *renderer) alternation(all alternation) {
	for i, b := range all {
		if i > 0 {
			r.write("|")
		}
		r.node(b)
	}
}

func (r *renderer) literal(n literal) {
	if n.fold {
		r.write("[", runeText(n.b), runeText(otherCase(n.b)), "]")
		return
	}
	r.write(runeText(n.b))
}

// runeText is a byte as regexp2 reads it inside and outside a class.
func runeText(b byte) string {
	if isLetter(b) || isDigit(b) || b == '/' {
		return string(rune(b))
	}
	return fmt.Sprintf(`\u%04X`, runeOf(b))
}

const (
	anyByte = `[\s\S]`
	never   = `(?!)`
)

func (r *renderer) class(set byteSet) {
	switch set.len() {
	case 0:
		r.write(never)
		return
	case 256:
		r.write(anyByte)
		return
	}
	negated := set.len() > 128
	if negated {
		set = set.negate()
		r.write("[^")
	} else {
		r.write("[")
	}
	for _, run := range set.ranges() {
		r.classRange(run)
	}
	r.write("]")
}

// classRange writes a run of bytes; half of it may be private-use runes.
func (r *renderer) classRange(run byteRange) {
	switch {
	case run.lo == run.hi:
		r.write(runeText(run.lo))
	case run.lo < 0x80 && run.hi >= 0x80:
		r.write(runeText(run.lo), "-", runeText(0x7f), runeText(0x80), "-", runeText(run.hi))
	default:
		r.write(runeText(run.lo), "-", runeText(run.hi))
	}
}

func (r *renderer) position(n position) {
	r.write(map[position]string{
		atStart:     `\A`,
		atLineStart: `(?:\A|(?<=\n)(?!\z))`, // PCRE2: not behind a newline that ends the subject
		atEnd:       `(?=\n?\z)`,
		atLineEnd:   `(?=\n|\z)`,
		atVeryEnd:   `\z`,
		atWordEdge:  `\b`,
		offWordEdge: `\B`,
		nowhere:     never,
		keepOut:     emptyGroup(r.tree.groups + 1),
	}[n])
	if n == keepOut && r.called > 0 {
		r.problem = `\K in a group that is called`
	}
}

func (r *renderer) group(n *group) {
	r.inside[n]++
	switch {
	case n.atomic:
		r.write("(?>")
	case n.number > 0 && r.called == 0:
		r.write("(?<", strconv.Itoa(n.number), ">")
	default:
		r.write("(?:")
	}
	r.node(n.body)
	r.write(")")
	r.inside[n]--
}

func emptyGroup(number int) string { return "(?<" + strconv.Itoa(number) + ">)" }

func (r *renderer) backref(n *backref) {
	switch {
	case r.called > 0 && r.isInside(n.number):
		r.problem = "a reference in a group that is called"
	case n.fold:
		r.write(`(?i:\k<`, strconv.Itoa(n.number), `>)`)
	default:
		r.write(`\k<`, strconv.Itoa(n.number), `>`)
	}
}

// isInside says whether the group with that number, or part of it, is within
// the text of a call: what it captures there is not kept apart.
func (r *renderer) isInside(number int) bool {
	for g, n := range r.inside {
		if n > 0 && findGroup(g, number) != nil {
			return true
		}
	}
	return false
}

// call writes the group again without capturing: since PCRE2 10.30 a call
// gives up its alternatives like any group, and its captures end with it.
func (r *renderer) call(n *call) {
	target := findGroup(r.tree.root, n.number)
	if target == nil || r.inside[target] > 0 {
		r.problem = "recursion"
		return
	}
	r.called++
	r.inside[target]++
	r.write("(?:")
	r.node(target.body)
	r.write(")")
	r.inside[target]--
	r.called--
}
