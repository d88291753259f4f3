package pcre

import (
	"fmt"

	"github.com/dlclark/regexp2"
)

// Match is where a pattern matched and what its groups captured.
type Match struct {
	// NumGroups is the highest group number of the pattern.
	NumGroups int

	regexp  *Regexp
	subject string
	spans   [][2]int // half-open, in bytes; {-1, -1} where not set
}

// Match looks for the pattern in the subject, from its start. It gives nil,
// nil where there is no match, [ErrTimeout] where the time limit was hit, and
// an error that wraps [ErrUnsupported] where the engine failed.
//
// nginx: ngx_regex_exec (pcre2_match with no options).
func (r *Regexp) Match(subject string) (*Match, error) {
	if r.linearFits(subject) {
		return r.fromLinear(subject, r.linear.FindStringSubmatchIndex(subject)), nil
	}
	engine, err := r.backtracking()
	if err != nil {
		return nil, err
	}
	found, err := engine.FindRunesMatch(runesOf(subject))
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrTimeout, r.pattern)
	}
	if found == nil {
		return nil, nil
	}
	return r.fromBacktracking(subject, found), nil
}

// runesOf makes one rune of each byte, so that offsets in the two are the same.
func runesOf(subject string) []rune {
	runes := make([]rune, len(subject))
	for i := range runes {
		runes[i] = runeOf(subject[i])
	}
	return runes
}

func (r *Regexp) newMatch(subject string) *Match {
	return &Match{NumGroups: r.tree.groups, regexp: r, subject: subject, spans: make([][2]int, r.tree.groups+1)}
}

func (r *Regexp) fromLinear(subject string, index []int) *Match {
	if index == nil {
		return nil
	}
	m := r.newMatch(subject)
	for i := range m.spans {
		m.spans[i] = [2]int{index[2*i], index[2*i+1]}
	}
	return m
}

func (r *Regexp) fromBacktracking(subject string, found *regexp2.Match) *Match {
	m := r.newMatch(subject)
	for i := range m.spans {
		m.spans[i] = spanOf(found, i)
	}
	if kept := spanOf(found, r.tree.groups+1); r.tree.keeps && kept[0] >= 0 {
		m.spans[0][0] = kept[0]
	}
	return m
}

func spanOf(found *regexp2.Match, number int) [2]int {
	g := found.GroupByNumber(number)
	if g == nil || len(g.Captures) == 0 {
		return [2]int{-1, -1}
	}
	return [2]int{g.Index, g.Index + g.Length}
}

// Group is what a group captured, "" and false where it captured nothing or
// does not exist. Group 0 is the whole match.
func (m *Match) Group(n int) (string, bool) {
	start, end, ok := m.Offsets(n)
	if !ok {
		return "", false
	}
	return m.subject[start:end], true
}

// Offsets are where a group's capture starts and ends in the subject, in bytes,
// half-open; false where it captured nothing or does not exist.
func (m *Match) Offsets(n int) (start, end int, ok bool) {
	if n < 0 || n >= len(m.spans) || m.spans[n][0] < 0 {
		return 0, 0, false
	}
	return m.spans[n][0], m.spans[n][1], true
}

// Named is [Match.Group] for the group of that name.
func (m *Match) Named(name string) (string, bool) {
	return m.Group(m.regexp.GroupIndex(name))
}
