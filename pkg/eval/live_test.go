package eval

import (
	"testing"

	"github.com/ngxproof/ngxproof/pkg/internal/difftest"
)

// live are the flags of the differential test: -seed and -n.
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

// liveWith compares all cases with one server.
func liveWith(t *testing.T, s difftest.Server, cases []*difftest.Case) {
	results, err := difftest.Run(s, cases)
	if err != nil {
		t.Fatal(err)
	}
	v := versionOf(t, s)
	compared, shown := 0, 0
	for i, c := range cases {
		differ, n := compare(c, results[i], v)
		compared += n
		for _, d := range differ {
			if shown++; shown > 400 {
				continue
			}
			t.Errorf("%s: %v\n%s", c.ID, c.Pick, d)
		}
	}
	t.Logf("%d pairs compared, %d differ", compared, shown)
}
