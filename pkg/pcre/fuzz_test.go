package pcre

import (
	"errors"
	"testing"
	"time"
)

// FuzzMatch: no pattern and no subject makes the package panic, hang, or
// report places that are not in the subject; both engines agree.
func FuzzMatch(f *testing.F) {
	f.Add(`^/api/(?<v>v\d+)/(.*)$`, "/api/v1/x", false)
	f.Add(`(?<=a|bc)(?>d|e)*+\R(?(1)x)`, "bcd\r\n", true)
	f.Add(`[[:alpha:]\x80-\xff-z]{2,3}?`, "\xe9\xe9", false)
	f.Fuzz(func(t *testing.T, pattern, subject string, fold bool) {
		if len(pattern) > 500 || len(subject) > 500 {
			return
		}
		start := time.Now()
		r, err := Compile(pattern, Options{CaseInsensitive: fold})
		if err != nil {
			checkRefusal(t, pattern, err)
			return
		}
		m, err := r.Match(subject)
		if taken := time.Since(start); taken > 10*TimeLimit {
			t.Fatalf("%q on %q took %v", pattern, subject, taken)
		}
		if err != nil && !errors.Is(err, ErrTimeout) {
			t.Fatalf("%q on %q: %v", pattern, subject, err)
		}
		checkPlaces(t, m, subject)
		if err == nil && r.linearFits(subject) {
			checkEngines(t, r, subject, m)
		}
	})
}

func checkRefusal(t *testing.T, pattern string, err error) {
	t.Helper()
	var refusal *Error
	switch {
	case errors.Is(err, ErrUnsupported):
	case !errors.As(err, &refusal):
		t.Fatalf("%q: %v", pattern, err)
	case refusal.Offset < 0 || refusal.Offset > len(pattern) || refusal.Message == "" || refusal.Error() == "":
		t.Fatalf("%q: %+v", pattern, refusal)
	}
}

func checkPlaces(t *testing.T, m *Match, subject string) {
	t.Helper()
	if m == nil {
		return
	}
	for i := range m.NumGroups + 1 {
		if start, end, ok := m.Offsets(i); ok && (start < 0 || start > end || end > len(subject)) {
			t.Fatalf("group %d is at %d to %d of %q", i, start, end, subject)
		}
	}
}

func checkEngines(t *testing.T, r *Regexp, subject string, m *Match) {
	t.Helper()
	engine, err := r.backtracking()
	if err != nil {
		return // too large to be written out for it
	}
	found, err := engine.FindRunesMatch(runesOf(subject))
	if err != nil {
		return
	}
	if (found == nil) != (m == nil) {
		t.Fatalf("%q on %q: linear %v, backtracking %v", r, subject, m, found)
	}
	for i := range r.NumGroups() + 1 {
		if m != nil && spanOf(found, i) != m.spans[i] {
			t.Fatalf("%q on %q: linear %v, backtracking %v for group %d", r, subject, m.spans, spanOf(found, i), i)
		}
	}
}
