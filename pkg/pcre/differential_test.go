package pcre

import (
	"errors"
	"flag"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

var (
	pairs = flag.Int("pairs", 20_000, "random pattern and subject pairs to compare with pcre2test")
	seed  = flag.Uint64("seed", 1, "seed of the random patterns")
)

// tally counts what the comparison met.
type tally struct {
	sameVersion                                                                     bool // of PCRE2 as the one whose messages and offsets are kept
	patterns, refused, unsupported, differentRefusal, wrongRefusal, wrongAcceptance int
	compared, linear, matched, timeouts, wrong                                      int
}

// TestDifferential compares with the real library: refusals with message and
// offset, and every group of every match.
func TestDifferential(t *testing.T) {
	const subjects = 6
	g := newGenerator(*seed)
	questions := make([]question, *pairs/subjects)
	for i := range questions {
		questions[i] = g.question(subjects)
	}
	sum := tally{sameVersion: strings.HasPrefix(pcreVersion(t), "PCRE2 version 10.42")}
	for i, a := range pcre2test(t, questions) {
		compare(t, &sum, questions[i], a)
	}
	t.Logf("%+v", sum)
	if sum.compared < *pairs/4 || sum.matched < *pairs/20 {
		t.Errorf("too little was compared")
	}
}

func compare(t *testing.T, sum *tally, q question, a answer) {
	t.Helper()
	sum.patterns++
	r, err := Compile(q.pattern, Options{CaseInsensitive: q.fold})
	var refusal *Error
	switch {
	case errors.Is(err, ErrUnsupported):
		sum.unsupported++
		return
	case errors.As(err, &refusal) && a.refused:
		sum.refused++
		if !sum.sameVersion || a.message == codeUnknownProperty.message() {
			return // which names there are depends on the library's version: the next mistake is ours
		}
		if refusal.Offset != a.offset || refusal.Message != a.message {
			sum.differentRefusal++
			t.Errorf("%q is refused at %d: %s; PCRE2: at %d: %s", q.pattern, refusal.Offset, refusal.Message, a.offset, a.message)
		}
		return
	case err != nil:
		sum.wrongRefusal++
		t.Errorf("%q is refused: %v; PCRE2 takes it", q.pattern, err)
		return
	case a.refused:
		sum.wrongAcceptance++
		t.Errorf("%q is taken; PCRE2 refuses at %d: %s", q.pattern, a.offset, a.message)
		return
	}
	for i, subject := range q.subjects {
		compareMatch(t, sum, r, q, subject, a.results[i])
	}
}

func compareMatch(t *testing.T, sum *tally, r *Regexp, q question, subject string, want result) {
	t.Helper()
	m, err := r.Match(subject)
	if errors.Is(err, ErrTimeout) || want.failed {
		sum.timeouts++
		t.Logf("%q on %q: %v; PCRE2 failed: %v", q.pattern, subject, err, want.failed)
		return
	}
	sum.compared++
	if r.linearFits(subject) {
		sum.linear++
	}
	got := result{}
	if m != nil {
		sum.matched++
		got.spans = m.spans
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		sum.wrong++
		t.Errorf("%q fold=%v on %q: %v %v; PCRE2: %v (%s)", q.pattern, q.fold, subject, got.spans, err, want.spans, engineOf(r, subject))
	}
}

func engineOf(r *Regexp, subject string) string {
	if r.linearFits(subject) {
		return fmt.Sprint("linear ", r.linear)
	}
	engine, _ := r.backtracking()
	return fmt.Sprint("backtracking ", engine)
}
