package difftest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// patience bounds every wait of the harness: a run that reaches it reports a fault.
const patience = 10 * time.Second

// backends are the scripted backends of one case. Requests of a case run one after the other, so what arrives belongs
// to the request under way.
type backends struct {
	listeners []net.Listener
	wait      sync.WaitGroup
	mu        sync.Mutex
	conns     map[net.Conn]bool
	count     int           // connections so far
	bodiless  bool          // nginx was told to send no bodies, though it may announce them
	answer    Answer        // to the request under way
	tunnels   bool          // its client sent an Upgrade header, so a 101 opens a tunnel
	seen      []Exchange    // of the request under way
	arrived   chan struct{} // gets a token for each exchange
	closed    bool
}

// openBackends listens where the case's placeholders ask for it and fills in the ports.
func openBackends(c *Case, a *Addresses) (*backends, error) {
	b := &backends{bodiless: c.uses("proxy_pass_request_body off"), conns: map[net.Conn]bool{}, arrived: make(chan struct{}, 64)}
	for i := range a.Backends {
		if !c.uses(fmt.Sprintf("{UP%d}", i)) {
			continue
		}
		ln, port, err := listenLocal()
		if err != nil {
			b.close()
			return nil, err
		}
		a.Backends[i] = port
		b.listen(ln, fmt.Sprintf("UP%d", i))
	}
	if c.uses("{SOCK}") {
		ln, err := net.Listen("unix", a.socket(c.ID))
		if err != nil {
			b.close()
			return nil, err
		}
		b.listen(ln, "SOCK")
	}
	return b, nil
}

func (b *backends) listen(ln net.Listener, name string) {
	b.listeners = append(b.listeners, ln)
	b.wait.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed
			}
			if n, ok := b.admit(conn); ok {
				b.wait.Go(func() { b.serve(conn, name, n) })
			}
		}
	})
}

// admit numbers a connection; one that comes after close is dropped.
func (b *backends) admit(conn net.Conn) (int, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		_ = conn.Close()
		return 0, false
	}
	b.conns[conn] = true
	b.count++
	return b.count, true
}

// close ends all connections and waits for their goroutines.
func (b *backends) close() {
	b.mu.Lock()
	b.closed = true
	for _, ln := range b.listeners {
		_ = ln.Close()
	}
	for conn := range b.conns {
		_ = conn.Close()
	}
	b.mu.Unlock()
	b.wait.Wait()
}

// begin sets what is answered from now on.
func (b *backends) begin(answer Answer, tunnels bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer, b.tunnels, b.seen = answer, tunnels, nil
	for len(b.arrived) > 0 {
		<-b.arrived
	}
}

// end is what arrived since begin. An answer of nginx's own about the backend may overtake the head on its way to us:
// it is waited for, a little.
func (b *backends) end(gateway bool) []Exchange {
	if gateway {
		select {
		case <-b.arrived:
		case <-time.After(100 * time.Millisecond):
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// clientHello is the first byte of a connection that begins with a TLS handshake (RFC 8446, 5.1).
const clientHello = 0x16

// serve answers the requests of one connection of nginx's.
func (b *backends) serve(conn net.Conn, name string, number int) {
	defer func() {
		b.mu.Lock()
		delete(b.conns, conn)
		b.mu.Unlock()
		_ = conn.Close()
	}()
	r := bufio.NewReader(conn)
	if greeting, err := r.Peek(1); err == nil && greeting[0] == clientHello {
		return // a TLS handshake, which no backend here speaks
	}
	for b.exchange(conn, r, name, number) {
	}
}

// exchange reads one request and answers it; it says whether the connection lives on.
func (b *backends) exchange(conn net.Conn, r *bufio.Reader, name string, number int) bool {
	h, err := readHead(r)
	if err != nil {
		return false
	}
	body, err := b.body(conn, r, h)
	if strings.HasPrefix(h.first, "PRI * HTTP/2") {
		body, err = nil, io.EOF // a preface of HTTP/2, which no backend here speaks
	}
	answer, tunnels := b.record(Exchange{Backend: name, Conn: number, Head: Bytes(h.text), Body: Bytes(body)})
	if err != nil {
		return false
	}
	if answer.Strict {
		answer = strictAnswer(h)
	}
	if answer.Status == "" { // a backend that says nothing
		return false
	}
	if ends(h) && !answer.switches() {
		// As servers do: without it nginx pools the connection, and may use it before it notices that it is closed.
		answer.Headers = append(answer.Headers[:len(answer.Headers):len(answer.Headers)], "Connection: close")
	}
	if answer.switches() && tunnels {
		answer.Body = "" // what comes after the head is the echo's
	}
	if _, err := conn.Write(answer.bytes(h.method(), h.value("Sec-WebSocket-Key"))); err != nil {
		return false
	}
	if answer.switches() {
		if tunnels {
			echo(conn, r)
		}
		return false
	}
	return answer.Framing != Close && !ends(h)
}

// body reads what the head announces, but waits only a little: nginx sends it right behind the head. Where nginx was told
// to send none it may announce one all the same (proxy_pass_request_body off).
func (b *backends) body(conn net.Conn, r *bufio.Reader, h head) ([]byte, error) {
	if b.bodiless {
		return nil, nil
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience / 4)); err != nil {
		return nil, err
	}
	body, err := readBody(r, h, false)
	return body, errors.Join(err, conn.SetReadDeadline(time.Time{}))
}

// ends says whether the request asks for the connection's end after the answer.
func ends(h head) bool {
	connection := strings.Join(h.values("Connection"), ",")
	return hasToken(connection, "close") || h.version() == "HTTP/1.0" && !hasToken(connection, "keep-alive")
}

func (b *backends) record(e Exchange) (Answer, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, e)
	select {
	case b.arrived <- struct{}{}:
	default:
	}
	return b.answer, b.tunnels
}

// echo sends back what comes through a tunnel until the client ends it.
func echo(conn net.Conn, r io.Reader) {
	if conn.SetDeadline(time.Now().Add(patience)) == nil {
		_, _ = io.Copy(struct{ io.Writer }{conn}, r) // either side may end it in any way
	}
}
