package eval

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
)

// generated returns a configuration of n servers with four locations each.
func generated(b *testing.B, n int) *config.Config {
	b.Helper()
	tool, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "tools", "gen-config"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		b.Skip("no ../shared/tools/gen-config: ", err)
	}
	path := filepath.Join(b.TempDir(), "nginx.conf")
	if out, err := exec.Command(tool, "one", fmt.Sprint(n), path).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return loadText(b, string(text))
}

var (
	oldVersion = catalog.Version{Major: 1, Minor: 22, Patch: 1}
	newVersion = catalog.Version{Major: 1, Minor: 30, Patch: 6}
)

// heads asks for the heads of the five clients, to the last byte, at every location.
func heads(b *testing.B, e *Evaluator, locations []*config.Directive, v catalog.Version) {
	var head []byte
	for _, location := range locations {
		for _, client := range clients {
			out := e.At(location, client, v)
			if len(out.All) != 1 {
				b.Fatal(len(out.All), " outcomes")
			}
			if head = out.All[0].Upstream.AppendHead(head[:0]); len(head) == 0 {
				b.Fatal("no head")
			}
		}
	}
}

// BenchmarkHeads evaluates all locations of 500 servers, 2,000 of them, for the five clients and one version, from
// nothing.
func BenchmarkHeads(b *testing.B) {
	c := generated(b, 500)
	locations := c.Locations()
	c.Upstream("")
	b.ReportAllocs()
	for b.Loop() {
		heads(b, New(c), locations, oldVersion)
	}
}

// BenchmarkFurtherProfile is what a second version costs on top, where nearly every head differs.
func BenchmarkFurtherProfile(b *testing.B) {
	c := generated(b, 500)
	locations := c.Locations()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		e := New(c)
		heads(b, e, locations, oldVersion)
		b.StartTimer()
		heads(b, e, locations, newVersion)
	}
}

// BenchmarkServers shows that a location costs the same however many servers there are.
func BenchmarkServers(b *testing.B) {
	for _, n := range []int{125, 500, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := generated(b, n)
			locations := c.Locations()
			c.Upstream("")
			for b.Loop() {
				heads(b, New(c), locations, oldVersion)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(locations)), "ns/location")
		})
	}
}

// BenchmarkLocations shows the same for locations in one server.
func BenchmarkLocations(b *testing.B) {
	for _, n := range []int{500, 2000, 8000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text strings.Builder
			text.WriteString("events {}\nhttp { server { listen 80;\n")
			for i := range n {
				fmt.Fprintf(&text, "location /l%d/ { proxy_set_header Upgrade $http_upgrade; proxy_pass http://127.0.0.1:8080; }\n", i)
			}
			text.WriteString("} }\n")
			c := loadText(b, text.String())
			for b.Loop() {
				heads(b, New(c), c.Locations(), oldVersion)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/location")
		})
	}
}

// BenchmarkMapEntries shows that looking up a map costs the same however many entries it has.
func BenchmarkMapEntries(b *testing.B) {
	for _, n := range []int{10, 1000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text strings.Builder
			text.WriteString("events {}\nhttp { map $http_upgrade $up {\n")
			for i := range n {
				fmt.Fprintf(&text, "k%d v%d;\n", i, i)
			}
			text.WriteString("} server { listen 80; location / { proxy_set_header Connection $up; proxy_pass http://127.0.0.1:8080; } } }\n")
			c := loadText(b, text.String())
			e := New(c)
			location := c.Locations()[0]
			e.At(location, Chrome, oldVersion) // compiles the map
			for b.Loop() {
				e.AtRequest(location, Chrome.Request("example.com", "/"), oldVersion)
			}
		})
	}
}
