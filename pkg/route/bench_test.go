package route_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

var newest = catalog.Version{Major: 1, Minor: 30, Patch: 6}

// load builds a router over the text of a whole configuration.
func load(t testing.TB, text string) (*route.Router, *vars.Table, *config.Config) {
	t.Helper()
	c := config.NewLoader(source.Memory{}).LoadFile(source.NewFile("nginx.conf", "nginx.conf", text), config.Options{})
	for _, e := range c.Entry.Errors {
		t.Fatal(e)
	}
	table := vars.NewTable(c)
	return route.New(c, table), table, c
}

// many is a configuration of servers with four locations each.
func many(servers, locations int) string {
	var b strings.Builder
	b.WriteString("events {}\nhttp {\nmap $http_upgrade $connection_upgrade { default upgrade; '' close; }\n")
	for i := range servers {
		fmt.Fprintf(&b, "server { listen 80; listen 443 ssl; server_name host%d.test www.host%d.test;\n", i, i)
		for k := range locations {
			fmt.Fprintf(&b, "location /app%d/ { proxy_pass http://backend; proxy_set_header Connection $connection_upgrade; }\n", k)
		}
		b.WriteString("}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func request(host, target string) *vars.Request {
	return &vars.Request{
		Method: "GET", Target: target, Version: "1.1",
		Headers: []vars.Header{{Name: "Host", Value: host}, {Name: "Connection", Value: "Upgrade"}, {Name: "Upgrade", Value: "websocket"}},
		Local:   netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("127.0.0.1:4000"),
	}
}

// BenchmarkAt is one request at each of 2,000 locations.
func BenchmarkAt(b *testing.B) {
	r, table, c := load(b, many(500, 4))
	locations := c.Locations()
	req := request("host1.test", "/")
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range locations {
			r.At(table.NewRun(req, newest, nil), d)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(locations)), "ns/location")
}

// BenchmarkAtCold is the same with nothing compiled, by the number of servers.
func BenchmarkAtCold(b *testing.B) {
	for _, servers := range []int{250, 500, 1000} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			_, _, c := load(b, many(servers, 4))
			locations := c.Locations()
			c.Definitions("x")
			req := request("host1.test", "/")
			for b.Loop() {
				table := vars.NewTable(c)
				r := route.New(c, table)
				for _, d := range locations {
					r.At(table.NewRun(req, newest, nil), d)
				}
				r.Route(table.NewRun(req, newest, nil))
			}
		})
	}
}

// BenchmarkRoute is one whole way among 500 servers, by the number of locations in each.
func BenchmarkRoute(b *testing.B) {
	for _, locations := range []int{4, 64, 1024} {
		b.Run(fmt.Sprintf("locations=%d", locations), func(b *testing.B) {
			r, table, _ := load(b, many(5000/locations, locations))
			req := request("host1.test", fmt.Sprintf("/app%d/x", locations/2))
			b.ReportAllocs()
			for b.Loop() {
				if d := r.Route(table.NewRun(req, newest, nil)); d.Kind != route.Proxy {
					b.Fatal(d.Unknown)
				}
			}
		})
	}
}

// BenchmarkMap is one lookup in a map, by the number of its entries.
func BenchmarkMap(b *testing.B) {
	for _, entries := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			var text strings.Builder
			text.WriteString("events {}\nhttp { map $arg_x $y { default none;\n")
			for i := range entries {
				fmt.Fprintf(&text, "key%d value%d;\n", i, i)
			}
			text.WriteString("} }\n")
			_, table, _ := load(b, text.String())
			req := request("h", "/")
			e := table.Expr("$y")
			for b.Loop() {
				run := table.NewRun(req, newest, nil)
				run.Args = "x=KEY7"
				if v := run.Eval(e); v.Text != "value7" {
					b.Fatal(v)
				}
			}
		})
	}
}

// BenchmarkCompileMap reads a map of 100,000 entries and looks one up.
func BenchmarkCompileMap(b *testing.B) {
	var text strings.Builder
	text.WriteString("events {}\nhttp { map $arg_x $y { default none;\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "key%d value%d;\n", i, i)
	}
	text.WriteString("} }\n")
	_, _, c := load(b, text.String())
	for b.Loop() {
		table := vars.NewTable(c)
		run := table.NewRun(request("h", "/"), newest, nil)
		run.Eval(table.Expr("$y"))
	}
}
