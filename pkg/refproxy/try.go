package refproxy

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ngxproof/ngxproof/pkg/balance"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// try is one server that was asked, as the log tells it.
type try struct {
	address                         string
	status                          int
	begun, connected, headed, ended time.Time
	sent, received, body            int64
	again                           bool // the first after an internal redirect
}

// span returns the time from the try's beginning to a point of it; of one that goes on, r tells the time.
func (t *try) span(to time.Time, r *request) string {
	switch {
	case to.IsZero() && r == nil:
		return "-"
	case to.IsZero():
		to = r.c.proxy.clock.Now()
	}
	return seconds(to.Sub(t.begun))
}

// forward is a request on its way to an upstream.
type forward struct {
	r        *request
	out      *eval.Outcome
	up       *eval.Upstream
	settings *settings
	upstream *upstream
	tag      *config.Directive
	method   string // the client's
	head     []byte
	body     []byte
	streams  bool // the body is passed on while it comes in
	sub      bool // it is a subrequest

	ctx     context.Context
	cancel  context.CancelFunc
	current atomic.Pointer[upConn]
	gone    atomic.Bool  // the client is
	spoiled atomic.Int32 // the status that a streamed body ends the request with; 0 for none
	pick    *balance.Pick
	started time.Time
	refused bool // the last server could not be dialled because it may not be
	first   bool // no server was asked yet
}

// answered is a server that answered.
type answered struct {
	f      *forward
	conn   *upConn
	peer   *balance.Peer
	try    *try
	resp   eval.Response
	old    bool // the answer has no head
	frame  frame
	sender *sender
}

// newForward prepares what is sent.
func (r *request) newForward(out *eval.Outcome, s *settings) *forward {
	f := &forward{r: r, out: out, up: out.Upstream, settings: s, tag: out.Upstream.Pass.Parent, method: r.req.Method, first: true}
	f.head = f.up.Head()
	f.upstream = r.c.gen.upstream(f.up)
	f.ctx, f.cancel = context.WithCancel(r.c.ctx)
	f.started = r.c.proxy.clock.Now()
	f.pick = f.upstream.begin(r, out.Eval)
	if n := s.nextTries; n > 0 && f.pick.Tries > n {
		f.pick.Tries = n
	}
	return f
}

// lost ends the forward because the client is gone.
func (f *forward) lost() {
	f.gone.Store(true)
	f.cancel()
	if c := f.current.Load(); c != nil {
		c.close()
	}
}

// ask asks one server after the other, as proxy_next_upstream says, until one answers. Where none does, status is
// nginx's answer.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_connect and ngx_http_upstream_next.
func (f *forward) ask() (a *answered, status int) {
	for {
		now := f.r.c.proxy.clock.Now()
		t := &try{begun: now, again: f.first && len(f.r.tries) > 0}
		f.first = false
		if !f.sub {
			f.r.tries = append(f.r.tries, t)
		}
		peer := f.pick.Next(now)
		if peer == nil {
			t.address, t.status, t.ended = f.name(), 502, now
			return nil, 502
		}
		t.address = peer.Address
		a, kind, sent, reused := f.attempt(peer, t)
		if a != nil && !f.passesOver(a) {
			return a, 0
		}
		status, retry := f.failed(a, peer, t, kind, sent, reused)
		if !retry {
			return nil, status
		}
	}
}

// name is the upstream's name, for a log line without a server.
func (f *forward) name() string {
	if f.up.Block != nil {
		return f.up.Block.Arg(1)
	}
	return addressIn(f.up)
}

// attempt asks one server. kind is why it failed, as proxy_next_upstream calls it.
func (f *forward) attempt(peer *balance.Peer, t *try) (a *answered, kind string, sent, reused bool) {
	c, reused, err := f.upstream.connect(f.ctx, f.r.c.proxy, f, peer.Address)
	if f.refused = errors.Is(err, errDialRefused); err != nil {
		return nil, kindOf(err), false, false
	}
	f.current.Store(c)
	if f.gone.Load() {
		c.close()
	}
	c.requests++
	t.connected = f.r.c.proxy.clock.Now()
	a = &answered{f: f, conn: c, peer: peer, try: t}
	if err := a.exchange(); err != nil {
		a.stopSending()
		c.close()
		return nil, kindOf(err), true, reused
	}
	return a, "", true, reused
}

// errInvalid is an answer that nginx does not take.
var errInvalid = errors.New("invalid header")

// kindOf returns what proxy_next_upstream calls a failure.
func kindOf(err error) string {
	switch {
	case errors.Is(err, errTimedOut):
		return "timeout"
	case errors.Is(err, errInvalid):
		return "invalid_header"
	}
	return "error"
}

// passesOver reports whether another server is asked because of this one's status.
//
// nginx: ngx_http_upstream_test_next.
func (f *forward) passesOver(a *answered) bool {
	kind := statusKinds[a.resp.Status]
	return kind != "" && f.pick.Tries > 1 && f.allows(kind, true)
}

// statusKinds are the statuses that proxy_next_upstream may name.
var statusKinds = map[int]string{500: "http_500", 502: "http_502", 503: "http_503", 504: "http_504", 403: "http_403",
	404: "http_404", 429: "http_429"}

// allows reports whether proxy_next_upstream lets another server be asked after a failure of this kind.
func (f *forward) allows(kind string, sent bool) bool {
	s := f.settings
	switch {
	case !s.next[kind]:
		return false
	case sent && !s.next["non_idempotent"] && (f.method == "POST" || f.method == "LOCK" || f.method == "PATCH"):
		return false
	case sent && f.streams:
		return false
	}
	return s.nextTimeout == 0 || f.r.c.proxy.clock.Now().Sub(f.started) < s.nextTimeout
}

// failed puts a server that failed away, and decides whether another one is asked; if not, status is the answer.
func (f *forward) failed(a *answered, peer *balance.Peer, t *try, kind string, sent, reused bool) (status int, retry bool) {
	now := f.r.c.proxy.clock.Now()
	t.ended = now
	verdict := balance.Failed
	switch status = 502; {
	case f.gone.Load() || f.ctx.Err() != nil || f.spoiled.Load() != 0:
		f.pick.Done(peer, balance.Served, now)
		return f.goneStatus(), false
	case a != nil:
		kind, status = statusKinds[a.resp.Status], a.resp.Status
		if status == 403 || status == 404 {
			verdict = balance.Passed
		}
		a.stopSending()
		a.conn.close()
	case kind == "timeout":
		status = 504
	}
	if t.status == 0 || a == nil {
		t.status = status
	}
	f.pick.Done(peer, verdict, now)
	if reused && kind == "error" {
		f.pick.Tries++
	}
	return status, f.pick.Tries > 0 && (a != nil || f.allows(kind, sent))
}

// done gives the connection back, once nothing more is read from it.
func (a *answered) done(keep bool) {
	p := a.f.r.c.proxy
	keep = a.stopSending() && keep
	a.f.current.Store(nil)
	a.try.ended = p.clock.Now()
	a.f.pick.Done(a.peer, balance.Served, p.clock.Now())
	a.f.upstream.give(p, a.conn, keep && !a.f.gone.Load())
}

// goneStatus is what ends a request whose client is gone, or sends a body that nginx does not take.
func (f *forward) goneStatus() int {
	if status := f.spoiled.Load(); status != 0 {
		return int(status)
	}
	return 499
}

// spoil ends the forward because of the client's body.
func (f *forward) spoil(err error) {
	status, answered := statusOf(err)
	f.spoiled.Store(int32(status))
	if !answered {
		f.gone.Store(true)
	}
}

// sender passes a request's body on beside the reading of the answer.
type sender struct {
	finished chan struct{}
	err      error
	stopping atomic.Bool
	whole    bool
}

// inline is up to how many bytes of a request are written before the answer is looked for: they fit into a socket's
// buffer.
const inline = 32 << 10

// exchange sends the request and reads the head of the answer.
func (a *answered) exchange() error {
	f := a.f
	limit := f.up.Timers.Send.After
	if !f.streams && len(f.head)+len(f.body) <= inline {
		if err := a.send(append(f.head[:len(f.head):len(f.head)], f.body...), limit); err != nil {
			return err
		}
		return a.readHead()
	}
	if err := a.send(a.start(), limit); err != nil {
		return err
	}
	a.sender = &sender{finished: make(chan struct{})}
	go a.sendBody(limit)
	return a.readHead()
}

// start returns what is written at once: the head, and with it what of a body that is passed on has come in already.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_send_request_body, which puts both into one chain.
func (a *answered) start() []byte {
	f := a.f
	start := f.head[:len(f.head):len(f.head)]
	if f.streams {
		start = append(start, a.framed(f.body)...)
	}
	return start
}

// framed returns a piece of a body as it is passed on: as it is, or as a chunk, with the last one after it at the end.
func (a *answered) framed(piece []byte) []byte {
	if !a.f.up.Chunked {
		return piece
	}
	var out []byte
	if len(piece) > 0 {
		out = chunk(nil, piece)
	}
	if a.f.r.body.done {
		out = append(out, "0\r\n\r\n"...)
	}
	return out
}

// send writes to the server.
func (a *answered) send(b []byte, limit time.Duration) error {
	err := a.conn.write(b, limit)
	if err == nil {
		a.try.sent += int64(len(b))
	}
	return err
}

// sendBody sends the body. What it waits for is ended by stopSending. An answer may come before its end, and counts
// then; where none comes, reading fails as the connection does. Behind a streamed body the client is watched.
//
// nginx: ngx_http_upstream_send_request_body, ngx_http_upstream_rd_check_broken_connection.
func (a *answered) sendBody(limit time.Duration) {
	s := a.sender
	defer close(s.finished)
	if !a.f.streams {
		s.err = a.send(a.f.body, limit)
		s.whole = s.err == nil
	} else if s.err = a.stream(limit); s.err == nil {
		s.whole = true
		if !a.f.settings.ignoreGone && !s.stopping.Load() {
			<-a.f.r.c.watch(a.f.lost).done
		}
	}
	if s.err != nil {
		_ = a.conn.raw.SetReadDeadline(past) // a closed connection is as good
	}
}

// stream passes the body on as it comes in. Of what comes with something that nginx does not take, nothing is passed on.
func (a *answered) stream(limit time.Duration) error {
	body := a.f.r.body
	for !body.done {
		err := body.fill(a.f.settings.bodyTimeout)
		var piece []byte
		if err == nil {
			piece, err = body.ready()
		}
		if err != nil {
			if !a.sender.stopping.Load() {
				a.f.spoil(err)
			}
			return err
		}
		if out := a.framed(piece); len(out) > 0 {
			if err := a.send(out, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// stopSending ends the sending of the body and reports whether it was sent whole.
func (a *answered) stopSending() bool {
	s := a.sender
	if s == nil {
		return true
	}
	select {
	case <-s.finished:
		return s.whole
	default:
	}
	s.stopping.Store(true)
	_ = a.conn.raw.SetWriteDeadline(past) // a closed connection is as good
	if a.f.streams {
		_ = a.f.r.c.raw.SetReadDeadline(past) // as above
	}
	<-s.finished
	_ = a.conn.raw.SetWriteDeadline(time.Time{}) // as above
	if a.f.streams {
		_ = a.f.r.c.raw.SetReadDeadline(time.Time{}) // as above
	}
	return s.whole
}

// chunk appends bytes as one chunk.
func chunk(to, b []byte) []byte {
	const digits = "0123456789abcdef"
	var size [16]byte
	i := len(size)
	for n := len(b); n > 0; n >>= 4 {
		i--
		size[i] = digits[n&15]
	}
	to = append(append(to, size[i:]...), "\r\n"...)
	return append(append(to, b...), "\r\n"...)
}
