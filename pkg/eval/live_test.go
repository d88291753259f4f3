package eval

import (
	"testing"

	"github.com/ngxproof/ngxproof/pkg/difftest"
)

// live are the flags of the differential test: -seed and -n, after -args.
var live = difftest.Flags(3000)

// TestLive compares generated cases with every real server at hand.
func TestLive(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	servers := difftest.Servers(t)
	g := difftest.NewGenerator(live.Seed)
	cases := g.Cases(live.N)
	t.Logf("seed %d, %d cases\n%s", g.Seed(), len(cases), g.Coverage.Report())
	if covered, all := g.Coverage.Pairs(); live.N >= 3000 && covered*100 < all*95 {
		t.Errorf("%d of %d pairs are covered", covered, all)
	}
	for _, s := range servers {
		t.Run(s.Version, func(t *testing.T) { liveWith(t, s, cases) })
	}
}

// shown is how many differences are shrunk and shown.
const shown = 3

// liveWith compares all cases with one server.
func liveWith(t *testing.T, s difftest.Server, cases []*difftest.Case) {
	results, err := difftest.Run(s, cases)
	if err != nil {
		t.Fatal(err)
	}
	v := versionOf(t, s)
	compared, differing := 0, 0
	for i, c := range cases {
		differ, n := scenarioOf(c).compare(results[i], v)
		compared += n
		if len(differ) == 0 {
			continue
		}
		if differing++; differing <= shown {
			showDifference(t, s, c, differ)
		}
	}
	t.Logf("%d pairs compared, %d cases differ", compared, differing)
	if differing > 0 {
		t.Fail()
	}
	if live.N >= 3000 && compared < 3000 {
		t.Errorf("only %d pairs were compared", compared)
	}
}

// showDifference tells a difference and its minimal reproducer.
func showDifference(t *testing.T, s difftest.Server, c *difftest.Case, differ []string) {
	t.Helper()
	v := versionOf(t, s)
	var last []string
	small := difftest.Shrink(c, func(c *difftest.Case) bool {
		results, err := difftest.Run(s, []*difftest.Case{c})
		if err != nil {
			return false
		}
		found, _ := scenarioOf(c).compare(results[0], v)
		if len(found) > 0 {
			last = found
		}
		return len(found) > 0
	})
	if last == nil {
		t.Errorf("%s: seen once, and not again: %v\n%s", c.ID, c.Pick, differ[0])
		return
	}
	t.Errorf("%s: %v\n%s\n%s", c.ID, c.Pick, last[0], small)
}
