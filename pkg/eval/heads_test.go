package eval

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// The ports that stand for the placeholders.
const (
	headsFront = "10080"
	headsUp    = "10081"
)

// headCase is one request of ../shared/data/heads.
type headCase struct {
	Host, Path, Kind, Request string
	Nginx                     []headAnswer
}

// headAnswer is what several versions did alike.
type headAnswer struct {
	Versions []string
	Echo     *bool
	Headers  []string
	Status   string
	Upstream []string
}

// TestHeads compares with what six versions of nginx sent upstream and answered for 960 requests.
func TestHeads(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "heads")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no ../shared/data/heads: ", err)
	}
	n, versions := 0, map[string]int{}
	for _, seed := range []string{"seed7", "seed8"} {
		text, err := os.ReadFile(filepath.Join(root, seed+".conf"))
		if err != nil {
			t.Fatal(err)
		}
		e := New(loadText(t, fillHeads(string(text))))
		e.Prefix, e.Router().Files = "/srv/ngx", fstest.MapFS{}
		for _, c := range readHeads(t, filepath.Join(root, seed+".jsonl")) {
			for _, want := range c.Nginx {
				for _, version := range want.Versions {
					n++
					versions[version]++
					checkHead(t, e, c, want, version)
				}
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d comparisons", n)
	}
	t.Logf("%d comparisons: %v", n, versions)
}

func fillHeads(text string) string {
	return strings.NewReplacer("{UP}", headsUp, "{FRONT}", headsFront, "{PREFIX}", "/srv/ngx").Replace(text)
}

func loadText(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.NewLoader(source.Memory{"nginx.conf": text}).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readHeads(t *testing.T, path string) []headCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var cases []headCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c headCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func checkHead(t *testing.T, e *Evaluator, c headCase, want headAnswer, version string) {
	t.Helper()
	v, err := catalog.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	conn := Connection{Local: netip.MustParseAddrPort("127.0.0.1:" + headsFront), Remote: netip.MustParseAddrPort("127.0.0.1:50000")}
	out, _ := e.Raw([]byte(fillHeads(c.Request)), conn, v)
	if len(out.All) != 1 || !out.Complete {
		t.Errorf("%s %s %s: %d outcomes", version, c.Host, c.Path, len(out.All))
		return
	}
	got := observe(out.All[0])
	for i := range want.Upstream {
		want.Upstream[i] = fillHeads(want.Upstream[i])
	}
	for i := range want.Headers {
		want.Headers[i] = fillHeads(want.Headers[i])
	}
	if !slices.Equal(got.Upstream, want.Upstream) || got.Status != want.Status || !slices.Equal(got.Headers, want.Headers) {
		t.Errorf("%s %s: request %q\n got %q %q %q\nwant %q %q %q", version, c.Host, c.Request,
			got.Upstream, got.Status, got.Headers, want.Upstream, want.Status, want.Headers)
	}
	if echoed := want.Echo != nil && *want.Echo; echoed && got.Echo == nil {
		t.Errorf("%s %s %q: no tunnel", version, c.Host, c.Request)
	}
}

// observe tells an outcome as the recordings do.
func observe(o *Outcome) headAnswer {
	var got headAnswer
	var up Response
	if o.Upstream != nil {
		got.Upstream = []string{string(o.Upstream.Head()) + string(o.Upstream.Body)}
		up = headsBackend(o.Upstream)
	}
	head := o.Answer(up)
	got.Status = "HTTP/1.1 " + head.StatusLine
	if head.Status == 101 && !head.Tunnel {
		return headAnswer{Upstream: got.Upstream, Status: "error TimeoutError", Headers: []string{}}
	}
	if head.Tunnel {
		yes := true
		got.Echo = &yes
	}
	got.Headers = []string{}
	for _, line := range head.Lines {
		if line.Name != "Date" && line.Name != "Server" {
			got.Headers = append(got.Headers, line.Name+": "+line.Value.Text)
		}
	}
	return got
}

// headsBackend answers as the backend of the recordings did.
func headsBackend(u *Upstream) Response {
	first := func(name string) (string, bool) {
		for _, line := range u.Lookup(name) {
			return strings.ToLower(line.Value.Text), true
		}
		return "", false
	}
	upgrade, upgrades := first("Upgrade")
	connection, _ := first("Connection")
	_, keyed := first("Sec-WebSocket-Key")
	plain := func(status int, reason, length string) Response {
		return Response{Status: status, Reason: reason, Version: "1.1", Headers: []vars.Header{
			{Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Length", Value: length}, {Name: "X-Backend", Value: "b"}}}
	}
	switch {
	case upgrades && upgrade == "websocket" && u.Version.Text == "1.1" && strings.Contains(connection, "upgrade"):
		return Response{Status: 101, Reason: "Switching Protocols", Version: "1.1", Headers: []vars.Header{
			{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
			{Name: "Sec-WebSocket-Accept", Value: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, {Name: "X-Backend", Value: "b"}}}
	case upgrades:
		return plain(400, "Bad Request", "11")
	case keyed:
		return plain(426, "Upgrade Required", "16")
	}
	return plain(200, "OK", "5")
}
