package catalog

import (
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog/internal/hash"
)

func TestLookupFindsEveryDirective(t *testing.T) {
	last := ""
	for d := range All() {
		if d.Name <= last {
			t.Errorf("%s after %s", d.Name, last)
		}
		last = d.Name
		if Lookup(d.Name) != d || LookupBytes([]byte(d.Name)) != d {
			t.Errorf("%s is not found", d.Name)
		}
	}
	if len(directives) < 900 {
		t.Errorf("only %d directives", len(directives))
	}
}

func TestLookupIsExact(t *testing.T) {
	for _, name := range []string{"", "x", "Proxy_pass", "proxy_pas", "proxy_passs", "proxy_http_version:", "...", "\x00", "map "} {
		if d := Lookup(name); d != nil {
			t.Errorf("%q is found as %s", name, d.Name)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	name := []byte("lua_transform_underscores_in_response_headers")
	if n := testing.AllocsPerRun(100, func() { _ = LookupBytes(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestProbesAreShort keeps the hash function honest about the names there are.
func TestProbesAreShort(t *testing.T) {
	var sum, most int
	for i := range directives {
		slot, probes := hash.Sum(directives[i].Name)%uint32(len(directiveSlots)), 1
		for int(directiveSlots[slot]) != i+1 {
			slot, probes = (slot+1)%uint32(len(directiveSlots)), probes+1
		}
		sum, most = sum+probes, max(most, probes)
	}
	if average := float64(sum) / float64(len(directives)); average > 1.6 || most > 16 {
		t.Errorf("%.2f probes on average, %d at most", average, most)
	}
}

// TestOneEntryAContext: where two modules have the same name in the same context, In could not choose.
func TestOneEntryAContext(t *testing.T) {
	for d := range All() {
		var seen Context
		for _, e := range d.Entries {
			if seen&e.Contexts != 0 && d.Name != "status_zone" { // two commercial modules, equal as far as known
				t.Errorf("%s: two entries in %v", d.Name, seen&e.Contexts)
			}
			seen |= e.Contexts
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	names := [][]byte{
		[]byte("server"), []byte("location"), []byte("proxy_set_header"), []byte("proxy_pass"), []byte("listen"),
		[]byte("proxy_ssl_session_reuse"), []byte("if"), []byte("lua_transform_underscores_in_response_headers"),
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if LookupBytes(names[i%len(names)]) == nil {
			b.Fatal("not found")
		}
	}
}

func BenchmarkLookupMiss(b *testing.B) {
	name := []byte("proxy_http_version:")
	b.ReportAllocs()
	for b.Loop() {
		if LookupBytes(name) != nil {
			b.Fatal("found")
		}
	}
}
