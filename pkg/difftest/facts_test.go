package difftest

import (
	"strings"
	"testing"
)

const handshake = "GET /ws HTTP/1.1\r\nHost: {ID}.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{ID}.test\r\n\r\n"

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// site is a case with one server and one location, whose statements are given.
func site(id string, statements ...string) *Case {
	location := Block("location /", Simple("proxy_pass http://127.0.0.1:{UP0}"))
	for _, text := range statements {
		location.Block = append(location.Block, Simple(text))
	}
	return &Case{ID: id, Servers: []*Directive{Block("server", Simple("listen 127.0.0.1:{FRONT}"), Simple("server_name {ID}.test"), location)},
		Requests: []Request{{Raw: handshake, Answer: Answer{Strict: true}}}}
}

func runOne(t *testing.T, s Server, c *Case) Result {
	t.Helper()
	all, err := Run(s, []*Case{c})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// The bare heads of nginx-websocket.md A.1, a site's with all that a WebSocket needs, and what nginx refuses.
func TestKnownFacts(t *testing.T) {
	for _, s := range Servers(t) {
		t.Run(s.Version, func(t *testing.T) {
			t.Parallel()
			bare := runOne(t, s, site("c1"))
			want := "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:10081\r\n"
			if strings.HasPrefix(s.Version, "1.2") {
				want = "GET /ws HTTP/1.0\r\nHost: 127.0.0.1:10081\r\nConnection: close\r\n"
			}
			want += "Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\nOrigin: http://c1.test\r\n\r\n"
			if got := string(bare.Observations[0].Upstream[0].Head); got != want {
				t.Errorf("head %q, want %q", got, want)
			}
			good := runOne(t, s, site("c2", "proxy_http_version 1.1", "proxy_set_header Upgrade $http_upgrade", "proxy_set_header Connection upgrade"))
			if o := good.Observations[0]; !o.ValidHandshake(sampleKey) {
				t.Errorf("no valid handshake: %+v", o)
			}
			if bad := runOne(t, s, site("c3", "proxy_set_header Upgrade $missing")); bad.Accepted || bad.Message != `unknown "missing" variable` {
				t.Errorf("refusal: %+v", bad)
			}
		})
	}
}
