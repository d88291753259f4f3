package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// at returns the first location (or if, server, ...) whose head, words joined by blanks, is head.
func at(t *testing.T, c *config.Config, head string) *config.Directive {
	t.Helper()
	for d := range c.All() {
		var words []string
		for _, w := range d.Words {
			words = append(words, w.Value)
		}
		if strings.Join(words, " ") == head {
			return d
		}
	}
	t.Fatalf("no %s", head)
	return nil
}

func values(list config.List) string {
	if list.State == config.Unknown {
		return "unknown"
	}
	var b []string
	for _, d := range list.Items {
		b = append(b, d.Arg(1))
	}
	return strings.Join(b, " ")
}

const levels = `events {}
http {
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    add_header X-Http 1;
    server {
        proxy_read_timeout 5s;
        add_header X-Server 1;
        location /plain { proxy_pass http://a; }
        location /own { proxy_set_header X-Own 1; proxy_pass http://a; return 200; }
        location /outer {
            proxy_set_header X-Outer 1;
            proxy_pass http://a;
            location /outer/inner { add_header_inherit merge; add_header X-Inner 1; }
            if ($arg_x) { proxy_read_timeout 7s; }
            limit_except GET { deny all; }
        }
        location /off { add_header_inherit off; }
        location /typo { proxy_http_versoin 1.0; proxy_set_haeder A b; }
        location /gone { include gone.conf; proxy_set_header B c; }
        location /dots { ... }
    }
}
`

func TestEffective(t *testing.T) {
	c := load(t, config.Options{}, "/e/nginx.conf", levels)
	for _, test := range []struct{ at, name, want string }{
		{"location /plain", "proxy_http_version", "3"},
		{"location /plain", "proxy_read_timeout", "8"},
		{"location /plain", "proxy_buffering", "default"},
		{"location /plain", "proxy_pass", "10"},
		{"location /outer/inner", "proxy_pass", "default"},
		{"if ($arg_x)", "proxy_pass", "14"},
		{"if ($arg_x)", "proxy_read_timeout", "16"},
		{"limit_except GET", "proxy_pass", "14"},
		{"if ($arg_x)", "return", "default"},
		{"location /own", "return", "11"},
		{"location /typo", "proxy_http_version", "unknown"},
		{"location /typo", "proxy_read_timeout", "8"},
		{"location /gone", "proxy_http_version", "unknown"},
		{"location /dots", "proxy_http_version", "unknown"},
	} {
		v := c.Effective(at(t, c, test.at), test.name)
		got := map[config.State]string{config.Default: "default", config.Unknown: "unknown"}[v.State]
		if v.State == config.Set {
			got = fmt.Sprint(v.By.Line())
		}
		if got != test.want || v.Assumed {
			t.Errorf("%s in %s: %s, want %s (assumed %v)", test.name, test.at, got, test.want, v.Assumed)
		}
	}
}

func TestEffectiveList(t *testing.T) {
	c := load(t, config.Options{}, "/e/nginx.conf", levels)
	for _, test := range []struct{ at, name, want string }{
		{"location /plain", "proxy_set_header", "Host Upgrade"},
		{"location /own", "proxy_set_header", "X-Own"},
		{"location /outer", "proxy_set_header", "X-Outer"},
		{"location /outer/inner", "proxy_set_header", "X-Outer"},
		{"if ($arg_x)", "proxy_set_header", "X-Outer"},
		{"location /plain", "add_header", "X-Server"},
		{"location /outer/inner", "add_header", "X-Server X-Inner"},
		{"location /off", "add_header", ""},
		{"location /typo", "proxy_set_header", "unknown"},
		{"location /gone", "proxy_set_header", "unknown"},
		{"location /plain", "proxy_hide_header", ""},
	} {
		if got := values(c.EffectiveList(at(t, c, test.at), test.name)); got != test.want {
			t.Errorf("%s in %s: %q, want %q", test.name, test.at, got, test.want)
		}
	}
}

func TestFragmentAssumes(t *testing.T) {
	c := load(t, config.Options{}, "/f/site", "server { location /ws { proxy_pass http://b; } }")
	if v := c.Effective(at(t, c, "location /ws"), "proxy_http_version"); v.State != config.Default || !v.Assumed {
		t.Errorf("got %+v: the levels around a fragment are assumed, not known", v)
	}
}

func TestJudge(t *testing.T) {
	c := load(t, config.Options{}, "/e/nginx.conf", `events {}
http {
    proxy_pass http://a;
    server {
        nonsense on;
        map $a $b { x y z; }
        location / { proxy_http_version 1.1 2; proxy_buffering yes; proxy_read_timeout 5s { } if ($a) ; }
        proxy_set_header A;
        upstream u { server 1.1.1.1; }
    }
    map $a $b { x y; proxy_pass z; }
    upstream v { server 1.1.1.1; keepalive 4; location / {} }
}
`)
	want := map[string]config.Verdict{
		"proxy_pass http://a":      config.NotAllowedHere,
		"nonsense on":              config.UnknownDirective,
		"map $a $b":                config.NotAllowedHere,
		"proxy_http_version 1.1 2": config.WrongCount,
		"proxy_buffering yes":      config.WrongCount,
		"proxy_read_timeout 5s":    config.NotTerminated,
		"if ($a)":                  config.NoOpening,
		"proxy_set_header A":       config.WrongCount,
		"upstream u":               config.NotAllowedHere,
	}
	seen := map[string]bool{}
	for d := range c.All() {
		var words []string
		for _, w := range d.Words {
			words = append(words, w.Value)
		}
		head := strings.Join(words, " ")
		expected := want[head]
		if head == "map $a $b" && d.Parent.Name() == "http" {
			expected = config.OK
		}
		if head == "location /" && d.Parent.Name() == "upstream" {
			expected = config.NotAllowedHere
		}
		seen[head] = true
		if got, _ := c.Judge(d); got != expected {
			t.Errorf("%s (line %d): %d, want %d", head, d.Line(), got, expected)
		}
	}
	for head := range want {
		if !seen[head] {
			t.Errorf("%s was not met", head)
		}
	}
}

func TestDefinitions(t *testing.T) {
	c := load(t, config.Options{}, "/e/nginx.conf", `events {}
http {
    map $http_upgrade $Connection_Upgrade { default upgrade; ~^(?<proto>h2) close; }
    geo $remote_addr $blocked { default 0; }
    split_clients $request_id $half { 50% a; * b; }
    geoip2 db.mmdb { $country country iso_code; }
    server {
        server_name ~^(?P<sub>.+)\.example\.com$;
        set $up http://b;
        location ~ ^/(?'user'[a-z]+)/ { auth_request_set $who $upstream_http_x_user; }
        rewrite ^/(?<rest>.*)$ /x/$rest;
    }
}
`)
	for _, name := range []string{"connection_upgrade", "proto", "blocked", "half", "country", "sub", "up", "user", "who", "rest"} {
		if len(c.Definitions(name)) != 1 {
			t.Errorf("$%s has %d definitions", name, len(c.Definitions(name)))
		}
	}
	if len(c.Definitions("http_upgrade")) != 0 {
		t.Error("a built-in variable has a definition")
	}
}

func TestLookUpsAreNotQuadratic(t *testing.T) {
	var b strings.Builder
	b.WriteString("events {}\nhttp {\nproxy_http_version 1.1;\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "server { listen 80; server_name h%d; location / { proxy_pass http://a; } }\n", i)
	}
	b.WriteString("}\n")
	c := load(t, config.Options{}, "/e/nginx.conf", b.String())
	steps := 0
	for _, location := range c.Locations() {
		for level := location; level != nil; level = level.Parent {
			steps += config.Looked(level)
		}
	}
	if steps > 10*len(c.Locations()) {
		t.Errorf("%d directives are looked at for %d locations", steps, len(c.Locations()))
	}
}
