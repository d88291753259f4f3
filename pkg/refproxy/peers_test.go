package refproxy

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A WebSocket library on both ends: text, binary, a message of 1 MB, a ping, and the close code with its reason.
func TestWebSocketPeers(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // it may be closed
		c.SetReadLimit(2 << 20)
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if string(message) == "end" {
				_ = c.Close(4001, "as asked for")
				return
			}
			if err := c.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}))
	defer backend.Close()
	for _, settings := range []string{pass, "location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $host; proxy_buffer_size 1k; proxy_pass http://{UP}; }"} {
		front := freeAddress(t)
		running(t, Options{}, site(settings), "{FRONT}", front, "{UP}", backend.Listener.Addr().String())
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		c, resp, err := websocket.Dial(ctx, "ws://"+front+"/ws", &websocket.DialOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != "chat" || resp.Header.Get("Server") != "nginx/1.30.6" {
			t.Errorf("%q, %v", c.Subprotocol(), resp.Header)
		}
		c.SetReadLimit(2 << 20)
		for kind, message := range map[websocket.MessageType][]byte{websocket.MessageText: []byte("text"), websocket.MessageBinary: bytes.Repeat([]byte{0, 1, 255}, 1<<20/3)} {
			if err := c.Write(ctx, kind, message); err != nil {
				t.Fatal(err)
			}
			k, back, err := c.Read(ctx)
			if err != nil || k != kind || !bytes.Equal(back, message) {
				t.Errorf("%v: %d bytes, %v", k, len(back), err)
			}
		}
		reading := c.CloseRead(ctx) // answers to pings are read
		if err := c.Ping(ctx); err != nil {
			t.Error(err)
		}
		_ = c.CloseNow() // CloseRead took the connection over
		<-reading.Done()
		if c, _, err = websocket.Dial(ctx, "ws://"+front+"/ws", nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, websocket.MessageText, []byte("end")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != 4001 {
			t.Errorf("closed with %v", err)
		}
	}
}
