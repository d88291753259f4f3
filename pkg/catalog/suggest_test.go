package catalog

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	for name, want := range map[string]string{
		"proxy_http_version:": "proxy_http_version",
		"porxy_pass":          "proxy_pass",
		"Proxy_Pass":          "proxy_pass",
		"proxy-set-header":    "proxy_set_header",
		"sevrer":              "server",
		"sever":               "server",
		"listn":               "listen",
		"fi":                  "if",
		"mpa":                 "map",
		"...":                 "",
		"":                    "",
		"x":                   "",
		"xyz":                 "",
		"foo":                 "",
		"htp":                 "http",
		"ip":                  "",
		"let":                 "",
		"proxy_pass":          "", // a directive
	} {
		got := Suggest(name, 1)
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestSuggestIn(t *testing.T) {
	if got := SuggestIn("servr", Upstream, 3); !slices.Equal(got, []string{"server"}) {
		t.Errorf("in upstream: %q", got)
	}
	if got := SuggestIn("proxy_pas", Server, 3); len(got) != 0 {
		t.Errorf("in server: %q", got)
	}
	if got := Suggest("proxy_ssl_crll", 0); got != nil {
		t.Errorf("none wanted: %q", got)
	}
}

func TestSuggestVariable(t *testing.T) {
	if got := SuggestVariable("remote_adr", 1); !slices.Equal(got, []string{"remote_addr"}) {
		t.Errorf("%q", got)
	}
	if got := SuggestVariable("http_anything", 1); got != nil {
		t.Errorf("a variable has suggestions: %q", got)
	}
}

// plainDistance is optimal string alignment as the textbook has it: the whole matrix, no limit.
func plainDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// mutate makes a few random edits.
func mutate(r *rand.Rand, name string) string {
	b := []byte(name)
	for range r.IntN(4) {
		i := r.IntN(len(b))
		switch r.IntN(4) {
		case 0:
			b = slices.Delete(b, i, min(i+1, len(b)))
		case 1:
			b = slices.Insert(b, i, byte('a'+r.IntN(26)))
		case 2:
			b[i] = byte('a' + r.IntN(26))
		case 3:
			j := min(i+1, len(b)-1)
			b[i], b[j] = b[j], b[i]
		}
		if len(b) == 0 {
			return "x"
		}
	}
	return string(b)
}

// TestSuggestAgainstEveryName: the bounds that skip most names lose none that the textbook's distance would give.
func TestSuggestAgainstEveryName(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		name := mutate(r, directives[r.IntN(len(directives))].Name)
		limit := newSuggester(name).limit
		var want []string
		for d := range All() {
			if plainDistance(name, d.Name) <= limit && Lookup(name) == nil {
				want = append(want, d.Name)
			}
			if got := Distance(name, d.Name, 2); got != min(plainDistance(name, d.Name), 3) {
				t.Fatalf("%q to %q: distance %d, want %d", name, d.Name, got, plainDistance(name, d.Name))
			}
		}
		if len(name) <= 3 {
			continue // more is asked of short names
		}
		got := Suggest(name, len(directives))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", name, got, want)
		}
	}
}

func BenchmarkSuggest(b *testing.B) {
	for b.Loop() {
		_ = Suggest("proxy_http_version:", 3)
	}
}
