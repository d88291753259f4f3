// Package pcre answers one question: does this PCRE pattern match these bytes,
// and what does each group capture?
//
// It compiles a pattern the way nginx hands it to PCRE2 (8-bit, no UTF, C
// locale, no option but caseless), refuses what PCRE2 refuses with PCRE2's
// message and offset, and never guesses: what PCRE2 accepts and this package
// cannot do is [ErrUnsupported].
package pcre

import (
	"fmt"
	"regexp"
	"sync"

	"github.com/dlclark/regexp2"
)

// Options are the compile-time options that nginx gives PCRE2.
//
// nginx: src/core/ngx_regex.c, ngx_regex_compile.
type Options struct {
	// CaseInsensitive is PCRE2_CASELESS, which nginx sets for "~*". Only the
	// ASCII letters have another case: nginx uses PCRE2's built-in C tables.
	CaseInsensitive bool
}

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern string
	tree    *tree
	linear  *regexp.Regexp // nil where RE2 might differ from PCRE2
	cost    cost           // of the pattern, which limits linear

	backtracking func() (*regexp2.Regexp, error)
}

// Compile parses a pattern and prepares it for matching. The error is an
// [*Error] where PCRE2 refuses the pattern, and wraps [ErrUnsupported] where
// PCRE2, or one of its versions, accepts what this package cannot do.
func Compile(pattern string, opts Options) (*Regexp, error) {
	t, err := parse(pattern, opts)
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern, tree: t}
	if r.linear, r.cost = compileLinear(t); r.linear != nil {
		r.backtracking = sync.OnceValues(func() (*regexp2.Regexp, error) { return compileBacktracking(t) })
		return r, nil
	}
	engine, err := compileBacktracking(t)
	if err != nil {
		return nil, err
	}
	r.backtracking = func() (*regexp2.Regexp, error) { return engine, nil }
	return r, nil
}

// compileBacktracking builds the engine that can do all of the syntax.
func compileBacktracking(t *tree) (*regexp2.Regexp, error) {
	text, err := renderBacktracking(t)
	if err != nil {
		return nil, err
	}
	engine, err := regexp2.Compile(text, regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrUnsupported, t.pattern, err)
	}
	engine.MatchTimeout = TimeLimit
	return engine, nil
}

// String is the pattern as it was given to [Compile].
func (r *Regexp) String() string { return r.pattern }

// NumGroups is the highest group number of the pattern, 0 where it has no
// capturing group.
func (r *Regexp) NumGroups() int { return r.tree.groups }

// Names are the names of the named groups, in the order of the pattern; a
// name used twice for one number stands once.
func (r *Regexp) Names() []string {
	names := make([]string, len(r.tree.names))
	for i, n := range r.tree.names {
		names[i] = n.name
	}
	return names
}

// GroupIndex is the number of the group with that name, -1 where there is none.
func (r *Regexp) GroupIndex(name string) int {
	for _, n := range r.tree.names {
		if n.name == name {
			return n.number
		}
	}
	return -1
}
