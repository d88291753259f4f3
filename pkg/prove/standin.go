package prove

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// mode is how the stand-in behaves.
type mode uint8

const (
	serving   mode = iota
	silent         // takes requests and never answers
	refusing       // does not listen
	upgrading      // answers 426 to everything
)

// standIn is the backend that stands behind every upstream: one listener, plain or encrypted as the proxy comes.
type standIn struct {
	kind Backend
	tls  *tls.Config
	wait sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener
	address  string
	mode     mode
	conns    map[net.Conn]bool
	seen     []passed
	holding  int // requests that are not answered
	closed   bool
}

// passed is one request that reached the stand-in and what it answered.
type passed struct {
	received *head
	answered []byte
}

// newStandIn listens on a loopback address.
func newStandIn(kind Backend, cert *tls.Certificate) (*standIn, error) {
	s := &standIn{kind: kind, conns: map[net.Conn]bool{}}
	if cert != nil {
		s.tls = &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10} //nolint:gosec // the configuration may allow no better
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.address = listener.Addr().String()
	s.listen(listener)
	return s, nil
}

// listen takes connections from now on.
func (s *standIn) listen(listener net.Listener) {
	s.listener = listener
	s.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			s.mu.Lock()
			ok := !s.closed && s.mode != refusing
			if ok {
				s.conns[conn] = true
				s.wait.Go(func() { s.serve(conn) })
			}
			s.mu.Unlock()
			if !ok {
				_ = conn.Close() // it came too late
			}
		}
	})
}

// become changes the mode; connections under way are closed, so that none is used again.
func (s *standIn) become(m mode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close() // what is lost was meant to be
	}
	was := s.mode
	s.mode = m
	switch {
	case m == refusing && was != refusing:
		return s.listener.Close()
	case m != refusing && was == refusing:
		listener, err := net.Listen("tcp4", s.address)
		if err != nil {
			return err
		}
		s.listen(listener)
	}
	return nil
}

// close ends everything and waits for it.
func (s *standIn) close() {
	s.mu.Lock()
	s.closed = true
	_ = s.listener.Close() // it may be closed already
	for conn := range s.conns {
		_ = conn.Close() // as above
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// taken returns what arrived since the last call.
func (s *standIn) taken() []passed {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// serve answers the requests of one connection.
func (s *standIn) serve(conn net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close() // the other side may have
	}()
	r := bufio.NewReader(conn)
	first, err := r.Peek(1)
	if err != nil {
		return
	}
	var wire net.Conn = &buffered{conn, r}
	if first[0] == recordHandshake && s.tls != nil {
		wire = tls.Server(wire, s.tls)
	}
	r = bufio.NewReader(wire)
	for s.exchange(wire, r) {
	}
}

// recordHandshake is the type of a TLS record that a handshake begins with (RFC 8446, 5.1).
const recordHandshake = 22

// buffered is a connection of which the first bytes were read.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

// Read reads what is in the buffer first, then the connection.
func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// exchange reads one request and answers it; it says whether the connection lives on.
func (s *standIn) exchange(conn net.Conn, r *bufio.Reader) bool {
	h, err := readHead(r)
	if err != nil {
		return false
	}
	s.mu.Lock()
	m := s.mode
	s.mu.Unlock()
	switch m {
	case silent:
		s.note(h, nil)
		s.hold(1)
		_, _ = io.Copy(io.Discard, r) // until the proxy gives up
		s.hold(-1)
		return false
	case upgrading:
		return s.send(conn, r, h, failure(http.StatusUpgradeRequired))
	}
	if answer := s.kind.answer(h); answer != nil {
		return s.send(conn, r, h, answer)
	}
	s.accept(conn, r, h)
	return false
}

// hold counts n more requests that are not answered.
func (s *standIn) hold(n int) {
	s.mu.Lock()
	s.holding += n
	s.mu.Unlock()
}

// held returns how many requests wait for an answer that does not come.
func (s *standIn) held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holding
}

// note keeps a request and its answer, up to a number that no scenario reaches.
func (s *standIn) note(h *head, answered []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) < 1000 {
		s.seen = append(s.seen, passed{h, answered})
	}
}

// send answers without an upgrade.
func (s *standIn) send(conn net.Conn, r *bufio.Reader, h *head, answer *reply) bool {
	connection := h.joined("Connection")
	closes := hasToken(connection, "close") || h.version() != "HTTP/1.1" && !hasToken(connection, "keep-alive")
	text := answer.bytes(h.method(), closes)
	_ = conn.SetReadDeadline(time.Now().Add(patience)) // a refusal ends the read below
	_, err := io.Copy(io.Discard, h.body(r, false))
	_ = conn.SetReadDeadline(time.Time{}) // as above
	s.note(h, text)
	if err != nil {
		return false
	}
	_, err = conn.Write(text)
	return err == nil && !closes
}

// accept has the library take the handshake, and echoes what comes through the tunnel. What the kind has judged sound is
// put in a form that the library takes; Echo's judgement is the library's own.
func (s *standIn) accept(conn net.Conn, r *bufio.Reader, h *head) {
	raw := h.raw
	if s.kind != Echo {
		raw = []byte("GET / HTTP/1.1\r\nHost: stand-in\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
			keyLine + ": " + h.joined(keyLine) + "\r\n\r\n")
	}
	w := &hijacked{conn: conn, r: r, header: http.Header{}}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		s.note(h, w.sent)
		return
	}
	options := websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled}
	w.told = func() { s.note(h, w.sent) }
	ws, err := websocket.Accept(w, req, &options)
	if err != nil {
		return
	}
	defer func() { _ = ws.CloseNow() }() // it may be closed already
	ws.SetReadLimit(4 << 20)
	echo(ws)
}

// closeOrder is the text message that has the stand-in close the tunnel with the code that follows.
const closeOrder = "ngxproof: close "

// echo sends messages back until the tunnel ends.
func echo(ws *websocket.Conn) {
	ctx := context.Background()
	for {
		kind, message, err := ws.Read(ctx)
		if err != nil {
			return // the library has answered a close
		}
		if code, ok := strings.CutPrefix(string(message), closeOrder); ok {
			n, err := strconv.Atoi(code)
			if err == nil {
				_ = ws.Close(websocket.StatusCode(n), "as told") // the client tells what it got
			}
			return
		}
		if err := ws.Write(ctx, kind, message); err != nil {
			return
		}
	}
}

// hijacked is a response whose connection the library takes over.
type hijacked struct {
	conn   net.Conn
	r      *bufio.Reader
	header http.Header
	sent   []byte
	wrote  bool
	told   func() // once the head is made, before it is sent
}

// Header returns the header that WriteHeader sends.
func (w *hijacked) Header() http.Header { return w.header }

// WriteHeader sends the head of the answer, the first time that it is called.
func (w *hijacked) WriteHeader(status int) {
	if w.wrote {
		return
	}
	w.wrote = true
	if status != http.StatusSwitchingProtocols {
		w.header.Set("Connection", "close")
	}
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = w.header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	w.sent = b.Bytes()
	if w.told != nil {
		w.told()
	}
	_, _ = w.conn.Write(w.sent) // what follows fails too
}

// Write sends a part of the body, after the head.
func (w *hijacked) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.conn.Write(p)
}

// Hijack hands the connection over, as http.Hijacker says.
func (w *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !w.wrote {
		return nil, nil, errors.New("no head yet")
	}
	return w.conn, bufio.NewReadWriter(w.r, bufio.NewWriter(w.conn)), nil
}
