package eval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// versionCases are heads whose form depends on nginx's version. The version history of nginx (CHANGES) says what changed
// when; the heads of 1.22.1, 1.26.3 and 1.30.6 are those of the real servers too, those of 1.29.6 and 1.31.5 those of
// recordings.
var versionCases = []struct {
	name   string
	inside string // of location /ws/
	client string // lines after Host
	want   map[string]string
}{
	{
		name: "no directive", client: "Connection: Upgrade|Upgrade: websocket|Proxy-Connection: x|TE: trailers|X-A: 1",
		want: map[string]string{
			"1.22.1":        "GET /ws/ HTTP/1.0|Host: 127.0.0.1:8080|Connection: close|Proxy-Connection: x|X-A: 1",
			"1.29.6":        "GET /ws/ HTTP/1.0|Host: 127.0.0.1:8080|Connection: close|Proxy-Connection: x|X-A: 1",
			"1.29.7 1.30.6": "GET /ws/ HTTP/1.1|Host: 127.0.0.1:8080|Proxy-Connection: x|X-A: 1",
			"1.31.0 1.31.5": "GET /ws/ HTTP/1.1|Host: 127.0.0.1:8080|X-A: 1",
		},
	},
	{
		name:   "explicit versions",
		inside: "proxy_http_version 1.0;", client: "Keep-Alive: 5|Expect: x",
		want: map[string]string{
			"1.26.3": "GET /ws/ HTTP/1.0|Host: 127.0.0.1:8080|Connection: close",
			"1.30.6": "GET /ws/ HTTP/1.0|Host: 127.0.0.1:8080",
		},
	},
	{
		name: "order and two Hosts", inside: "proxy_set_header X-B b; proxy_set_header Host one; proxy_set_header Host two;", client: "X-A: 1",
		want: map[string]string{
			"1.29.6":        "GET /ws/ HTTP/1.0|X-B: b|Host: one|Host: two|Connection: close|X-A: 1",
			"1.30.6 1.31.3": "GET /ws/ HTTP/1.1|X-B: b|Host: one|Host: two|X-A: 1",
			"1.31.4 1.31.5": "GET /ws/ HTTP/1.1|Host: two|X-B: b|X-A: 1",
		},
	},
	{
		name: "empty Host", inside: `proxy_set_header X-B b; proxy_set_header Host "";`,
		want: map[string]string{
			"1.30.6 1.31.3": "GET /ws/ HTTP/1.1|X-B: b",
			"1.31.4":        "GET /ws/ HTTP/1.1|Host: 127.0.0.1:8080|X-B: b",
		},
	},
	{
		name: "empty Host and 1.0", inside: `proxy_http_version 1.0; proxy_set_header Host "";`,
		want: map[string]string{
			"1.26.3": "GET /ws/ HTTP/1.0|Connection: close",
			"1.31.4": "GET /ws/ HTTP/1.0",
		},
	},
	{
		name: "repeated headers in a variable", inside: "proxy_set_header Upgrade $http_upgrade;", client: "Upgrade: h2c|Upgrade: websocket",
		want: map[string]string{
			"1.22.1": "GET /ws/ HTTP/1.0|Upgrade: h2c|Host: 127.0.0.1:8080|Connection: close",
			"1.23.0": "GET /ws/ HTTP/1.0|Upgrade: h2c, websocket|Host: 127.0.0.1:8080|Connection: close",
			"1.31.4": "GET /ws/ HTTP/1.1|Host: 127.0.0.1:8080|Upgrade: h2c, websocket",
		},
	},
	{
		name: "duplicates and empty values", inside: `proxy_set_header Upgrade ""; proxy_set_header upgrade a; proxy_set_header X-E ""; proxy_set_header Connection $nothing_arg;`,
		client: "Upgrade: websocket|X-E: client|Connection: Upgrade",
		want:   map[string]string{"1.26.3": "GET /ws/ HTTP/1.0|upgrade: a|Host: 127.0.0.1:8080"},
	},
	{
		name: "cache", inside: "proxy_cache zone;", client: "If-None-Match: x|Range: bytes=0-1|X-A: 1",
		want: map[string]string{
			"1.26.3": "GET /ws/ HTTP/1.0|Host: 127.0.0.1:8080|Connection: close|X-A: 1",
			"1.31.5": "GET /ws/ HTTP/1.1|Host: 127.0.0.1:8080|X-A: 1",
		},
	},
	{
		name: "no request headers", inside: "proxy_pass_request_headers off; proxy_set_header X-B $http_x_a;", client: "X-A: 1|Sec-WebSocket-Key: k",
		want: map[string]string{"1.26.3": "GET /ws/ HTTP/1.0|X-B: 1|Host: 127.0.0.1:8080|Connection: close"},
	},
}

// versionConfig is the configuration around a case.
func versionConfig(inside string) string {
	return "events {}\nhttp {\n proxy_cache_path /c keys_zone=zone:1m;\n map $host $nothing_arg { other x; }\n" +
		" proxy_set_header X-Outer outer;\n server { listen 80; server_name a.test; proxy_set_header X-Server server; location /ws/ { proxy_set_header X-Outer \"\"; " +
		inside + " proxy_pass http://127.0.0.1:8080; } }\n}\n"
}

// TestVersions holds the heads of every profile against the table.
func TestVersions(t *testing.T) {
	for _, c := range versionCases {
		e := New(loadText(t, versionConfig(c.inside)))
		for versions, want := range c.want {
			for version := range strings.FieldsSeq(versions) {
				if got := headOf(t, e, c.client, version); got != want {
					t.Errorf("%s, nginx %s:\n got %s\nwant %s", c.name, version, got, want)
				}
			}
		}
	}
}

// headOf returns the head of a request with these lines, "|" for line ends.
func headOf(t *testing.T, e *Evaluator, client, version string) string {
	t.Helper()
	req := &vars.Request{Method: "GET", Target: "/ws/", Version: "1.1", Headers: []vars.Header{{Name: "Host", Value: "a.test"}}}
	for line := range strings.SplitSeq(client, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			req.Headers = append(req.Headers, vars.Header{Name: name, Value: value})
		}
	}
	v, err := catalog.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	out := e.Request(req, v)
	if len(out.All) != 1 || out.All[0].Upstream == nil {
		t.Fatalf("%d outcomes, %v", len(out.All), out.All[0].Unknown)
	}
	return strings.TrimSuffix(strings.ReplaceAll(string(out.All[0].Upstream.Head()), "\r\n", "|"), "||")
}

// TestProfiles compares docs/nginx-versions.md with how each profile is checked: live where a version of it is among the
// recorded servers, which CI asks again; replayed where ../shared/data/heads has it; else it is read from nginx's source
// and history.
func TestProfiles(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "nginx-versions.md"))
	if err != nil {
		t.Fatal(err)
	}
	live, replayed := recordedVersions(t), []string{"1.22.1", "1.26.3", "1.29.6", "1.29.8", "1.30.6", "1.31.5"}
	seen := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) >= 4 {
			seen[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[2])
		}
	}
	for _, p := range catalog.Profiles() {
		want := "source"
		if has(t, p, replayed) {
			want = "replayed"
		}
		if has(t, p, live) {
			want = "live"
		}
		if seen[p.Name] != want {
			t.Errorf("profile %s is %q in docs/nginx-versions.md, and checked %s", p.Name, seen[p.Name], want)
		}
	}
}

// has reports whether one of the versions is in the profile.
func has(t *testing.T, p catalog.Profile, versions []string) bool {
	t.Helper()
	for _, text := range versions {
		v, err := catalog.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Has(v) {
			return true
		}
	}
	return false
}

// recordedVersions lists the servers whose answers are in testdata.
func recordedVersions(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(recordedDir, "nginx-*.jsonl"))
	if err != nil || len(names) == 0 {
		t.Fatal("no recordings", err)
	}
	var versions []string
	for _, name := range names {
		versions = append(versions, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "nginx-"), ".jsonl"))
	}
	return versions
}

// TestAtEqualsRequest holds what At gives, with all that it shares, against evaluating the same request alone: for every
// location of the recorded configurations, every client and every profile, in two orders.
func TestAtEqualsRequest(t *testing.T) {
	n := 0
	for _, s := range recordedScenarios(t) {
		for _, newestFirst := range []bool{false, true} {
			e, err := s.evaluator()
			if err != nil {
				t.Fatal(err)
			}
			profiles := catalog.Profiles()
			for i := range profiles {
				p := profiles[i]
				if newestFirst {
					p = profiles[len(profiles)-1-i]
				}
				n += atEqualsRequest(t, s, e, p.Representative)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d comparisons", n)
	}
}

func atEqualsRequest(t *testing.T, s *scenario, e *Evaluator, v catalog.Version) (n int) {
	t.Helper()
	for _, location := range e.Config().Locations() {
		for _, client := range Clients() {
			n++
			got := e.At(location, client, v)
			want := e.AtRequest(location, e.Canonical(location, client), v)
			if a, b := describe(got), describe(want); a != b {
				t.Errorf("%s, nginx %s, %s at %s:\n%s\nalone:\n%s", s.id, v, client, location.Arg(1), a, b)
			}
		}
	}
	return n
}

// describe tells outcomes whole, with what a backend's 101 becomes.
func describe(out Outcomes) string {
	var b strings.Builder
	for _, o := range out.All {
		b.WriteString(o.Unknown)
		if o.Upstream != nil {
			b.Write(o.Upstream.Head())
			for _, line := range o.Upstream.Dropped() {
				b.WriteString("dropped " + line.Name + ": " + line.Value.Text + " " + line.DroppedBy.String() + "\n")
			}
		}
		head := o.Answer(Response{Status: 101, Reason: "Switching Protocols", Headers: []vars.Header{{Name: "Upgrade", Value: "websocket"}, {Name: "X-A", Value: "1"}}})
		b.WriteString(head.Unknown)
		b.Write(head.Head())
		b.Write(head.Body)
		b.WriteString(map[bool]string{true: "tunnel\n", false: "no tunnel\n"}[head.Tunnel])
	}
	return b.String()
}
