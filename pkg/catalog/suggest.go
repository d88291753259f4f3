package catalog

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog/internal/hash"
)

// Suggest gives up to n directive names that name may be a misspelling of, best first: Damerau-Levenshtein distance
// (adjacent swaps count one) of at most 2, of at most 1 for names of up to 4 letters; names of up to 3 letters must have
// the same letters (`fi`, `htp`), since any three letters are near some directive. Case and dashes for underscores count
// as one mistake in all. The order is by distance, then by name. A name that is a directive
// has no suggestions.
func Suggest(name string, n int) []string { return SuggestIn(name, 0, n) }

// SuggestIn is Suggest among the directives that may stand in ctx (any context of the set; 0: among all).
func SuggestIn(name string, ctx Context, n int) []string {
	if Lookup(name) != nil {
		return nil
	}
	s := newSuggester(name)
	for i := range directives {
		if ctx == 0 || directives[i].Contexts()&ctx != 0 {
			s.consider(directives[i].Name, directiveLetters[i])
		}
	}
	return s.best(n)
}

// SuggestVariable gives up to n variables (without the dollar sign, families left out) that name may be a misspelling
// of, by the rules of Suggest.
func SuggestVariable(name string, n int) []string {
	if LookupVariable(name) != nil {
		return nil
	}
	s := newSuggester(name)
	for i := range variables {
		if !variables[i].Family {
			s.consider(variables[i].Name, variableLetters[i])
		}
	}
	return s.best(n)
}

// Distance gives the Damerau-Levenshtein distance of two names (optimal string alignment, in bytes), or limit+1 if it
// is larger than limit.
func Distance(a, b string, limit int) int {
	s := suggester{name: a, limit: limit}
	return s.distance(b)
}

type suggester struct {
	name, folded string
	letters      uint32
	limit        int // the largest distance
	strange      int // how many letters may be in one of the two names only
	found        []candidate
	rows         [3][]int
}

type candidate struct {
	name     string
	distance int
}

func newSuggester(name string) *suggester {
	s := &suggester{name: name, folded: fold(name), letters: hash.Letters(name), limit: 2, strange: 2}
	switch {
	case len(name) < 2:
		s.limit = 0
	case len(name) <= 3:
		s.limit, s.strange = 1, 0
	case len(name) == 4:
		s.limit, s.strange = 1, 1
	}
	return s
}

func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }

func (s *suggester) consider(known string, set uint32) {
	if s.limit == 0 {
		return
	}
	d := s.limit + 1
	if known == s.folded {
		d = 1
	} else if s.near(known, set) {
		d = s.distance(known)
	}
	if d <= s.limit {
		s.found = append(s.found, candidate{known, d})
	}
}

// near is a cheap bound: an edit changes the length by at most one and the set of letters by at most one each way.
func (s *suggester) near(known string, set uint32) bool {
	return len(known) <= len(s.name)+s.limit && len(s.name) <= len(known)+s.limit &&
		bits.OnesCount32(set&^s.letters) <= s.strange && bits.OnesCount32(s.letters&^set) <= s.strange
}

func (s *suggester) best(n int) []string {
	slices.SortFunc(s.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range s.found[:min(max(n, 0), len(s.found))] {
		out = append(out, c.name)
	}
	return out
}

// distance fills the usual matrix three rows at a time and gives up when a whole row is over the limit.
func (s *suggester) distance(b string) int {
	over := s.limit + 1
	if len(s.name)-len(b) > s.limit || len(b)-len(s.name) > s.limit {
		return over
	}
	before, last, row := s.row(0, len(b)), s.row(1, len(b)), s.row(2, len(b))
	for j := range last {
		last[j] = j
	}
	for i := range len(s.name) {
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			row[j+1] = s.cell(i, j, b, before, last, row)
			least = min(least, row[j+1])
		}
		if least > s.limit {
			return over
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], over)
}

func (s *suggester) row(i, n int) []int {
	if cap(s.rows[i]) <= n {
		s.rows[i] = make([]int, n+1, 2*n+16)
	}
	return s.rows[i][:n+1]
}

func (s *suggester) cell(i, j int, b string, before, last, row []int) int {
	a := s.name
	if a[i] == b[j] {
		return last[j]
	}
	d := 1 + min(last[j], last[j+1], row[j])
	if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
		d = min(d, before[j-1]+1)
	}
	return d
}
