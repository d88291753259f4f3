package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// verdicts are the flags -seed and -n, after -args: n is the number of configurations.
var verdicts = difftest.Flags(120)

// TestVerdicts plants faults into working configurations: for each real server, its version aimed at, there is no error
// of category websocket or correctness if and only if the handshakes of Chrome, Firefox and MixedCase each get a valid
// 101 from a strict backend.
func TestVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	servers := difftest.Servers(t)
	planted := difftest.NewGenerator(verdicts.Seed).Planted(verdicts.N)
	cases := make([]*difftest.Case, len(planted))
	for i, p := range planted {
		cases[i] = p.Case
	}
	for _, s := range servers {
		t.Run(s.Version, func(t *testing.T) {
			results, err := difftest.Run(s, cases)
			if err != nil {
				t.Fatal(err)
			}
			works, fails, named, differing := 0, 0, 0, 0
			for i, p := range planted {
				works, fails = works+btoi(p.Works(results[i])), fails+btoi(!p.Works(results[i]))
				found := verdictOn(t, p.Case, s)
				named += btoi(names(found, p))
				if (len(found) == 0) == p.Works(results[i]) {
					if len(p.Faults) == 1 && !p.Works(results[i]) && !names(found, p) {
						t.Errorf("%s: fault %v alone, and we say %q", p.ID, faultNames(p), texts(found))
					}
					continue
				}
				if differing++; differing <= shownVerdicts {
					showVerdict(t, s, p, results[i], found)
				} else {
					t.Errorf("%s: works %v, faults %v, we say %q", p.ID, p.Works(results[i]), faultNames(p), texts(found))
				}
			}
			t.Logf("seed %d: %d configurations work, %d fail, %d verdicts differ; of those that fail, %d have an error of the rule that a fault names",
				verdicts.Seed, works, fails, differing, named)
			if works < verdicts.N/8 || fails < verdicts.N/8 {
				t.Error("hardly any of one kind")
			}
		})
	}
}

// shownVerdicts is how many differences are shrunk and shown.
const shownVerdicts = 3

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// verdictOn returns the errors of category websocket or correctness that a server's version makes of a case.
func verdictOn(t *testing.T, c *difftest.Case, s difftest.Server) []diag.Diagnostic {
	t.Helper()
	found, err := errorsFor(c, s)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.ID, err, c)
	}
	return found
}

func errorsFor(c *difftest.Case, s difftest.Server) ([]diag.Diagnostic, error) {
	v, err := catalog.ParseVersion(s.Version)
	if err != nil {
		return nil, err
	}
	cfg, err := config.NewLoader(source.Memory(c.Files(difftest.Canonical))).Load("nginx.conf", config.Options{})
	if err != nil {
		return nil, err
	}
	sel, err := rules.All().Select(lint.Choice{})
	if err != nil {
		return nil, err
	}
	found, err := lint.New(sel, lint.Options{Target: lint.OneVersion(v)}).Run(cfg)
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool {
		return d.Level != diag.Error || d.Category != "websocket" && d.Category != "correctness"
	}), err
}

// showVerdict tells a difference and its minimal reproducer.
func showVerdict(t *testing.T, s difftest.Server, p difftest.Planted, whole difftest.Result, found []diag.Diagnostic) {
	t.Helper()
	last := found
	small := difftest.Shrink(p.Case, func(c *difftest.Case) bool {
		if !sameRequests(c, p.Case) || !strings.Contains(c.String(), "ngxproof:websocket") {
			return false
		}
		results, err := difftest.Run(s, []*difftest.Case{c})
		if err != nil {
			return false
		}
		now, err := errorsFor(c, s)
		if err != nil || reached(results[0]) != reached(whole) || (len(now) == 0) == (difftest.Planted{Case: c}).Works(results[0]) {
			return false
		}
		last = now
		return true
	})
	t.Errorf("%s: faults %v; we say %q\n%s", p.ID, faultNames(p), texts(last), small)
}

// sameRequests says whether a shrunk case has the requests of the whole one: without them a failure means another thing.
func sameRequests(c, whole *difftest.Case) bool {
	return slices.EqualFunc(c.Requests, whole.Requests, func(a, b difftest.Request) bool { return a.Raw == b.Raw })
}

// reached is how far the handshakes of a case came: 1 refused, 2 loaded, and one more for each that a backend saw.
func reached(r difftest.Result) int {
	if !r.Accepted {
		return 1
	}
	n := 2
	for i := range min(difftest.Handshakes, len(r.Observations)) {
		n += btoi(len(r.Observations[i].Upstream) > 0)
	}
	return n
}

// names says whether one of the errors is of a rule that is to find one of the faults.
func names(found []diag.Diagnostic, p difftest.Planted) bool {
	return slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
		return slices.ContainsFunc(p.Faults, func(f difftest.Fault) bool { return f.Rule == d.Code })
	})
}

func faultNames(p difftest.Planted) []string {
	var out []string
	for _, f := range p.Faults {
		out = append(out, f.Rule+" "+f.Name)
	}
	return out
}

func texts(found []diag.Diagnostic) []string {
	var out []string
	for _, d := range found {
		out = append(out, d.Code+" "+d.Message)
	}
	return out
}
