package refproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// conn is a client's connection. Its requests are served one after the other in one goroutine.
type conn struct {
	proxy    *Proxy
	gen      *generation
	bind     *bind
	raw      net.Conn // as accepted
	net      net.Conn // raw, or the encrypted one over it
	peers    eval.Connection
	serial   uint64
	started  time.Time
	requests int
	received int64

	in     []byte // what was read and not used yet
	reads  alarm
	writes alarm
	eof    bool // the client will send no more
	idle   atomic.Bool
	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
}

// newConn returns the connection that a listener accepted. The proxy is locked.
func (p *Proxy) newConn(raw net.Conn, l *listener) *conn {
	c := &conn{proxy: p, gen: p.current, bind: l.bind, raw: raw, net: raw, serial: p.numbers.Add(1), started: p.clock.Now()}
	c.reads.clock, c.reads.deadline = p.clock, raw.SetReadDeadline
	c.writes.clock, c.writes.deadline = p.clock, raw.SetWriteDeadline
	c.peers = eval.Connection{Local: c.bind.local, Remote: addressOf(raw.RemoteAddr())}
	if c.bind.wildcard {
		c.peers.Local = netip.AddrPortFrom(addressOf(raw.LocalAddr()).Addr(), c.bind.port)
	}
	c.ctx, c.cancel = context.WithCancel(p.ctx)
	return c
}

// addressOf returns the address of one end; the zero one for a unix socket.
func addressOf(a net.Addr) netip.AddrPort {
	at, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// abort ends the connection from outside its goroutine.
func (c *conn) abort() {
	c.cancel()
	_ = c.raw.Close() // what is lost was meant to be
}

// close ends the connection; it may be called again.
func (c *conn) close() {
	c.once.Do(func() {
		c.reads.kill()
		c.writes.kill()
		c.cancel()
		if t, ok := c.net.(*tls.Conn); ok && c.ctx.Err() == nil {
			_ = t.CloseWrite() // the client may be gone
		}
		_ = c.raw.Close() // as above
		c.in = nil
	})
}

// serve reads requests and answers them until the connection ends.
func (c *conn) serve() {
	defer c.proxy.forget(c)
	defer c.close()
	c.idle.Store(true)
	if c.bind.tls && !c.handshake() {
		return
	}
	for c.exchange() {
	}
}

// exchange reads one request and answers it; it says whether the connection lives on.
func (c *conn) exchange() bool {
	if c.bind.protocol {
		(&request{c: c, live: &vars.Live{}, body: &bodyReader{c: c}}).unsupported("listen ... proxy_protocol")
		return false
	}
	req, refused, err := c.readHead()
	if err != nil {
		return false
	}
	c.requests++
	r := &request{c: c, req: req, started: c.proxy.clock.Now(), raw: c.received}
	defer r.release()
	keep := false
	if refused != nil {
		r.refused(refused)
	} else {
		keep = r.serve()
	}
	if r.hijacked {
		return false
	}
	if !keep || c.gen.retired.Load() || c.ctx.Err() != nil {
		c.linger(r.level(), r.unread)
		return false
	}
	return true
}

// Sizes of what is read at once.
const (
	headChunk = 1 << 10
	bodyChunk = 16 << 10
)

// readHead reads the head of the next request. The error is that of a connection that ends first.
func (c *conn) readHead() (req *vars.Request, refused *eval.Outcome, err error) {
	c.idle.Store(true)
	if c.gen.retired.Load() && c.requests > 0 {
		return nil, nil, io.EOF
	}
	top := c.gen.settings(c.bind.servers[0])
	wait := top.headerTimeout
	first := wait
	if c.requests > 0 {
		first = top.keepaliveTimeout
	}
	begun, fresh := false, len(c.in) > 0
	c.reads.set(first)
	defer c.reads.off()
	for {
		if len(c.in) > 0 {
			if !begun {
				begun = true
				c.idle.Store(false)
				c.reads.set(wait)
			}
			if fresh {
				if req, out, done := c.parse(); done {
					return req, out, nil
				}
			}
		}
		n := len(c.in)
		if err := c.fill(headChunk); err != nil {
			return nil, nil, err
		}
		fresh = worthParsing(c.in, n)
	}
}

// worthParsing reports whether what came behind offset n may complete a head or make it wrong: a head that trickles in
// is not parsed again for each byte.
func worthParsing(in []byte, n int) bool {
	if n < 32 || n/headChunk != len(in)/headChunk {
		return true
	}
	for _, b := range in[n:] {
		if b == '\n' {
			return true
		}
	}
	return false
}

// parse parses the head, if it is whole or wrong.
func (c *conn) parse() (req *vars.Request, refused *eval.Outcome, done bool) {
	req, consumed, out := c.gen.eval.Head(c.in, *c.bind.limitsOf(c), c.peers, c.gen.version)
	switch {
	case len(out.All) > 0:
		return req, out.All[0], true
	case req == nil:
		return nil, nil, false
	}
	c.received = int64(consumed)
	c.drop(consumed)
	return req, nil, true
}

// drop takes n bytes off what was read.
func (c *conn) drop(n int) {
	rest := copy(c.in, c.in[n:])
	c.in = c.in[:rest]
	if rest == 0 && cap(c.in) > 4*headChunk {
		c.in = nil
	}
}

// fill reads once, up to n bytes, behind what was read.
func (c *conn) fill(n int) error {
	if c.eof {
		return io.EOF
	}
	have := len(c.in)
	if cap(c.in)-have < n {
		grown := make([]byte, have, max(2*cap(c.in), have+n))
		copy(grown, c.in)
		c.in = grown
	}
	got, err := c.net.Read(c.in[have : have+n])
	c.in = c.in[:have+got]
	if got > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	if !isTimeout(err) {
		c.eof = true
	}
	return err
}

// isTimeout reports whether an operation ended by its deadline.
func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// write sends bytes to the client; none of them may block longer than limit.
func (c *conn) write(b []byte, limit time.Duration) error {
	c.writes.set(limit)
	_, err := c.net.Write(b)
	if c.writes.off() && err != nil {
		return errTimedOut
	}
	return err
}

// linger closes the connection as lingering_close says: where bytes of the client wait to be read, closing at once would
// reset the connection and lose what was sent last.
//
// nginx: src/http/ngx_http_request.c, ngx_http_set_lingering_close.
func (c *conn) linger(s *settings, unread bool) {
	if s.lingering == "off" || c.ctx.Err() != nil || c.eof {
		return
	}
	if s.lingering != "always" && !unread && len(c.in) == 0 && !readable(c.raw) {
		return
	}
	c.closeWrite()
	c.in = nil
	end := c.proxy.clock.Now().Add(s.lingeringTime)
	rest := make([]byte, 4<<10)
	for {
		left := end.Sub(c.proxy.clock.Now())
		if left <= 0 {
			return
		}
		c.reads.set(min(left, s.lingerTimeout))
		if _, err := c.net.Read(rest); err != nil {
			return
		}
	}
}

// closeWrite tells the client that nothing more comes.
func (c *conn) closeWrite() {
	if t, ok := c.net.(*tls.Conn); ok {
		_ = t.CloseWrite() // the client may be gone
	}
	if half, ok := c.raw.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // as above
	}
}

// watcher reads from the client while its request is with an upstream, to notice that the client is gone.
type watcher struct {
	c    *conn
	done chan struct{}
	gone atomic.Bool
}

// maxAhead is how much of what a client sends ahead is read while it waits.
const maxAhead = 16 << 10

// watch begins to read. lost is called where the client is gone.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_check_broken_connection.
func (c *conn) watch(lost func()) *watcher {
	w := &watcher{c: c, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for len(c.in) < maxAhead {
			if err := c.fill(headChunk); err != nil {
				if !isTimeout(err) {
					w.gone.Store(true)
					lost()
				}
				return
			}
		}
	}()
	return w
}

// stop ends the watch and reports whether the client is gone.
func (w *watcher) stop() bool {
	select {
	case <-w.done:
	default:
		_ = w.c.raw.SetReadDeadline(past) // on a closed connection the read ends anyway
		<-w.done
		_ = w.c.raw.SetReadDeadline(time.Time{}) // as above
	}
	return w.gone.Load()
}
