package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// The three stages in which people arrive at a WebSocket behind nginx.
const (
	seedNone = `
        location /chat/ {
            proxy_pass http://backend;
        }`
	seedHeadersOnly = `
        location /chat/ {
            proxy_pass http://backend;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }`
	seedMapAndHTTP11 = `
        location /chat/ {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $host;
        }`
	seedRoot = `events {
}
http {
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
    upstream backend {
        server 127.0.0.1:9000;
    }
    server {
        listen 127.0.0.1:8080;
        LOCATION
    }
}
`
)

// seedFindings lints a stage and returns "level rule" of each finding, sorted.
func seedFindings(t *testing.T, location string, opts lint.Options) []string {
	t.Helper()
	files := source.Memory{"nginx.conf": strings.Replace(seedRoot, "LOCATION", location, 1)}
	cfg, err := config.NewLoader(files).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sel, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.New(sel, opts).Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.Level.String()+" "+d.Rule)
	}
	slices.Sort(got)
	return got
}

func declared(path string, heartbeat time.Duration) lint.Options {
	return lint.Options{WebSockets: []lint.WebSocket{{Path: path, Heartbeat: heartbeat}}}
}

func aimed(version string) lint.Options {
	v, err := catalog.ParseTarget(version)
	if err != nil {
		panic(err)
	}
	return lint.Options{Target: lint.OneVersion(v)}
}

func wantFindings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSeedNone: without headers it is an ordinary location, unless somebody says that WebSockets are opened there.
func TestSeedNone(t *testing.T) {
	wantFindings(t, seedFindings(t, seedNone, lint.Options{}))
	wantFindings(t, seedFindings(t, seedNone, declared("/chat/", 0)), "error upgrade-not-forwarded")
	wantFindings(t, seedFindings(t, "# ngxproof:websocket"+seedNone, lint.Options{}), "error upgrade-not-forwarded")
}

// TestSeedHeadersOnly: the handshake goes out as HTTP/1.0 before 1.29.7, and plain requests carry Connection: upgrade.
func TestSeedHeadersOnly(t *testing.T) {
	always := []string{"info h2c-upgrade-forwarded", "info short-read-timeout", "warning host-not-forwarded", "warning upgrade-literal-on-shared-location"}
	old := append([]string{"error handshake-over-http10"}, always...)
	wantFindings(t, seedFindings(t, seedHeadersOnly, lint.Options{}), old...)
	wantFindings(t, seedFindings(t, seedHeadersOnly, aimed("1.26")), old...)
	wantFindings(t, seedFindings(t, seedHeadersOnly, aimed("1.30")), always...)
}

// TestSeedMapAndHTTP11: what the documentation says works; what is left is worth knowing.
func TestSeedMapAndHTTP11(t *testing.T) {
	wantFindings(t, seedFindings(t, seedMapAndHTTP11, aimed("1.26")), "info h2c-upgrade-forwarded", "info short-read-timeout")
	for _, finding := range seedFindings(t, seedMapAndHTTP11, lint.Options{}) {
		if !strings.HasPrefix(finding, diag.Info.String()) {
			t.Errorf("found %s", finding)
		}
	}
}

// TestSeedDisconnect60Seconds: without traffic nginx closes after a minute. That is worth knowing where no heartbeat is
// known, fine with a heartbeat of less than half of it, a warning with a slower one, and gone with a longer timeout.
func TestSeedDisconnect60Seconds(t *testing.T) {
	has := func(location string, opts lint.Options, want string) {
		t.Helper()
		got := slices.DeleteFunc(seedFindings(t, location, opts), func(f string) bool { return !strings.HasSuffix(f, "short-read-timeout") })
		if strings.Join(got, ", ") != want {
			t.Errorf("found %q, want %q", got, want)
		}
	}
	longer := strings.Replace(seedMapAndHTTP11, "proxy_http_version", "proxy_read_timeout 1h;\n            proxy_http_version", 1)
	has(seedMapAndHTTP11, lint.Options{}, "info short-read-timeout")
	has(seedMapAndHTTP11, declared("/chat/", 25*time.Second), "")
	has(seedMapAndHTTP11, declared("/chat/", 45*time.Second), "warning short-read-timeout")
	has(longer, lint.Options{}, "")
	has(longer, declared("/chat/", 45*time.Second), "")
}
