package signals_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// of weighs the first location of a server's inside that has the word "here" in it, or else the first one.
func of(t *testing.T, http, server string, declared ...signals.Declared) *signals.Verdict {
	t.Helper()
	text := "events {\n}\nhttp {\n" + http + "\nserver {\n listen 80;\n" + server + "\n}\n}\n"
	cfg, err := config.NewLoader(source.Memory{"n.conf": text}).Load("n.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	locations := cfg.Locations()
	at := locations[0]
	for _, l := range locations {
		if strings.Contains(l.File.Slice(l.Span()), "here") {
			at = l
		}
	}
	return signals.New(eval.New(cfg), declared).Of(at)
}

// spell gives "S7 0.85, S9 0.60 x 0.10 = 0.09".
func spell(v *signals.Verdict) string {
	var words []string
	for _, s := range v.Signals {
		words = append(words, fmt.Sprintf("%s %.2f", s.ID, s.Weight))
	}
	text := strings.Join(words, ", ")
	for _, s := range v.Against {
		text += fmt.Sprintf(" x %.2f", s.Weight)
	}
	return text + fmt.Sprintf(" = %.2f", v.Confidence)
}

func TestSignals(t *testing.T) {
	const pass = "proxy_pass http://127.0.0.1:9999;"
	const upgrade = "proxy_set_header Upgrade $http_upgrade; "
	for _, test := range []struct{ http, server, want string }{
		// S1, S2
		{"", "location /x { " + upgrade + pass + " }", "S1 1.00 = 1.00"},
		{"", "location /x { proxy_set_header Upgrade ''; " + pass + " }", " x 0.00 = 0.00"},
		{"", "location /x { proxy_set_header Connection upgrade; " + pass + " }", "S2 0.97 = 0.97"},
		{"map $http_upgrade $c { default close; }", "location /x { proxy_set_header Connection $c; " + pass + " }", "S2 0.97 = 0.97"},
		{"", "location /x { proxy_set_header Connection close; " + pass + " }", " = 0.00"},
		// S3
		{"", "# ngxproof:websocket\nlocation /x { " + pass + " }", "S3 1.00 = 1.00"},
		{"", "# ngxproof:websocket\nlocation /x { proxy_set_header Upgrade ''; " + pass + " }", "S3 1.00 = 1.00"},
		{"", "location /x {\n # ngxproof:websocket\n " + pass + " }", "S3 1.00 = 1.00"},
		{"", "location /x { # ngxproof:websocket\n " + pass + " }", "S3 1.00 = 1.00"},
		{"", "# websocket\nlocation /x { " + pass + " }", " = 0.00"},
		{"", "location /here {\n " + pass + "\n # ngxproof:websocket\n location /here/in { " + pass + " }\n }", "S3 1.00 = 1.00"},
		{"", "location /x {\n " + pass + "\n # ngxproof:websocket\n location /x/in { " + pass + " }\n }", " = 0.00"},
		// S4, S5
		{"", "location /x { if ($http_upgrade) { set $a b; } " + pass + " }", "S4 0.97 = 0.97"},
		{"map $http_upgrade $b { default 127.0.0.1:1; websocket 127.0.0.1:2; }", "location /x { proxy_pass http://$b; }", "S4 0.97 = 0.97"},
		{"", "location /x { proxy_set_header Sec-WebSocket-Protocol $http_sec_websocket_protocol; " + pass + " }", "S5 0.95 = 0.95"},
		// S6
		{"upstream grafana { server 127.0.0.1:1; }", "location /api/live/ { proxy_pass http://grafana; }", "S6 0.90, S8 0.40 = 0.94"},
		{"", "server_name grafana.example.com; location /api/live/ { " + pass + " }", "S6 0.90, S8 0.40 = 0.94"},
		{"", "location /api/live/ { proxy_pass http://127.0.0.1:3000; }", "S6 0.90, S8 0.40 = 0.94"},
		{"", "location /api/live/ { " + pass + " }", "S8 0.40 = 0.40"},
		{"", "location / { proxy_pass http://127.0.0.1:3001; }", " = 0.00"},
		{"", "server_name kuma.example.com; location / { " + pass + " }", "S6 0.90 = 0.90"},
		{"", "server_name kuma.example.com; location / { " + pass + " here; } location /socket.io/ { " + pass + " }", " = 0.00"},
		// S7: whole segments in any case, or a token of one
		{"", "location /socket.io/ { " + pass + " }", "S7 0.85 = 0.85"},
		{"", "location /a/WebSocket { " + pass + " }", "S7 0.85 = 0.85"},
		{"", "location = /websocket { " + pass + " }", "S7 0.90 = 0.90"},
		{"", "location ^~ /websocket { " + pass + " }", "S7 0.90 = 0.90"},
		{"", "location /ws { " + pass + " }", "S7 0.75 = 0.75"},
		{"", "location /services/ws-xmpp { " + pass + " }", "S7 0.75 = 0.75"},
		{"", "location /wetty { " + pass + " }", " = 0.00"},
		{"", "location /news { " + pass + " }", " = 0.00"},
		{"", `location ~ ^/colibri-ws/(.*)$ { ` + pass + " }", "S7 0.85 = 0.85"},
		{"", "location /notifications/hub { " + pass + " }", "S7 0.85 = 0.85"},
		// S8 to S10, S14
		{"", "location /chat { " + pass + " }", "S8 0.40 = 0.40"},
		{"upstream my_ws { server 127.0.0.1:1; }", "location /x { proxy_pass http://my_ws; }", "S9 0.60 = 0.60"},
		{"upstream aws { server 127.0.0.1:1; }", "location /x { proxy_pass http://aws; }", " = 0.00"},
		{"", "location /x { proxy_pass http://127.0.0.1:6080; }", "S10 0.60 = 0.60"},
		{"", "location / { proxy_pass http://127.0.0.1:8123; }", "S6 0.90, S10 0.90 = 0.99"},
		{"", "server_name localhost; location /x { proxy_pass http://127.0.0.1:5173; }", "S14 0.40 = 0.40"},
		// S11 to S13
		{"", "location /x { proxy_read_timeout 10m; proxy_buffering off; " + pass + " }", "S11 0.30 = 0.30"},
		{"", "location /x { proxy_read_timeout 9m; proxy_buffering off; " + pass + " }", " = 0.00"},
		{"", upgrade + "location /x { proxy_set_header A b; " + pass + " }", "S12 0.60 = 0.60"},
		{"", upgrade + "location / { proxy_set_header A b; " + pass + " }", "S12 0.90 = 0.90"},
		{"", "location /here { " + pass + " } location /y { " + upgrade + pass + " }", "S13 0.20 = 0.20"},
		// against
		{"", `location ~ ^/ws/.*\.(css|js)$ { ` + pass + " }", "S7 0.75 x 0.05 = 0.04"},
		{"", "location /websocket { internal; " + pass + " }", "S7 0.85 x 0.10 = 0.09"},
		{"", "location /websocket { limit_except POST { deny all; } " + pass + " }", "S7 0.85 x 0.10 = 0.09"},
		{"", "location /websocket { limit_except GET { deny all; } " + pass + " }", "S7 0.85 = 0.85"},
		{"proxy_cache_path /tmp/c keys_zone=c:1m;", "location /websocket { proxy_cache c; " + pass + " }", "S7 0.85 x 0.50 = 0.42"},
		{"", "location /websocket { return 204; }", "S7 0.85 x 0.10 = 0.09"},
		{"", "location /websocket { root /srv; }", "S7 0.85 x 0.10 = 0.09"},
		{"", "location /websocket/health { " + pass + " }", "S7 0.85 x 0.10 = 0.09"},
		{"", "location = /metrics { proxy_set_header Connection upgrade; " + pass + " }", "S2 0.97 x 0.02 = 0.02"},
		{"upstream prometheus { server 127.0.0.1:1; }", "location /ws { proxy_pass http://prometheus; }", "S7 0.75 x 0.10 = 0.08"},
	} {
		if got := spell(of(t, test.http, test.server)); got != test.want {
			t.Errorf("%s %s\n is %s, want %s", test.http, test.server, got, test.want)
		}
	}
}

func TestBroad(t *testing.T) {
	const pass = " { proxy_pass http://127.0.0.1:9999; }"
	for server, want := range map[string]bool{
		"location /" + pass: true, "location /api/" + pass: true, "location ^~ /api/" + pass: true, "location = /api" + pass: false,
		"location /ws" + pass: false, "location ~ ." + pass: true, `location ~ ^/(a|b)/x` + pass: false, `location ~ \.html$` + pass: true,
		"# ngxproof:websocket\nlocation /" + pass: false, "server_name kuma.a.example; location /x" + pass: true,
	} {
		if got := of(t, "", server).Broad; got != want {
			t.Errorf("%s: broad is %v", server, got)
		}
	}
}

func TestDeclared(t *testing.T) {
	const pass = "{ proxy_pass http://127.0.0.1:9999; }"
	for _, test := range []struct {
		path, server string
		want         bool
	}{
		{"/feed", "location /feed " + pass, true},
		{"/feed/a", "location /feed " + pass, true},
		{"/other", "location /feed " + pass, false},
		{"/feed", "location /feed " + pass + " location ~ ^/fe { root /here; }", true},
		{"/feed", "location /feed { root /here; } location ~ ^/fe " + pass, false},
	} {
		v := of(t, "", test.server, signals.Declared{Path: test.path, Heartbeat: time.Minute})
		if v.Declared != test.want || v.Declared && v.Heartbeat != time.Minute {
			t.Errorf("%s in %s: declared is %v, heartbeat %s", test.path, test.server, v.Declared, v.Heartbeat)
		}
	}
}

// TestProducts reads the table, every cell of it.
func TestProducts(t *testing.T) {
	names := map[string]bool{}
	for _, p := range signals.Products() {
		switch {
		case names[p.Name] || p.Name == "":
			t.Errorf("%q is there twice", p.Name)
		case !strings.Contains("HML", p.Confidence) || len(p.Confidence) != 1:
			t.Errorf("%s: confidence %q", p.Name, p.Confidence)
		case !strings.HasPrefix(p.Source, "https://"):
			t.Errorf("%s: source %q", p.Name, p.Source)
		case len(p.Ports)+len(p.Names) == 0 && !p.Own:
			t.Errorf("%s: nothing but a path names it", p.Name)
		}
		names[p.Name] = true
		for _, path := range p.Paths {
			if !strings.HasPrefix(path, "/") {
				t.Errorf("%s: path %q", p.Name, path)
			}
		}
		for _, port := range p.Ports {
			if port < 1 || port > math.MaxUint16 {
				t.Errorf("%s: port %s", p.Name, strconv.Itoa(port))
			}
		}
	}
	if len(names) < 60 {
		t.Errorf("only %d products", len(names))
	}
}
