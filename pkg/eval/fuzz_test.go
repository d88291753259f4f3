package eval

import (
	"net/netip"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// FuzzEvaluate evaluates any request against any configuration, as a whole one and as a fragment: nothing panics, hangs
// or grows without bound, and what is said of a head holds together.
func FuzzEvaluate(f *testing.F) {
	for _, c := range versionCases {
		f.Add(versionConfig(c.inside), "GET /ws/ HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n\r\n")
	}
	f.Add("server { location ~ ^/(?<a>x.*)$ { set $b $a; rewrite ^ /$1?$args break; proxy_pass http://$b:81/y; error_page 502 = @w; } location @w { proxy_pass http://u; } }",
		"POST /x%2f/../xx?q HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
	f.Add("events{} http { map $http_x $y { hostnames; default $z; *.a $y; ~*(b) $1; } map $y $z { '' $y; } add_header A $upstream_http_b$y always; proxy_redirect ~(.*) /$1; server { listen 80; if ($y) { return 301 /$y; } location / { proxy_pass http://unix:/s:/$y; limit_except GET { deny all; } } } }",
		"HEAD http://h:1/?a HTTP/1.0\nHost: c\nx: a.b\n\n")
	f.Fuzz(func(t *testing.T, text, request string) {
		if len(text) > 4096 || len(request) > 4096 {
			return
		}
		c, err := config.NewLoader(source.Memory{"nginx.conf": text}).Load("nginx.conf", config.Options{})
		if err != nil {
			return
		}
		e := New(c)
		conn := Connection{Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("127.0.0.1:50000")}
		for _, v := range []catalog.Version{oldVersion, newVersion, {Major: 1, Minor: 31, Patch: 5}} {
			raw, _ := e.Raw([]byte(request), conn, v)
			checkOutcomes(t, raw)
			for i, location := range c.Locations() {
				if i < 4 {
					checkOutcomes(t, e.At(location, clients[i], v))
				}
			}
		}
	})
}

// checkOutcomes asks everything of outcomes that callers may ask.
func checkOutcomes(t *testing.T, out Outcomes) {
	t.Helper()
	if len(out.All) > MaxWorlds {
		t.Fatalf("%d outcomes", len(out.All))
	}
	for _, o := range out.All {
		if o.Decision == nil {
			t.Fatal("an outcome without a decision")
		}
		if o.Upstream != nil {
			checkUpstream(t, o.Upstream)
		}
		for _, status := range []int{101, 200, 302, 404, 502} {
			checkAnswer(t, o.Answer(Response{Status: status, Reason: "x", Headers: []vars.Header{
				{Name: "Location", Value: "/x"}, {Name: "Upgrade", Value: "y"}, {Name: "Content-Length", Value: "5"}}}))
		}
		checkAnswer(t, o.Fail(502))
		o.Used()
	}
}

func checkUpstream(t *testing.T, u *Upstream) {
	t.Helper()
	n := 0
	for _, line := range u.Lines() {
		n += len(line.Name) + len(line.Value.Text)
		if line.DroppedBy != Sent || (line.Origin == OriginDirective) != (line.By != nil) {
			t.Fatalf("a line that is sent: %+v", line)
		}
		if line.Value.Empty() && line.Origin != OriginClient {
			t.Fatalf("an empty line is sent: %+v", line)
		}
	}
	for _, line := range u.Dropped() {
		if line.DroppedBy == Sent {
			t.Fatalf("a line that is dropped: %+v", line)
		}
	}
	if len(u.Head()) < n {
		t.Fatal("the head lacks lines")
	}
	if u.Timers == nil || u.Pass == nil {
		t.Fatalf("%+v", u)
	}
}

func checkAnswer(t *testing.T, h *ClientHead) {
	t.Helper()
	h.Head()
	if h.Tunnel && (h.KeepAlive || h.Chunked) {
		t.Fatalf("a tunnel and more: %+v", h)
	}
}
