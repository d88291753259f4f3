package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// load loads files[0] of a set of files given as name, text, name, text, ...
func load(t *testing.T, opts config.Options, files ...string) *config.Config {
	t.Helper()
	memory := source.Memory{}
	for i := 0; i < len(files); i += 2 {
		memory[files[i]] = files[i+1]
	}
	c, err := config.NewLoader(memory).Load(files[0], opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outline prints the spliced tree: name, arguments, context and file of each directive.
func outline(c *config.Config) string {
	var b strings.Builder
	for d := range c.All() {
		depth := 0
		for at := d.Parent; at.Directive != nil; at = at.Parent {
			depth++
		}
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", depth), d.Name())
		for _, w := range d.Args() {
			fmt.Fprintf(&b, " %s", w.Value)
		}
		fmt.Fprintf(&b, " [%s]", d.Context)
		if d.File != c.Entry {
			fmt.Fprintf(&b, " <%s>", d.File.Name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestSplice(t *testing.T) {
	c := load(t, config.Options{},
		"/etc/nginx/nginx.conf", "events {}\nhttp {\n include conf.d/*.conf;\n include missing/*.conf;\n}\n",
		"/etc/nginx/conf.d/b.conf", "server { include snippets/ws.conf; location / { include snippets/ws.conf; } }\n",
		"/etc/nginx/conf.d/a.conf", "map $http_upgrade $connection_upgrade { default upgrade; include conf.d/map.inc; '' close; }\n",
		"/etc/nginx/conf.d/.hidden.conf", "nonsense;",
		"/etc/nginx/conf.d/map.inc", "h2c close;\n",
		"/etc/nginx/snippets/ws.conf", "proxy_set_header Upgrade $http_upgrade;\n",
	)
	want := `events [main]
http [main]
  include conf.d/*.conf [http]
  map $http_upgrade $connection_upgrade [http] </etc/nginx/conf.d/a.conf>
    include conf.d/map.inc [] </etc/nginx/conf.d/a.conf>
  server [http] </etc/nginx/conf.d/b.conf>
    include snippets/ws.conf [server] </etc/nginx/conf.d/b.conf>
    proxy_set_header Upgrade $http_upgrade [server] </etc/nginx/snippets/ws.conf>
    location / [server] </etc/nginx/conf.d/b.conf>
      include snippets/ws.conf [location] </etc/nginx/conf.d/b.conf>
      proxy_set_header Upgrade $http_upgrade [location] </etc/nginx/snippets/ws.conf>
  include missing/*.conf [http]
`
	if got := outline(c); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !c.Complete || c.Fragment || len(c.Problems) != 0 {
		t.Errorf("complete %v, fragment %v, problems %v", c.Complete, c.Fragment, c.Problems)
	}
	var keys []string
	for _, entry := range c.Entries(c.Definitions("connection_upgrade")[0]) {
		keys = append(keys, entry.Name())
	}
	if got := strings.Join(keys, ","); got != "default,h2c," {
		t.Errorf("entries of the map: %q", got)
	}
	if len(c.Files) != 5 {
		t.Errorf("%d files", len(c.Files))
	}
}

func TestIncludeProblems(t *testing.T) {
	c := load(t, config.Options{},
		"/e/nginx.conf", "events{}\nhttp {\n include a.conf;\n include gone.conf;\n include /opt/x.conf;\n include /usr/share/mods/*.conf;\n}\n",
		"/e/a.conf", "include b.conf;\n",
		"/e/b.conf", "include a.conf;\n",
	)
	var got []string
	for _, p := range c.Problems {
		got = append(got, fmt.Sprintf("%d %s:%d %s", p.Kind, p.At.File.Name, p.At.Line(), p.Path))
	}
	want := []string{
		fmt.Sprintf("%d /e/b.conf:1 /e/a.conf", config.Cycle),
		fmt.Sprintf("%d /e/nginx.conf:4 /e/gone.conf", config.NotFound),
		fmt.Sprintf("%d /e/nginx.conf:5 /opt/x.conf", config.OutsideRoot),
		fmt.Sprintf("%d /e/nginx.conf:6 /usr/share/mods/*.conf", config.OutsideRoot),
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Complete {
		t.Error("complete in spite of what is missing")
	}
}

func TestInferContext(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"server { listen 80; location / { proxy_pass http://b; } }", "http"},
		{"upstream b { server 127.0.0.1:1; }\nserver { location / {} }", "http"},
		{"location /ws { proxy_pass http://b; }", "server,location"},
		{"proxy_pass http://b; proxy_http_version 1.1;", "location"},
		{"proxy_set_header Host $host;", "http,server,location"},
		{"# ngxproof:context location\nproxy_set_header Host $host;", "location"},
		{"map $a $b { x y; }\nlocation / {}", ""},
		{"load_module x.so;", "main"},
		{"server 127.0.0.1:8080; keepalive 4;", "upstream"},
		{"ssl_preread on;", "stream,stream-server"},
		{"server_name a.example.com\nlocation / { proxy_pass http://b; }", "server"},
		{"upstream b { server b:1; keepalive 4; }\nserver { if ($a) { add_header A b; } location / { proxy_pass http://b; root /; } }", "http"},
	} {
		c := load(t, config.Options{}, "/f/x.conf", test.text)
		if got := c.Root.Inside.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
	c := load(t, config.Options{Contexts: catalog.Server}, "/f/x.conf", "proxy_set_header Host $host;")
	if c.Root.Inside != catalog.Server {
		t.Errorf("given context not taken: %s", c.Root.Inside)
	}
}

// TestSwallowedBlock reads a block whose name a missing semicolon made an argument as the block that it was meant to be.
func TestSwallowedBlock(t *testing.T) {
	c := load(t, config.Options{}, "/f/x.conf", "server {\n listen 80\n location /a {\n  proxy_set_headers Host $host;\n }\n}\n")
	for d := range c.All() {
		if d.Name() == "proxy_set_headers" {
			if verdict, _ := c.Judge(d); verdict != config.UnknownDirective || d.Context != catalog.Location {
				t.Errorf("verdict %v in %s", verdict, d.Context)
			}
			return
		}
	}
	t.Error("not found")
}

// TestCertbotFile knows what the file that certbot writes can set, and what it can't.
func TestCertbotFile(t *testing.T) {
	c := load(t, config.Options{}, "/f/x.conf", "server { include /etc/letsencrypt/options-ssl-nginx.conf; }")
	server := c.Servers()[0]
	if v := c.Effective(server, "ssl_protocols"); v.State != config.Unknown {
		t.Errorf("ssl_protocols: %v", v.State)
	}
	if v := c.Effective(server, "proxy_http_version"); v.State != config.Default {
		t.Errorf("proxy_http_version: %v", v.State)
	}
}
