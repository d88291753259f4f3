package route_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// ends runs decide in every world and returns how it ends, each end once.
func ends(table *vars.Table, req *vars.Request, decide func(*vars.Run) *route.Decision) (all []string, complete bool) {
	complete = vars.Worlds(64, func(w *vars.World) {
		run := table.NewRun(req, newest, w)
		d := decide(run)
		end := fmt.Sprintf("%d", d.Status)
		switch d.Kind {
		case route.Proxy:
			end = "proxy " + run.Eval(table.Expr(d.Handler.Arg(1))).Text
		case route.Unknown:
			end = "unknown: " + d.Unknown
		case route.Static:
			end = "static " + d.File.Text
		case route.Other:
			end = d.Handler.Name()
		case route.Answer:
			if d.Located {
				end += " " + d.Redirect
			} else if !d.Page {
				end += " " + d.Body
			}
			if d.RedirectUnknown || d.BodyUnknown {
				end += " (unknown)"
			}
		}
		if !slices.Contains(all, end) {
			all = append(all, end)
		}
	})
	return all, complete
}

// unplaced is a request of which only the head is known.
func unplaced(target string) *vars.Request {
	req := request("h.test", target)
	req.Local, req.Remote = netip.AddrPort{}, netip.AddrPort{}
	return req
}

// TestAt asks for locations by themselves: what is not known is chosen, or Unknown.
func TestAt(t *testing.T) {
	tests := []struct {
		name, server string // the location asked for has the name "x" in it, or is the only one
		want         []string
	}{
		{"plain", `location /x { proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"server sets", `set $b http://set; location /x { proxy_pass $b; }`, []string{"proxy http://set"}},
		{"server answers", `return 301 https://h; location /x { proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"server if scheme", `listen 80; listen 443 ssl; set $b http://p; if ($scheme = https) { set $b http://s; } location /x { proxy_pass $b; }`, []string{"proxy http://p", "proxy http://s"}},
		{"only ssl", `listen 443 ssl; location /x { if ($scheme = http) { return 403; } proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"port", `listen 81; location /x { return 200 $server_port; }`, []string{"200 81"}},
		{"unknown if", `location /x { if ($lua_var) { return 403; } proxy_pass http://a; }`, []string{"proxy http://a", "403"}},
		{"unknown if is one question", `location /x { if ($lua_var) { set $a 1; } if ($lua_var) { set $a "${a}2"; } return 200 "[$a]"; }`, []string{"200 []", "200 [12]"}},
		{"unknown regex", `location /x { if ($lua_var ~ ^(.)) { return 200 $1; } return 200 no; }`, []string{"200 no", "200 $1 (unknown)"}},
		{"unknown equal", `location /x { if ($lua_var = a) { return 403; } if ($lua_var != a) { return 404; } return 405; }`, []string{"404", "403"}},
		{"regex location", `location ~ ^/x(.*)$ { return 200 $1; }`, []string{"200 $1 (unknown)"}},
		{"regex location that fits", `location ~ ^/(.*)$ { return 200 "[$1]"; }`, []string{"200 []"}},
		{"prefix names the path", `location /x/y { return 200 $uri; }`, []string{"200 /x/y"}},
		{"exact names the path", `location = /x { return 200 $uri; }`, []string{"200 /x"}},
		{"named", `location @x { proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"access is left out", `location /x { deny all; auth_basic r; auth_basic_user_file f; proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"rewritten away", `location /x { rewrite ^ /z last; } location /z { proxy_pass http://z; }`, []string{"proxy http://z"}},
		{"try_files unseen", `root /r; location /x { try_files $uri @b; } location @b { proxy_pass http://b; }`, []string{"proxy http://b", "static /r/x"}},
		{"try_files relative root", `location /x { try_files $uri @b; } location @b { proxy_pass http://b; }`, []string{"proxy http://b", "static $document_root/x"}},
		{"file test unseen", `root /r; location /x { if (!-f $request_filename) { proxy_pass http://a; } }`, []string{"proxy http://a", "static /r/x"}},
		{"error_page of a file", `root /r; location /x { error_page 404 = @b; } location @b { proxy_pass http://b; }`, []string{"proxy http://b", "static /r/x"}},
		{"fastcgi", `location /x { fastcgi_pass f; }`, []string{"fastcgi_pass"}},
		{"lua", `location /x { content_by_lua_block { ngx.say(1) } }`, []string{"content_by_lua_block"}},
		{"lua assigns", `location /x { set $b http://a; rewrite_by_lua_block { x() } proxy_pass $b; }`, []string{"proxy $b"}},
		{"lua assigns, inherited", `access_by_lua_file f; location /x { set $b http://a; proxy_pass $b; }`, []string{"proxy $b"}},
		{"set_by_lua", `location /x { set $b http://a; set_by_lua_block $b { return 1 } proxy_pass $b; }`, []string{"proxy $b"}},
		{"auth_request_set", `location /x { auth_request /y; set $b http://a; auth_request_set $b $upstream_http_x; proxy_pass $b; }`, []string{"proxy $b"}},
		{"map over the unknown", `location /x { if ($mapped = two) { return 402; } return 200 $mapped; }`, []string{"200 def", "200 one", "402"}},
		{"geo over the unknown", `location /x { return 200 $geo; }`, []string{"200 ", "200 1"}},
		{"split_clients", `location /x { return 200 $split; }`, []string{"200 a", "200 b"}},
		{"limit_except", `location /x { proxy_pass http://a; limit_except POST { proxy_pass http://b; } }`, []string{"proxy http://b"}},
		{"client address", `location /x { return 200 $remote_addr; }`, []string{"200 $remote_addr (unknown)"}},
		{"rewrite to the unknown", `location /x { rewrite ^ /$lua_var last; }`, []string{"unknown: which location a rewritten URI leads to is not known"}},
		{"rewrite of the unknown", `location /x { rewrite ^ /$lua_var break; proxy_pass http://a; }`, []string{"proxy http://a"}},
		{"error_page to a variable", `location /x { error_page 404 $lua_var; return 404; }`, []string{"unknown: where `error_page` leads is not known"}},
		{"empty args", `location /x { return 200 "[$args$is_args]"; }`, []string{"200 []"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, table, c := load(t, "events {}\nhttp { map $lua_var $mapped { default def; a one; ~b two; } geo $geo { 10.0.0.0/8 1; } split_clients $remote_addr $split { 50% a; * b; }\nserver { "+test.server+" } }\n")
			var at *config.Directive
			for _, d := range c.Locations() {
				if at == nil || strings.Contains(d.Arg(len(d.Words)-1), "x") && !strings.Contains(at.Arg(1), "x") {
					at = d
				}
			}
			got, complete := ends(table, unplaced("/"), func(run *vars.Run) *route.Decision { return r.At(run, at) })
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) || !complete {
				t.Errorf("got %q (complete: %v), want %q", got, complete, test.want)
			}
		})
	}
}

// TestAtIf asks for an if block: its settings are in effect.
func TestAtIf(t *testing.T) {
	r, table, c := load(t, "events {}\nhttp { server { location /x { proxy_pass http://a; if ($arg_y) { proxy_pass http://b; } } } }\n")
	for d := range c.All() {
		if d.Name() == "if" {
			run := table.NewRun(unplaced("/"), newest, nil)
			got := r.At(run, d)
			if got.Kind != route.Proxy || got.Handler.Arg(1) != "http://b" || got.Level != d || got.Location != d.Parent {
				t.Errorf("got %+v", got)
			}
		}
	}
}

// TestFragment asks for the location of a file that has nothing around it.
func TestFragment(t *testing.T) {
	r, table, c := load(t, "location /x { set $v $scheme; proxy_pass http://a; }\nlocation /y { rewrite ^ /x last; }\n")
	if got, complete := ends(table, unplaced("/"), func(run *vars.Run) *route.Decision { return r.At(run, c.Locations()[0]) }); len(got) != 1 || got[0] != "proxy http://a" || !complete {
		t.Errorf("got %q (complete: %v)", got, complete)
	}
	got, _ := ends(table, unplaced("/"), func(run *vars.Run) *route.Decision { return r.At(run, c.Locations()[1]) })
	if len(got) != 1 || !strings.HasPrefix(got[0], "unknown: a rewrite leads out") {
		t.Errorf("got %q", got)
	}
}

// TestEndpoints is the choice of a listener: the address, all addresses, IPv6, ports in a row, TLS, QUIC.
func TestEndpoints(t *testing.T) {
	r, table, _ := load(t, `events {}
http {
	server { listen 80; return 200 any; }
	server { listen 127.0.0.1:80; return 200 loop; }
	server { listen [::]:80; return 200 six; }
	server { listen [::1]:80; return 200 loop6; }
	server { listen 8000-8010; return 200 range; }
	server { listen [::]:90 ipv6only=off; return 200 dual; }
	server { listen 443 ssl; server_name a; return 200 tls; }
	server { listen 443 quic; server_name b; return 200 quic; }
	server { listen unix:/s; return 200 unix; }
	server { listen localhost:85; return 200 name; }
	server { listen 127.0.0.1; server_name second; return 200 second; }
}
`)
	for local, want := range map[string]string{
		"10.0.0.1:80": "200 any", "127.0.0.1:80": "200 loop", "[::1]:80": "200 loop6", "[2001:db8::1]:80": "200 six",
		"10.0.0.1:8005": "200 range", "10.0.0.1:8011": "unknown: nothing listens where the request comes in",
		"10.0.0.1:90": "200 dual", "[::1]:90": "200 dual", "[::ffff:127.0.0.1]:80": "200 loop",
		"10.0.0.1:443": "400", "[::1]:8000": "unknown: nothing listens where the request comes in",
	} {
		req := request("h", "/")
		req.Local = netip.MustParseAddrPort(local)
		got, _ := ends(table, req, r.Route)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", local, got, want)
		}
	}
	req := request("second", "/")
	if got, _ := ends(table, req, func(run *vars.Run) *route.Decision {
		req.Local = netip.MustParseAddrPort("127.0.0.1:80")
		return r.Route(run)
	}); got[0] != "200 second" {
		t.Errorf("a name at an address: %q", got)
	}
	req = request("a", "/")
	req.Local, req.TLS = netip.MustParseAddrPort("10.0.0.1:443"), true
	if got, _ := ends(table, req, r.Route); got[0] != "200 tls" {
		t.Errorf("TLS: %q", got)
	}
}

// TestSteps is the story of a request.
func TestSteps(t *testing.T) {
	r, table, _ := load(t, `events {}
http { server { listen 80 default_server; server_name a;
	location / { return 404; }
	location /a { rewrite ^/a /b last; }
	location /b { try_files /none @c; }
	location ~ c$ { return 404; }
	location @c { if ($arg_x) { proxy_pass http://x; } proxy_pass http://c; }
} }
`)
	run := table.NewRun(request("other", "/a?x=1"), newest, nil)
	run.Explain = true
	d := r.Route(run)
	var story []string
	for _, s := range d.Steps {
		name := ""
		if s.By != nil {
			name = s.By.Name() + " "
		}
		story = append(story, name+s.Text)
	}
	want := []string{
		"listen takes the connection on `*:80`",
		"server is the only server there",
		"location has the longest prefix of `/a`, and no pattern matches",
		"rewrite makes the URI `/b?x=1`",
		"location has the longest prefix of `/b`, and no pattern matches",
		"try_files finds no file and goes on to `@c`",
		"location goes on there",
		"if is true",
		"proxy_pass takes the request",
	}
	if !slices.Equal(story, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(story, "\n"), strings.Join(want, "\n"))
	}
	if len(d.Steps[2].Considered) != 1 {
		t.Errorf("considered: %v", d.Steps[2].Considered)
	}
}

// TestErrorPage is what a handler's error comes to.
func TestErrorPage(t *testing.T) {
	r, table, c := load(t, `events {}
http { server { error_page 502 = @b; location /x { proxy_pass http://a; } location @b { proxy_pass http://b; } } }
`)
	run := table.NewRun(unplaced("/"), newest, nil)
	d := r.At(run, c.Locations()[0])
	next, handled := r.ErrorPage(run, d, 502)
	if !handled || next.Kind != route.Proxy || next.Handler.Arg(1) != "http://b" || next.ErrorPage == nil {
		t.Errorf("502: %+v", next)
	}
	next, handled = r.ErrorPage(run, d, 504)
	if handled || next.Kind != route.Answer || next.Status != 504 {
		t.Errorf("504: %v %+v", handled, next)
	}
}

// TestConcurrent asks one router from many goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	r, table, c := load(t, many(20, 4))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, d := range c.Locations() {
				r.At(table.NewRun(unplaced("/"), newest, nil), d)
				r.Route(table.NewRun(request("host3.test", "/app1/x"), newest, nil))
			}
		})
	}
	group.Wait()
}
