package prove

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/ngxproof/ngxproof/pkg/vars"
)

// door is how a listener is reached.
type door struct {
	address       string // of a loopback listener
	tls           bool
	serverName    string
	proxyProtocol bool
}

// proxyLine is what a listener with proxy_protocol reads first (the PROXY protocol, version 1).
const proxyLine = "PROXY TCP4 127.0.0.1 127.0.0.1 54321 80\r\n"

// dial connects to the listener.
func (d door) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", d.address)
	if err != nil {
		return nil, err
	}
	if d.proxyProtocol {
		if _, err := io.WriteString(conn, proxyLine); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if !d.tls {
		return conn, nil
	}
	secure := tls.Client(conn, &tls.Config{ServerName: d.serverName, InsecureSkipVerify: true, //nolint:gosec // the certificate is made for the occasion
		NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS10})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the TLS handshake: %w", err), conn.Close())
	}
	return secure, nil
}

// exchange is one request and what the client got for it.
type exchange struct {
	sent []byte
	got  *head  // nil where nothing came
	body []byte // the first bytes of it
	err  error
}

// maxBody is how much of a body is kept.
const maxBody = 4 << 10

// wire returns the bytes of a request.
func wire(req *vars.Request, body string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", req.Method, req.Target, req.Version)
	for _, h := range req.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: text/plain\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return []byte(b.String())
}

// ask sends a request over a connection of its own and reads the answer. No answer within limit is an error.
func (d door) ask(ctx context.Context, raw []byte, limit time.Duration) *exchange {
	x := &exchange{sent: raw}
	conn, err := d.dial(ctx)
	if err != nil {
		x.err = err
		return x
	}
	defer func() { _ = conn.Close() }() // nothing is lost
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if x.err = conn.SetDeadline(time.Now().Add(limit)); x.err != nil {
		return x
	}
	if _, x.err = conn.Write(raw); x.err == nil {
		x.read(bufio.NewReader(conn))
	}
	return x
}

// read reads the answer, and the first bytes of its body.
func (x *exchange) read(r *bufio.Reader) {
	h, err := readHead(r)
	if len(h.raw) > 0 {
		x.got = h
	}
	if err != nil {
		x.err = err
		return
	}
	if h.status() == http.StatusSwitchingProtocols || strings.HasPrefix(string(x.sent), "HEAD ") {
		return
	}
	x.body, x.err = io.ReadAll(io.LimitReader(h.body(r, true), maxBody))
	if errors.Is(x.err, io.ErrUnexpectedEOF) {
		x.err = nil // the head is what counts
	}
}

// status is the status of the answer, 0 for none.
func (x *exchange) status() int {
	if x.got == nil {
		return 0
	}
	return x.got.status()
}

// open opens a WebSocket: the head is the client's, line by line, the judgement of the answer and all that follows are
// the library's.
func (d door) open(ctx context.Context, req *vars.Request) (*websocket.Conn, *exchange, error) {
	t := &handshake{door: d, req: req, x: &exchange{}}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ws, resp, err := websocket.Dial(bounded, "ws://"+hostOf(req)+"/", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}})
	if resp != nil && resp.Body != nil {
		x := t.x
		x.body, _ = io.ReadAll(resp.Body) // it is in memory
	}
	if err != nil {
		return nil, t.x, err
	}
	ws.SetReadLimit(4 << 20)
	return ws, t.x, nil
}

// hostOf returns what the request has as Host, where the library takes it.
func hostOf(req *vars.Request) string {
	for _, h := range req.Headers {
		if h.Name == "Host" && !strings.ContainsAny(h.Value, " /\\%<>\"") {
			return h.Value
		}
	}
	return "localhost"
}

// handshake sends a client's head in place of the library's.
type handshake struct {
	door door
	req  *vars.Request
	x    *exchange
}

// RoundTrip sends the head, with the library's key.
func (t *handshake) RoundTrip(r *http.Request) (*http.Response, error) {
	req := *t.req
	req.Headers = append([]vars.Header(nil), t.req.Headers...)
	for i := range req.Headers {
		if req.Headers[i].Name == keyLine {
			req.Headers[i].Value = r.Header.Get(keyLine)
		}
	}
	t.x.sent = wire(&req, "")
	conn, err := t.door.dial(r.Context())
	if err != nil {
		t.x.err = err
		return nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	resp, err := t.answer(conn)
	if !stop() && err == nil {
		err = context.Cause(r.Context())
	}
	if err != nil {
		t.x.err = err
		return nil, errors.Join(err, conn.Close())
	}
	return resp, nil
}

// answer sends the request and makes the library's response of what comes.
func (t *handshake) answer(conn net.Conn) (*http.Response, error) {
	if _, err := conn.Write(t.x.sent); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	h, err := readHead(r)
	if len(h.raw) > 0 {
		t.x.got = h
	}
	if err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(h.raw)), nil)
	if err != nil {
		return nil, err
	}
	resp.Body = &tunnel{conn, h.body(r, true)}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &tunnel{conn, r}
	}
	return resp, nil
}

// tunnel is what follows a head.
type tunnel struct {
	net.Conn
	r io.Reader
}

// Read reads what follows the head, some of which may have come with it.
func (t *tunnel) Read(p []byte) (int, error) { return t.r.Read(p) }
