package difftest

import (
	"testing"
)

// A planted case without a fault works on every server, and each fault alone breaks each server that it does not spare.
func TestPlanted(t *testing.T) {
	g := NewGenerator(live.Seed)
	var planted []Planted
	for range max(live.N/10, 40) {
		planted = append(planted, g.Plant())
	}
	for _, f := range Faults() {
		planted = append(planted, g.Plant(f), g.Plant(f))
	}
	planted = append(planted, g.Planted(live.N/4)...)
	var cases []*Case
	for _, p := range planted {
		cases = append(cases, p.Case)
	}
	for _, s := range Servers(t) {
		t.Run(s.Version, func(t *testing.T) {
			results, err := Run(s, cases)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range planted {
				if works := p.Works(results[i]); works == p.Breaks(s.Version) {
					t.Errorf("%s: works %v with %s\n%s\n%+v", p.ID, works, names(p.Faults), p, results[i])
				}
			}
		})
	}
}

func names(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Name)
	}
	return out
}
