package difftest

import (
	"maps"
	"strings"
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

// A case whose files were changed after they were written runs as changed.
func TestWithFiles(t *testing.T) {
	s := Servers(t)[0]
	g := NewGenerator(live.Seed)
	for range 8 {
		p := g.Plant()
		files := p.Files(Canonical)
		same := p.WithFiles(maps.Clone(files))
		for name, text := range files {
			files[name] = strings.ReplaceAll(text, "proxy_http_version 1.1", "proxy_http_version 1.0")
		}
		results, err := Run(s, []*Case{p.Case, same, p.WithFiles(files)})
		if err != nil {
			t.Fatal(err)
		}
		if text := Compare(results[0], results[1]); text != "" {
			t.Errorf("%s: %s", p.ID, text)
		}
		if !p.Works(results[0]) || p.Works(results[2]) {
			t.Errorf("%s: works %v, and with HTTP/1.0 %v\n%s", p.ID, p.Works(results[0]), p.Works(results[2]), p)
		}
	}
}
