package pcre

// tree is a parsed pattern. Options such as (?i) are already part of its nodes.
type tree struct {
	pattern string
	root    node
	groups  int // the highest group number
	names   []namedGroup
	keeps   bool // the pattern has \K
}

type namedGroup struct {
	name   string
	number int
}

// node is one of the types below.
type node interface{}

type (
	// literal is one byte; fold matches the other case of a letter too.
	literal struct {
		b    byte
		fold bool
	}
	// class is any one byte of a set.
	class struct{ set byteSet }
	// sequence is one thing after another; the empty one matches nothing at all.
	sequence []node
	// alternation is the first of its branches that lets the rest match.
	alternation []node
	// group captures where number > 0 and gives up its alternatives where atomic.
	group struct {
		number int
		atomic bool
		body   node
	}
	// repeat is a quantified node; max is unlimited where the quantifier has none.
	repeat struct {
		body     node
		min, max int
		mode     greed
	}
	// look is a lookahead or a lookbehind, always atomic.
	look struct {
		behind, negative bool
		body             node
		lengths          []int // of a lookbehind: in bytes, one a branch
		offset           int
	}
	// condition is (?(test)yes|no).
	condition struct {
		test      *look // an assertion, or:
		name      string
		number    int    // the group that must be set
		never     bool   // (?(DEFINE)...)
		recursion bool   // (?(R1)...), unless a group is called so
		depth     string // the digits behind that R
		body      node
		offset    int // of a reference to a group
		start     int // where "too many branches" is reported
	}
	// backref is what the group captured last.
	backref struct {
		name   string
		number int
		fold   bool
		offset int
	}
	// call is a subroutine call, (?1) or (?&name).
	call struct {
		name   string
		number int
		offset int
	}
	// position is an assertion without a body.
	position uint8
)

// unlimited is the maximum of a quantifier without one.
const unlimited = -1

type greed uint8

const (
	greedy greed = iota
	lazy
	possessive
)

const (
	atStart     position = iota // \A, \G, and ^ without (?m)
	atLineStart                 // ^ with (?m)
	atEnd                       // $ without (?m), \Z: the end or before a last newline
	atLineEnd                   // $ with (?m)
	atVeryEnd                   // \z
	atWordEdge                  // \b
	offWordEdge                 // \B
	nowhere                     // (*FAIL)
	keepOut                     // \K
	keepInLook                  // \K in a lookaround, which PCRE2 refuses
)

// children are the nodes directly below n, in pattern order.
func children(n node) []node {
	switch n := n.(type) {
	case sequence:
		return n
	case alternation:
		return n
	case *group:
		return []node{n.body}
	case *repeat:
		return []node{n.body}
	case *look:
		return []node{n.body}
	case *condition:
		if n.test != nil {
			return []node{n.test, n.body}
		}
		return []node{n.body}
	}
	return nil
}

// branches are the alternatives of a group's body.
func branches(n node) []node {
	if a, ok := n.(alternation); ok {
		return a
	}
	return []node{n}
}

// nullable says whether n may match without taking a byte. It errs to true.
func nullable(n node) bool {
	switch n := n.(type) {
	case literal, class:
		return false
	case sequence:
		for _, sub := range n {
			if !nullable(sub) {
				return false
			}
		}
		return true
	case alternation:
		for _, sub := range n {
			if nullable(sub) {
				return true
			}
		}
		return false
	case *group:
		return nullable(n.body)
	case *repeat:
		return n.min == 0 || nullable(n.body)
	}
	return true
}
