package refproxy

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// tunnel passes bytes both ways until one side ends, as A.4 to A.6 of nginx's behaviour have it: two buffers of
// proxy_buffer_size, one read timer that traffic in either direction sets anew, no half-close.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_upgraded.
type tunnel struct {
	r     *request
	a     *answered
	idle  idleTimer
	ended atomic.Bool // one side is over and its bytes are delivered
	cut   atomic.Bool // a timeout or a failure: nothing lingers
	up    int64       // bytes to the server
}

// tunnel runs a tunnel over a request whose head is made. It closes both connections.
func (r *request) tunnel(a *answered) {
	t := &tunnel{r: r, a: a}
	r.hijacked = true
	if err := r.send(append(r.head.Head(), a.conn.in...), len(a.conn.in)); err != nil {
		t.cut.Store(true)
	}
	a.conn.in = a.conn.in[:0]
	r.slim()
	t.idle.start(r.c.proxy.clock, a.f.up.Timers.Read.After, t.timeout)
	done := make(chan struct{})
	if !t.cut.Load() {
		go func() {
			defer close(done)
			t.fromClient()
		}()
		t.fromServer()
		<-done
	}
	t.idle.stop()
	a.try.sent += t.up
	a.done(false)
	r.closeTunnel(t)
}

// slim drops what a tunnel does not need any more.
func (r *request) slim() { r.req.Body = nil }

// timeout ends an idle tunnel.
func (t *tunnel) timeout() {
	t.cut.Store(true)
	t.over()
}

// over has both directions end.
func (t *tunnel) over() {
	t.ended.Store(true)
	_ = t.a.conn.raw.SetDeadline(past)  // on a closed connection, what is blocked ends anyway
	_ = t.r.c.raw.SetReadDeadline(past) // as above
	if t.cut.Load() {
		_ = t.r.c.raw.SetWriteDeadline(past) // as above
	}
}

// fromServer passes the server's bytes to the client.
func (t *tunnel) fromServer() {
	c, client := t.a.conn, t.r.c
	buffer := c.in[:cap(c.in)]
	limit := t.r.level().sendTimeout
	for {
		n, err := c.net.Read(buffer)
		if n > 0 {
			t.a.try.received += int64(n)
			full := n == len(buffer)
			t.idle.touch(full)
			if werr := client.write(buffer[:n], limit); werr != nil {
				if errors.Is(werr, errTimedOut) {
					t.cut.Store(true)
				}
				break
			}
			t.r.sent += int64(n)
			t.r.bodySent += int64(n)
			t.idle.touch(false)
		}
		if err != nil || n == 0 {
			break
		}
	}
	t.over()
}

// fromClient passes the client's bytes to the server: first what came with the request.
func (t *tunnel) fromClient() {
	c, server := t.r.c, t.a.conn
	limit := t.a.f.up.Timers.Send.After
	ahead := c.in
	c.in = nil
	buffer := make([]byte, cap(server.in))
	for {
		var n int
		var err error
		if len(ahead) > 0 {
			n = copy(buffer, ahead)
			if ahead = ahead[n:]; len(ahead) == 0 {
				ahead = nil
			}
		} else if c.eof {
			err = io.EOF
		} else {
			n, err = c.net.Read(buffer)
		}
		if n > 0 {
			t.idle.touch(false)
			if werr := server.write(buffer[:n], limit); werr != nil {
				if errors.Is(werr, errTimedOut) && !t.ended.Load() {
					t.cut.Store(true)
				}
				t.r.unread = true
				break
			}
			t.up += int64(n)
			t.idle.touch(false)
		}
		if err != nil || n == 0 {
			if err != nil && !isTimeout(err) {
				c.eof = true
			}
			break
		}
	}
	_ = c.raw.SetWriteDeadline(past) // as in over: what the server still sends is dropped
	t.over()
}

// closeTunnel closes the client's connection: lingering where its bytes wait, unless a timer ended the tunnel.
func (r *request) closeTunnel(t *tunnel) {
	if !t.cut.Load() {
		_ = r.c.raw.SetDeadline(time.Time{}) // on a closed connection, lingering ends at once
		r.c.linger(r.level(), r.unread)
	}
	r.c.close()
}

// idleTimer ends a tunnel without traffic. It is not moved by traffic, but looks at the time of the last when it fires.
type idleTimer struct {
	clock Clock
	limit time.Duration
	end   func()
	last  atomic.Int64 // of the last traffic, nanoseconds
	held  atomic.Bool  // the client takes nothing, so that nothing is read from the server

	mu    sync.Mutex
	timer Timer
	off   bool
}

func (i *idleTimer) start(clock Clock, limit time.Duration, end func()) {
	i.clock, i.limit, i.end = clock, limit, end
	i.mu.Lock()
	defer i.mu.Unlock()
	i.touch(false)
	i.timer = clock.AfterFunc(limit, i.fire)
}

// touch notes traffic. While held, the timer does not run.
func (i *idleTimer) touch(held bool) {
	i.last.Store(i.clock.Now().UnixNano())
	i.held.Store(held)
}

func (i *idleTimer) fire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.off {
		return
	}
	left := i.limit - time.Duration(i.clock.Now().UnixNano()-i.last.Load())
	if i.held.Load() {
		left = i.limit
	}
	if left > 0 {
		i.timer.Reset(left)
		return
	}
	i.off = true
	i.end()
}

func (i *idleTimer) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.off = true
	if i.timer != nil {
		i.timer.Stop()
	}
}
