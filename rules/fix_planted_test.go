package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// plantedFixes is how many random configurations TestFixPlanted mends.
const plantedFixes = 2000

// TestFixPlanted plants faults into random configurations, with includes and CRLF among their layouts, and applies the
// safe fixes. No fix is rolled back, a second run changes nothing, every error with a safe fix is gone, and on each real
// server: where no finding of level warning or above is left, the handshakes of all clients get a valid 101, and no
// request that worked before behaves otherwise. The servers get twice as many configurations as the flag -n says: all
// of them with `-args -n 1000`.
func TestFixPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	planted := difftest.NewGenerator(verdicts.Seed).Planted(plantedFixes)
	mended := make([]mendedCase, len(planted))
	counts := map[string]int{}
	for i, p := range planted {
		mended[i] = mendPlanted(t, p, counts)
	}
	t.Logf("seed %d: %v", verdicts.Seed, counts)
	n := min(plantedFixes, 2*verdicts.N)
	for _, s := range difftest.Servers(t) {
		t.Run(s.Version, func(t *testing.T) { fixedOnServer(t, s, mended[:n]) })
	}
}

// mendedCase is a planted case before and after its fixes.
type mendedCase struct {
	difftest.Planted
	after  *difftest.Case // nil where nothing was fixed
	clean  bool           // no finding of level warning or above is left
	result *fix.Result
}

func mendPlanted(t *testing.T, p difftest.Planted, counts map[string]int) mendedCase {
	t.Helper()
	files := source.Memory(p.Files(difftest.Canonical))
	m := mendedCase{Planted: p, clean: true, result: fixJob(t, files, "nginx.conf", false)}
	for _, failure := range m.result.Failures {
		t.Errorf("%s: faults %v: %v", p.ID, faultNames(p), failure)
	}
	for _, d := range m.result.Left {
		if d.Level == diag.Error && d.Fix != nil && d.Fix.Safety == diag.Safe {
			t.Errorf("%s: %s is left, faults %v", p.ID, d.Rule, faultNames(p))
		}
		m.clean = m.clean && d.Level < diag.Warning
	}
	counts["configurations"]++
	counts["without a finding left"] += btoi(m.clean)
	counts["fixes"] += len(m.result.Applied)
	if len(m.result.Changed) == 0 {
		return m
	}
	counts["changed"]++
	after := maps.Clone(files)
	for _, c := range m.result.Changed {
		after[c.Before.Path] = c.After
	}
	m.after = p.WithFiles(after).Shared()
	if again := fixJob(t, after, "nginx.conf", false); len(again.Changed) > 0 {
		t.Errorf("%s: a second run changes it again: %s", p.ID, applied(again))
	}
	return m
}

// fixedOnServer runs the cases before and after their fixes.
func fixedOnServer(t *testing.T, s difftest.Server, mended []mendedCase) {
	var before, after []*difftest.Case
	for _, m := range mended {
		before = append(before, m.Case)
		if m.after != nil {
			after = append(after, m.after)
		}
	}
	was, err := difftest.Run(s, before)
	if err != nil {
		t.Fatal(err)
	}
	is, err := difftest.Run(s, after)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	next := 0
	for i, m := range mended {
		now := was[i]
		if m.after != nil {
			now = is[next]
			next++
		}
		counts["worked before"] += btoi(m.Works(was[i]))
		counts["work after"] += btoi(m.Works(now))
		counts["clean"] += btoi(m.clean)
		tls := slices.ContainsFunc(m.Faults, func(f difftest.Fault) bool { return f.Name == "wss scheme" }) // the backend has none
		if m.clean && !tls && !m.Works(now) {
			t.Errorf("%s: no finding is left and it does not work: faults %v, fixes %s\n%s\n%+v", m.ID, faultNames(m.Planted), applied(m.result), m.shown(), now)
		}
		for j := range was[i].Observations {
			if reason := otherwise(was[i].Observations[j], now, j); reason != "" {
				t.Errorf("%s: request %d: %s: faults %v, fixes %s\n%s", m.ID, j, reason, faultNames(m.Planted), applied(m.result), m.shown())
			}
		}
	}
	t.Logf("%v", counts)
}

func (m mendedCase) shown() string {
	if m.after == nil {
		return m.String()
	}
	return m.Case.String() + "\nafter:\n" + m.after.String()
}

// otherwise says how request j, which worked, behaves otherwise after the fixes.
func otherwise(was difftest.Observation, now difftest.Result, j int) string {
	switch {
	case was.Code() >= 400 || was.Code() == 0:
		return ""
	case !now.Accepted:
		return "nginx refuses it: " + now.Message
	}
	is := now.Observations[j]
	switch {
	case j < difftest.Handshakes:
		if was.Tunnel && !is.Tunnel {
			return "its tunnel is gone"
		}
		return ""
	case was.Status != is.Status, was.Body != is.Body:
		return "it got " + was.Status + " and gets " + is.Status
	case !slices.Equal(plainLines(was), plainLines(is)):
		return "the backend got\n" + strings.Join(plainLines(was), "\n") + "\nand gets\n" + strings.Join(plainLines(is), "\n")
	}
	return ""
}

// plainLines returns what reached backends, without what safe fixes may change for a plain request: the version of the
// request line, Upgrade and Connection.
func plainLines(o difftest.Observation) []string {
	var lines []string
	for _, x := range o.Upstream {
		lines = append(lines, x.Backend)
		for i, line := range strings.Split(string(x.Head), "\r\n") {
			name, _, _ := strings.Cut(line, ":")
			switch {
			case i == 0:
				line = line[:strings.LastIndexByte(line, ' ')]
			case strings.EqualFold(name, "Upgrade"), strings.EqualFold(name, "Connection"):
				continue
			}
			lines = append(lines, line)
		}
	}
	return lines
}
