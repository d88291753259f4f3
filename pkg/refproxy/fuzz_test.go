package refproxy

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// FuzzParseResponse: a head is the same however it is cut, and never longer than what was read.
func FuzzParseResponse(f *testing.F) {
	for _, s := range answerScenes() {
		for _, script := range s.backend {
			for _, st := range script {
				f.Add([]byte(st.text), uint16(7))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		resp, size, err := parseResponse(b)
		if size > len(b) || size < 0 {
			t.Fatalf("%d of %d bytes", size, len(b))
		}
		if size > 0 && (err != nil || resp.Status < 0 || resp.Status > 999) {
			t.Errorf("%+v, %v", resp, err)
		}
		part := b[:min(int(cut), len(b))]
		if _, early, perr := parseResponse(part); early > 0 && early != size && err == nil {
			t.Errorf("%d bytes of a part, %d of all, %v", early, size, perr)
		}
	})
}

// FuzzChunk: what chunk writes, cutChunk reads.
func FuzzChunk(f *testing.F) {
	f.Add([]byte("hello"), []byte("world"))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		var wire []byte
		for _, part := range [][]byte{x, y} {
			if len(part) > 0 {
				wire = chunk(wire, part)
			}
		}
		wire = append(wire, "0\r\n\r\n"...)
		b := &bodyOf{a: &answered{frame: frame{chunked: true, length: -1}}}
		var got []byte
		for !b.done {
			data, used, err := b.cutChunk(wire)
			if err != nil || used == 0 {
				t.Fatalf("%v, %d used of %q", err, used, wire)
			}
			got = append(got, data...)
			wire = wire[used:]
		}
		if !bytes.Equal(got, append(bytes.Clone(x), y...)) {
			t.Errorf("%q", got)
		}
	})
}

// piped is a network in memory: one listener, and upstreams that answer what they are told.
type piped struct {
	conns  chan net.Conn
	closed chan struct{}
	answer []byte
}

func (p *piped) Listen(string, string) (net.Listener, error) { return p, nil }

func (p *piped) Dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		_, _ = far.Write(p.answer)
	}()
	return near, nil
}

func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error { close(p.closed); return nil }

func (p *piped) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// FuzzProxy: whatever a client and a backend send, the proxy answers with whole heads or nothing, and ends.
func FuzzProxy(f *testing.F) {
	for _, s := range append(requestScenes(), answerScenes()...) {
		if len(s.client) == 0 || len(s.backend) == 0 {
			continue
		}
		answer := ""
		for _, st := range s.backend[0] {
			answer += st.text
		}
		f.Add([]byte(s.client[0].text), []byte(answer), false)
	}
	f.Add([]byte(handshake+"more"), []byte(switched+"data"), true)
	c := load(f, "events {}\nhttp { server { listen 127.0.0.1:80; location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_pass http://127.0.0.1:81; } location /s { proxy_request_buffering off; proxy_buffering off; proxy_pass http://127.0.0.1:81; } location /r { return 200 $request_id; } } }")
	f.Fuzz(func(t *testing.T, sent, answer []byte, old bool) {
		network := &piped{conns: make(chan net.Conn, 1), closed: make(chan struct{}), answer: answer}
		o := Options{Version: v130, Network: network}
		if old {
			o.Version.Minor, o.Version.Patch = 22, 1
		}
		p, err := Start(c, o)
		if err != nil {
			t.Fatal(err)
		}
		stuck := time.AfterFunc(20*time.Second, func() {
			all := make([]byte, 1<<20)
			panic(string(all[:runtime.Stack(all, true)]))
		})
		defer stuck.Stop()
		near, far := net.Pipe()
		network.conns <- far
		go func() {
			_, _ = near.Write(sent)
			time.Sleep(time.Millisecond)
			_ = near.SetReadDeadline(time.Now())
		}()
		got, _ := io.ReadAll(near)
		_ = near.Close()
		p.Stop()
		if len(got) > 0 && len(sent) > 0 && bytes.HasPrefix(got, []byte("HTTP/1.1 ")) && bytes.Contains(got, []byte("\r\n\r\n")) {
			line, _, _ := strings.Cut(string(got), "\r\n")
			raw := bytes.HasPrefix(answer, []byte(line)) // an answer without a head is passed on as it is
			if len(line) < len("HTTP/1.1 200") && !raw {
				t.Errorf("%q", line)
			}
		}
	})
}
