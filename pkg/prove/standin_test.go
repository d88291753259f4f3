package prove

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// key is a valid key of a handshake.
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

// TestAnswers holds the stand-ins against what real backends answered to damaged handshakes: the table B.0 of the WebSocket
// reference, its columns ws, socket.io and coder/websocket, and for strict the strictest of all columns.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		what, head                     string
		node, socketIO, echo, strictly int
	}{
		{"sound", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + key, 101, 101, 101, 101},
		{"no Upgrade", "GET / HTTP/1.1\r\n" + key, 426, 400, 426, 426},
		{"no Upgrade, 1.0 and close", "GET / HTTP/1.0\r\nConnection: close\r\n" + key, 426, 400, 426, 505},
		{"1.0", "GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + key, 101, 101, 426, 505},
		{"close", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: close\r\n" + key, 426, 400, 426, 400},
		{"keep-alive", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n" + key, 426, 400, 426, 400},
		{"no Connection", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n" + key, 426, 400, 426, 400},
		{"swapped", "GET / HTTP/1.1\r\nUpgrade: upgrade\r\nConnection: upgrade\r\n" + key, 400, 400, 426, 426},
		{"Upgrade twice", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + key, 400, 400, 101, 426},
		{"h2c, websocket", "GET / HTTP/1.1\r\nUpgrade: h2c, websocket\r\nConnection: upgrade\r\n" + key, 400, 400, 101, 426},
		{"two Connection lines", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" + key, 101, 101, 101, 400},
		{"no key", "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n", 400, 400, 400, 400},
		{"plain", "GET / HTTP/1.1\r\n", 200, 200, 200, 200},
		{"plain over 1.0", "GET / HTTP/1.0\r\n", 200, 200, 200, 200},
		{"plain POST, forced", "POST / HTTP/1.1\r\nContent-Length: 2\r\nUpgrade: websocket\r\nConnection: upgrade\r\n", 405, 400, 405, 405},
	} {
		for kind, want := range map[Backend]int{Node: c.node, SocketIO: c.socketIO, Echo: c.echo, Strict: c.strictly, Plain: http.StatusOK} {
			s, err := newStandIn(kind, nil)
			if err != nil {
				t.Fatal(err)
			}
			body := ""
			if strings.HasPrefix(c.head, "POST") {
				body = "ab"
			}
			x := door{address: s.address}.ask(context.Background(), []byte(c.head+"Host: a\r\n\r\n"+body), patience)
			s.close()
			if x.err != nil || x.status() != want {
				t.Errorf("%s, %s: %d (%v), want %d", c.what, kind, x.status(), x.err, want)
			}
		}
	}
}

// TestModes: a stand-in that refuses, is silent, answers 426, and serves again.
func TestModes(t *testing.T) {
	s, err := newStandIn(Strict, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	d := door{address: s.address}
	request := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	for _, c := range []struct {
		mode mode
		want int
		says string
	}{{serving, 200, ""}, {upgrading, 426, ""}, {silent, 0, "i/o timeout"}, {refusing, 0, "refused"}, {serving, 200, ""}} {
		if err := s.become(c.mode); err != nil {
			t.Fatal(err)
		}
		x := d.ask(context.Background(), request, 100*time.Millisecond)
		said := ""
		if x.err != nil {
			said = x.err.Error()
		}
		if x.status() != c.want || !strings.Contains(said, c.says) {
			t.Errorf("mode %d: %d, %q; want %d, %q", c.mode, x.status(), said, c.want, c.says)
		}
	}
}

// TestNothingIsLeft: no goroutine outlives a stand-in, whatever its clients did.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := newStandIn(Strict, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range []string{"", "GET", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx", "\x16\x03\x01", strings.Repeat("a", 2*maxHead),
		"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + key + "\r\n"} {
		door{address: s.address}.ask(context.Background(), []byte(head), 50*time.Millisecond)
	}
	s.close()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines before, %d after", before, now)
	}
}
