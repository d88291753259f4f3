package vars_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

var newest = catalog.Version{Major: 1, Minor: 30, Patch: 6}

// table reads what stands in http.
func table(t testing.TB, http string) *vars.Table {
	t.Helper()
	text := "events {}\nhttp {\n" + http + "\n}\n"
	c := config.NewLoader(source.Memory{}).LoadFile(source.NewFile("nginx.conf", "nginx.conf", text), config.Options{})
	for _, e := range c.Entry.Errors {
		t.Fatal(e)
	}
	return vars.NewTable(c)
}

func get(headers ...vars.Header) *vars.Request {
	return &vars.Request{Method: "GET", Target: "/", Version: "1.1", Headers: headers}
}

// TestWorlds goes through all answers to questions that depend on each other.
func TestWorlds(t *testing.T) {
	var seen []string
	complete := vars.Worlds(100, func(w *vars.World) {
		a := w.Choose("a", 2)
		path := fmt.Sprint(a, w.Choose("a", 2))
		if a == 1 {
			path += fmt.Sprint(w.Choose("b", 3))
		}
		seen = append(seen, path)
	})
	want := []string{"0 0", "1 10", "1 11", "1 12"}
	if !slices.Equal(seen, want) || !complete {
		t.Errorf("got %q (complete: %v), want %q", seen, complete, want)
	}
	n := 0
	if vars.Worlds(5, func(w *vars.World) { n++; w.Choose("x", 9) }) || n != 5 {
		t.Errorf("a limit of 5: %d worlds, or taken for complete", n)
	}
	if vars.Worlds(5, func(w *vars.World) { w.Incomplete() }) {
		t.Error("taken for complete")
	}
	if (*vars.World)(nil).Choose("x", 3) != 0 {
		t.Error("no world takes the first")
	}
}

// TestExpr is how expressions are compiled. nginx 1.22.1, 1.26.3 and 1.30.6 refuse those with an error with these words.
func TestExpr(t *testing.T) {
	tb := table(t, "")
	for _, test := range []struct{ text, variables, err string }{
		{"", "", ""}, {"plain", "", ""}, {"$host", "host", ""}, {"${Host}x", "host", ""}, {"$a-b$c_d.e", "a c_d", ""},
		{"$1$2x", "1 2", ""}, {"$0", "0", ""}, {"$10", "1", ""}, {"a?b$c?d", "c", ""}, {"${1a}", "1a", ""},
		{"$", "", "invalid variable name"}, {"a$", "", "invalid variable name"}, {"$$", "", "invalid variable name"},
		{"$-", "", "invalid variable name"}, {"${}", "", "invalid variable name"}, {"${", "", "invalid variable name"},
		{"${a", "", `the closing bracket in "a" variable is missing`}, {"${a-b}", "", `the closing bracket in "a" variable is missing`},
	} {
		e := tb.Expr(test.text)
		err := ""
		if e.Err != nil {
			err = e.Err.Error()
		}
		if got := strings.Join(e.Variables(), " "); err != test.err || err == "" && got != test.variables {
			t.Errorf("%q: got %q, error %q", test.text, got, err)
		}
		if _, constant := e.Constant(); constant != (test.variables == "" && test.err == "") {
			t.Errorf("%q: constant is %v", test.text, constant)
		}
		if tb.Expr(test.text) != e {
			t.Errorf("%q is compiled twice", test.text)
		}
	}
}

// TestUnknown: a value is Unknown where a part of it is.
func TestUnknown(t *testing.T) {
	tb := table(t, `
		map $lua $over { default d; a b; }
		map $http_x $into { default $lua; known k; }
		map $over $chain { default "<$over>"; }
		geo $geo { default out; 10.0.0.0/8 in; }
		split_clients $remote_addr $half { 50% a; }
	`)
	for _, test := range []struct {
		text string
		want []string
	}{
		{"$lua", []string{"?$lua"}}, {"a${lua}b$uri", []string{"?a$luab"}}, {"$msec", []string{"?$msec"}},
		{"$over", []string{"d", "b"}}, {"$over$over", []string{"dd", "bb"}}, {"$over-$chain", []string{"d-<d>", "b-<b>"}},
		{"$into", []string{"?$lua"}}, {"$geo", []string{"out", "in"}}, {"$half", []string{"a", ""}},
		{"$remote_addr", []string{"?$remote_addr"}}, {"$scheme", []string{"http", "https"}}, {"$scheme$https", []string{"http", "httpson"}},
		{"$upstream_addr", []string{""}}, {"$hostname", []string{"?$hostname"}}, {"$nginx_version", []string{"1.30.6"}},
		{"$request_id", []string{"?$request_id"}}, {"$proxy_host", []string{"?$proxy_host"}}, {"$ssl_protocol", []string{"", "?$ssl_protocol"}},
	} {
		var got []string
		vars.Worlds(16, func(w *vars.World) {
			run := tb.NewRun(get(), newest, w)
			v := run.Eval(tb.Expr(test.text))
			text := v.Text
			if v.Unknown {
				text = "?" + text
			}
			if !slices.Contains(got, text) {
				got = append(got, text)
			}
		})
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
}

// TestManyValues: a map of more values than worlds could be made of is Unknown where its source is.
func TestManyValues(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "k%d v%d;\n", i, i)
	}
	tb := table(t, "map $lua $many { "+b.String()+" }")
	n := 0
	vars.Worlds(200, func(w *vars.World) {
		n++
		if v := tb.NewRun(get(), newest, w).Variable("many"); !v.Unknown {
			t.Errorf("got %q", v.Text)
		}
	})
	if n != 1 {
		t.Errorf("%d worlds", n)
	}
}

// TestBounds: what would fill nginx's memory, or keep it busy for ever, ends here as Unknown.
func TestBounds(t *testing.T) {
	var double, again strings.Builder
	for i := range 90 {
		fmt.Fprintf(&double, "map $d%d $d%d { default \"x$d%d$d%d\"; }\n", i+1, i, i+1, i+1)
		fmt.Fprintf(&again, "map $v%d$v%d $v%d { volatile; default \"$v%d$v%d\"; }\n", i+1, i+1, i, i+1, i+1)
	}
	tb := table(t, double.String()+again.String()+"map $uri $d90 { default y; } map $uri $v90 { volatile; default y; }")
	for _, name := range []string{"d0", "v0"} {
		if v := tb.NewRun(get(), newest, nil).Variable(name); !v.Unknown || len(v.Text) > 2<<20 {
			t.Errorf("$%s: %d bytes, unknown: %v", name, len(v.Text), v.Unknown)
		}
	}
}

// TestCycle: a map that needs itself is cut off at nginx's depth of 100; nginx answers with what there is then.
func TestCycle(t *testing.T) {
	tb := table(t, "map $b $a { default x$b; } map $a $b { default y$a; }")
	run := tb.NewRun(get(), newest, nil)
	if v := run.Variable("a"); v.Text != strings.Repeat("xy", 50) || run.Cycle() != "a" {
		t.Errorf("got %q, cycle at %q", v.Text, run.Cycle())
	}
}

// TestHoles: where an include in a map is missing, only a key that is there is sure.
func TestHoles(t *testing.T) {
	tab := table(t, `map $http_x $map { default d; include missing.conf; known k; ~*r r; }
		geo $geo { default d; include missing.conf; }`)
	for x, want := range map[string]string{"Known": "k", "other": "?", "r": "?", "": "?"} {
		run := tab.NewRun(get(vars.Header{Name: "X", Value: x}), newest, nil)
		got := run.Variable("map")
		if got.Unknown != (want == "?") || !got.Unknown && got.Text != want {
			t.Errorf("%q: %+v, want %s", x, got, want)
		}
	}
	if got := tab.NewRun(get(), newest, nil).Variable("geo"); !got.Unknown {
		t.Errorf("geo: %+v", got)
	}
}

// TestUsesVersion: only what differs between versions says that it does.
func TestUsesVersion(t *testing.T) {
	tb := table(t, "")
	for text, want := range map[string]bool{"$http_x": false, "$http_y": true, "$host$uri": false, "$nginx_version": true, "$cookie_a": true} {
		run := tb.NewRun(get(vars.Header{Name: "X", Value: "1"}, vars.Header{Name: "Y", Value: "1"}, vars.Header{Name: "y", Value: "2"}), newest, nil)
		run.Server = tb.Config().Root
		run.Eval(tb.Expr(text))
		if run.UsesVersion() != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

// TestUsed names what gave a value.
func TestUsed(t *testing.T) {
	tb := table(t, "map $http_upgrade $conn { default upgrade; '' close; ~x y; }")
	run := tb.NewRun(get(), newest, nil)
	run.Eval(tb.Expr("$conn"))
	used := run.Used()
	if len(used) != 2 || used[1].Name != "conn" || used[1].Why != "''" || used[1].By == nil || used[1].Value.Text != "close" {
		t.Errorf("got %+v", used)
	}
}

// TestListen reads what listen takes.
func TestListen(t *testing.T) {
	for text, want := range map[string]string{
		"80": "0.0.0.0 80-80", "8000-8010": "0.0.0.0 8000-8010", "*:81": "0.0.0.0 81-81", "127.0.0.1": "127.0.0.1 80-80",
		"127.0.0.1:82 ssl": "127.0.0.1 82-82 tls", "[::]:83 default_server": ":: 83-83 default", "[::1]": "::1 80-80",
		"localhost:84": "localhost 84-84", "unix:/run/s": "unix:/run/s 0-0", "443 quic reuseport": "0.0.0.0 443-443 tls",
		"localhost": "localhost 80-80", "10.0.0.1:90-91 proxy_protocol": "10.0.0.1 90-91 pp",
	} {
		tb := table(t, "server { listen "+text+"; }")
		l := tb.Listens(tb.Config().Servers()[0])[0]
		got := l.Name
		if l.Addr.IsValid() {
			got = l.Addr.String()
		}
		got += fmt.Sprintf(" %d-%d", l.Port, l.LastPort)
		for word, set := range map[string]bool{" tls": l.TLS, " default": l.Default, " pp": l.ProxyProtocol} {
			if set {
				got += word
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestPrefix reads networks.
func TestPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3/8": "10.0.0.0/8", "10.1.2.3": "10.1.2.3/32", "::1": "::1/128", "10.0.0.0/255.255.0.0": "10.0.0.0/16",
		"2001:db8::5/32": "2001:db8::/32", "0.0.0.0/0": "0.0.0.0/0", "10.0.0.0/33": "", "name": "", "10.0.0.0/255.0.255.0": "",
	} {
		p, ok := vars.ParsePrefix(text)
		if got := p.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: got %s, %v", text, got, ok)
		}
	}
}

// TestRealIP: where set_real_ip_from may change the client's address, it is not known.
func TestRealIP(t *testing.T) {
	tb := table(t, "server { set_real_ip_from 10.0.0.0/8; }")
	req := get()
	req.Remote = netip.MustParseAddrPort("10.0.0.1:1")
	run := tb.NewRun(req, newest, nil)
	run.Location = tb.Config().Servers()[0]
	if v := run.Variable("remote_addr"); !v.Unknown {
		t.Errorf("got %q", v.Text)
	}
	if v := run.Variable("realip_remote_addr"); v.Text != "10.0.0.1" {
		t.Errorf("got %q", v.Text)
	}
}
