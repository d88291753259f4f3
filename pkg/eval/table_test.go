package eval

import (
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// now is a version whose behaviour tests that are not about versions may expect.
var now = catalog.Version{Major: 1, Minor: 26, Patch: 3}

// TestParseTarget holds proxy_pass URLs against what nginx makes of them; the errors are nginx's messages.
func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ url, header, port, uri, socket, err string }{
		{url: "http://backend", header: "backend", port: "80"},
		{url: "http://backend:80/", header: "backend", port: "80", uri: "/"},
		{url: "https://backend:443/x?y", header: "backend", port: "443", uri: "/x?y"},
		{url: "https://backend:80", header: "backend:80", port: "80"},
		{url: "HTTP://Backend:8080", header: "Backend:8080", port: "8080"},
		{url: "http://127.0.0.1:3000?a=/b:1", header: "127.0.0.1:3000", port: "3000", uri: "?a=/b:1"},
		{url: "http://[::1]:8080/x", header: "[::1]:8080", port: "8080", uri: "/x"},
		{url: "http://[::1]", header: "[::1]", port: "80"},
		{url: "http://unix:/run/a.sock", header: "localhost", socket: "/run/a.sock"},
		{url: "http://unix:/run/a.sock:/x", header: "localhost", socket: "/run/a.sock", uri: "/x"},
		{url: "ws://backend", err: "invalid URL prefix"},
		{url: "http://backend:0", err: "invalid port"},
		{url: "http://backend:65536", err: "invalid port"},
		{url: "http://backend:", err: "invalid port"},
		{url: "http:///x", err: "no host"},
		{url: "http://[::1", err: "invalid host"},
		{url: "http://[nonsense]", err: "invalid IPv6 address"},
		{url: "http://unix:", err: "no path in the unix domain socket"},
	} {
		got, err := parseTarget(c.url)
		switch {
		case err != nil && err.Error() != c.err, err == nil && c.err != "":
			t.Errorf("%s: error %v, want %q", c.url, err, c.err)
		case err != nil:
		case got.header != c.header || got.port != c.port || got.uri != c.uri || got.socket != c.socket:
			t.Errorf("%s: %+v, want %+v", c.url, *got, c)
		}
	}
}

// TestParseTime holds times against nginx's reading of them.
func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"60": time.Minute, "0": 0, "1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "1h 30m": 90 * time.Minute,
		"1d": 24 * time.Hour, "2w": 14 * 24 * time.Hour, "1m 5": 65 * time.Second, "31536000000": 1<<63 - 1,
		"10s500ms": 10500 * time.Millisecond, "99999999999999": 1<<63 - 1,
	} {
		if got, ok := ParseTime(text); !ok || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-1", "1y", "1M", "1s1m", "s", "1x", "1ms1s", "m", "1 2s", "1.5s"} {
		if got, ok := ParseTime(text); ok {
			t.Errorf("%q is %v, but nginx refuses it", text, got)
		}
	}
}

// at evaluates a client's request at the first location whose words contain name.
func at(t *testing.T, text, name string, client Client) *Outcome {
	t.Helper()
	c := loadText(t, text)
	for _, location := range c.Locations() {
		if strings.Contains(location.Arg(1)+" "+location.Arg(2), name) {
			if out := New(c).At(location, client, now); len(out.All) > 0 {
				return out.All[0]
			}
		}
	}
	t.Fatalf("no outcome at a location %q", name)
	return nil
}

// inServer puts text into a server of a whole configuration.
func inServer(text string) string {
	return "events {}\nhttp { server { listen 80; server_name a.test;\n" + text + "\n} }\n"
}

// TestOrigins follows each line to what set or dropped it.
func TestOrigins(t *testing.T) {
	o := at(t, inServer(`location /ws/ {
		proxy_pass http://127.0.0.1:8080;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header X-Empty $arg_none;
	}`), "/ws/", Chrome)
	upgrade := o.Upstream.Lookup("upgrade")
	if len(upgrade) != 1 || upgrade[0].Origin != OriginDirective || upgrade[0].By.Line() != 5 || upgrade[0].Value.Text != "websocket" {
		t.Errorf("Upgrade: %+v", upgrade)
	}
	connection := o.Upstream.Lookup("Connection")
	if len(connection) != 1 || connection[0].Origin != OriginDefault || connection[0].Value.Text != "close" {
		t.Errorf("Connection: %+v", connection)
	}
	if origin := o.Upstream.Lookup("Sec-WebSocket-Key"); len(origin) != 1 || origin[0].Origin != OriginClient {
		t.Errorf("Sec-WebSocket-Key: %+v", origin)
	}
	var dropped []string
	for _, line := range o.Upstream.Dropped() {
		dropped = append(dropped, line.Name+" "+line.Origin.String()+" "+line.DroppedBy.String())
	}
	want := "X-Empty directive empty value,Host client nginx sends its own,Connection client hop-by-hop,Upgrade client replaced"
	if got := strings.Join(dropped, ","); got != want {
		t.Errorf("dropped\n got %s\nwant %s", got, want)
	}
}

// TestOpen holds what may be claimed where an include is missing.
func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		values         string
		known, maybe   bool
		defaultIsMaybe bool
	}{
		{"nothing hidden", `proxy_set_header Upgrade x; location /ws/ { proxy_pass http://127.0.0.1:1; }`, "x", true, false, false},
		{"hidden outside", `include outer.conf; location /ws/ { proxy_set_header Upgrade x; proxy_pass http://127.0.0.1:1; }`, "x", true, false, false},
		{"own and hidden", `location /ws/ { include in.conf; proxy_set_header Upgrade x; proxy_pass http://127.0.0.1:1; }`, "x", false, false, true},
		{"hidden, outer seen", `proxy_set_header Upgrade x; location /ws/ { include in.conf; proxy_pass http://127.0.0.1:1; }`, "x", false, true, true},
		{"hidden alone", `location /ws/ { include in.conf; proxy_pass http://127.0.0.1:1; }`, "", false, false, true},
	} {
		up := at(t, inServer(c.text), "/ws/", Chrome).Upstream
		values, known := up.Values("Upgrade")
		lines := up.Lookup("Upgrade")
		if strings.Join(values, ",") != c.values || known != c.known || len(lines) > 0 && lines[0].Maybe != c.maybe {
			t.Errorf("%s: %v known %v, %+v", c.name, values, known, lines)
		}
		if host := up.Lookup("Host"); len(host) != 1 || host[0].Maybe != c.defaultIsMaybe {
			t.Errorf("%s: Host %+v", c.name, host)
		}
	}
}

// TestWorlds holds that what cannot be known makes several outcomes, or an Unknown value, and never a guess.
func TestWorlds(t *testing.T) {
	split := "events {}\nhttp { split_clients $remote_addr $half { 50% upgrade; * close; } server { location /ws/ {" +
		" proxy_set_header Connection $half; proxy_set_header X-Lua $lua_thing; proxy_pass http://127.0.0.1:1; } } }"
	c := loadText(t, split)
	out := New(c).At(c.Locations()[0], Chrome, now)
	seen := map[string]bool{}
	for _, up := range out.Proxied() {
		values, _ := up.Values("Connection")
		seen[strings.Join(values, ",")] = true
	}
	if !out.Complete || !seen["upgrade"] || !seen["close"] || len(seen) != 2 {
		t.Errorf("%d outcomes, complete %v: %v", len(out.All), out.Complete, seen)
	}
	if _, known := out.All[0].Upstream.Values("X-Lua"); known {
		t.Error("a variable that nothing defines is known")
	}
	if out.Every(func(o *Outcome) bool { v, _ := o.Upstream.Values("Connection"); return v[0] == "close" }) {
		t.Error("every outcome is said to close")
	}
}

// TestTimers follows each timer to its directive.
func TestTimers(t *testing.T) {
	timers := at(t, inServer(`proxy_read_timeout 1h; send_timeout 5s;
		location /ws/ { proxy_send_timeout 10ms; proxy_connect_timeout nonsense; proxy_pass http://127.0.0.1:1; }`), "/ws/", Chrome).Upstream.Timers
	if timers.Read.After != time.Hour || timers.Read.State != config.Set || timers.Read.By.Line() != 3 {
		t.Errorf("read %+v", timers.Read)
	}
	if timers.Send.After != 10*time.Millisecond || timers.Client.After != 5*time.Second {
		t.Errorf("send %+v, client %+v", timers.Send, timers.Client)
	}
	if timers.Connect.State != config.Unknown {
		t.Errorf("connect %+v", timers.Connect)
	}
}

// TestTunnel holds when a 101 becomes a tunnel: it is the client's Upgrade line that counts, whatever its value.
func TestTunnel(t *testing.T) {
	text := inServer("location / { proxy_pass http://127.0.0.1:1; }")
	e := New(loadText(t, text))
	for _, c := range []struct {
		headers []vars.Header
		want    bool
	}{
		{nil, false},
		{[]vars.Header{{Name: "UPGRADE", Value: ""}}, true},
		{[]vars.Header{{Name: "Upgrade", Value: "anything"}}, true},
		{[]vars.Header{{Name: "Connection", Value: "Upgrade"}}, false},
	} {
		req := &vars.Request{Method: "POST", Target: "/", Version: "1.0", Headers: c.headers}
		head := e.Request(req, now).All[0].Answer(Response{Status: 101, Reason: "Go"})
		if head.Tunnel != c.want || head.Status != 101 || head.Chunked {
			t.Errorf("%v: tunnel %v, status %d", c.headers, head.Tunnel, head.Status)
		}
	}
	if head := e.Request(Chrome.Request("a.test", "/"), now).All[0].Answer(Response{Status: 200}); head.Tunnel || !head.Chunked {
		t.Errorf("a 200 is a tunnel: %+v", head)
	}
}

// TestResolver holds when a name needs a resolver, and that nothing is said where one may be hidden.
func TestResolver(t *testing.T) {
	const pass = "set $b backend.test; location /ws/ { proxy_pass http://$b:81; }"
	for text, want := range map[string]bool{
		inServer(pass):                          true,
		inServer("resolver 127.0.0.1; " + pass): false,
		inServer(pass + " location /o { proxy_pass http://backend.test:81; }"):                                             false,
		"events {} http { upstream u { server 127.0.0.1; } server { location /ws/ { set $b u; proxy_pass http://$b; } } }": false,
		inServer("set $b 127.0.0.1; location /ws/ { proxy_pass http://$b; }"):                                              false,
		"location /ws/ { set $b backend.test; proxy_pass http://$b; }":                                                     false,
	} {
		o := at(t, text, "/ws/", Chrome)
		if o.Upstream == nil || o.Upstream.NoResolver != want || want != (o.Status == 502) {
			t.Errorf("%s\n%+v", text, o)
		}
	}
}

// TestCanonical holds what the clients ask for.
func TestCanonical(t *testing.T) {
	for _, c := range []struct{ location, target string }{
		{"/ws/", "/ws/"}, {"= /ws", "/ws"}, {"^~ /a b", "/a%20b"}, {`~ ^/chat/(\d+)\.sock$`, "/chat/1.sock"}, {`~* \.(php|x)$`, "/x.php"},
		{"@named", "/"}, {`~ (?<!a)b(?=c)`, "/"}, {"/", "/"}, {`~ ^/(api|ws)/`, "/api/"},
	} {
		quoted := c.location
		if strings.Contains(quoted, "/a b") {
			quoted = `^~ "/a b"`
		}
		conf := loadText(t, "events {}\nhttp { server { listen 443 ssl; server_name ~x *.a.test; location "+quoted+" { return 200; } } }")
		req := New(conf).Canonical(conf.Locations()[0], Firefox)
		if req.Target != c.target || req.Headers[0].Value != "www.a.test" || !req.TLS || req.ServerName != "www.a.test" {
			t.Errorf("%s: %s for %s, TLS %v; want %s", c.location, req.Target, req.Headers[0].Value, req.TLS, c.target)
		}
	}
}

// TestClients holds the names and the handshakes.
func TestClients(t *testing.T) {
	for _, c := range Clients() {
		if got, err := ParseClient(strings.ToUpper(string(c))); err != nil || got != c {
			t.Errorf("%s: %s, %v", c, got, err)
		}
		upgrade, key := "", false
		for _, h := range c.Request("a.test", "/").Headers {
			if h.Name == "Upgrade" {
				upgrade = h.Value
			}
			key = key || h.Name == "Sec-WebSocket-Key"
		}
		if key != c.WebSocket() || strings.EqualFold(upgrade, "websocket") != c.WebSocket() {
			t.Errorf("%s: upgrade %q, key %v", c, upgrade, key)
		}
	}
	if _, err := ParseClient("safari"); err == nil {
		t.Error("safari is a client")
	}
}

// TestRedirects holds what becomes of a backend's Location.
func TestRedirects(t *testing.T) {
	for _, c := range []struct{ location, from, want string }{
		{"location /ws/ { proxy_pass http://127.0.0.1:1; }", "http://127.0.0.1:1/x?y", "http://a.test/x?y"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1/base/; }", "http://127.0.0.1:1/base/x", "http://a.test/ws/x"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1/base/; }", "http://127.0.0.1:1/other", "http://127.0.0.1:1/other"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1; proxy_redirect off; }", "http://127.0.0.1:1/x", "http://127.0.0.1:1/x"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1; absolute_redirect off; }", "http://127.0.0.1:1/x", "/x"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1; }", "/x", "/x"},
		{"location /ws/ { proxy_pass http://127.0.0.1:1; proxy_redirect ~^/(.*) https://$host/$1; }", "/x", "https://a.test/x"},
		{"set $b 127.0.0.1; location /ws/ { proxy_pass http://$b:1; }", "http://127.0.0.1:1/x", "http://127.0.0.1:1/x"},
	} {
		o := at(t, inServer(c.location), "/ws/", Plain)
		head := o.Answer(Response{Status: 302, Reason: "Found", Headers: []vars.Header{{Name: "Location", Value: c.from}}})
		got := ""
		for _, line := range head.Lines {
			if line.Name == "Location" {
				got = line.Value.Text
			}
		}
		if got != c.want {
			t.Errorf("%s: %s becomes %s, want %s", c.location, c.from, got, c.want)
		}
	}
}
