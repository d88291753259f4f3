package refproxy

import (
	"errors"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// proxy sends the request to an upstream and its answer to the client.
//
// nginx: src/http/ngx_http_upstream.c.
func (r *request) proxy(out *eval.Outcome) (next *eval.Outcome, keep bool) {
	s := r.level()
	if out.Upstream.Version.Text == "2" {
		return nil, r.unsupported("proxy_http_version 2")
	}
	var body []byte
	if !r.body.done {
		var status int
		var answered bool
		r.streams = s.streams && (!r.req.Chunked || out.Upstream.Chunked)
		body, status, answered = r.readBody(s, r.streams)
		switch {
		case status == 501:
			return nil, r.unsupported("a request body over 64 MiB")
		case status != 0 && answered: // no upstream was asked, so no log line tells of one
			refused := *out
			refused.Status, refused.Upstream = status, nil
			return r.answer(refused.Answer(eval.Response{}))
		case status != 0:
			return r.lost(status)
		}
	}
	if r.streams = r.streams && !r.body.done; !r.streams && !r.req.BodyRead && r.body.taken > 0 {
		r.req.Body, r.req.BodyLength, r.req.BodyRead = body, 0, true
		if out = r.evaluate(); out == nil {
			return nil, false
		}
		if out.Upstream == nil || out.Status != 0 {
			return out, false
		}
	}
	if !out.Upstream.Known() || out.Upstream.BodyUnknown {
		return nil, r.unsupported(unknownIn(out.Upstream))
	}
	if lacks := r.c.gen.upstream(out.Upstream).lacks; lacks != "" {
		return nil, r.unsupported(lacks)
	}
	r.sayContinue()
	return r.forward(out, s, body)
}

// lost ends a request whose client is gone, or taken for it: status is for the log.
func (r *request) lost(status int) (*eval.Outcome, bool) {
	r.status, r.hijacked = status, true
	r.c.close()
	return nil, false
}

// unknownIn names a header line whose value is not known.
func unknownIn(up *eval.Upstream) string {
	for _, l := range up.Lines() {
		if l.Value.Unknown {
			return l.Value.Text + " in " + l.Name
		}
	}
	return "a request that is not known"
}

// forward asks the upstream. Of a body that is streamed, begun is what has come in.
func (r *request) forward(out *eval.Outcome, s *settings, begun []byte) (next *eval.Outcome, keep bool) {
	f := r.newForward(out, s)
	defer f.cancel()
	if f.body, f.streams = out.Upstream.Body, r.streams; f.streams {
		f.body = begun
	}
	var w *watcher
	if !f.streams && !s.ignoreGone {
		w = r.c.watch(f.lost)
		defer func() {
			if w != nil {
				w.stop()
			}
		}()
	}
	a, status := f.ask()
	if f.gone.Load() {
		if a != nil {
			a.done(false)
		}
		return r.lost(f.goneStatus())
	}
	if a == nil {
		if f.refused {
			r.note = "dial refused"
		}
		if w.end(&w) {
			return r.lost(499)
		}
		return r.answer(out.Fail(status))
	}
	head := out.Answer(a.resp)
	if !head.FromBackend || head.Unknown != "" {
		a.done(a.frame.none && !a.frame.closes)
		if w.end(&w) {
			return r.lost(499)
		}
		return r.answer(head)
	}
	if head.Tunnel {
		if w.end(&w) {
			a.done(false)
			return r.lost(499)
		}
		a.stopSending()
		if !r.begin(head) {
			a.done(false)
			return nil, false
		}
		r.tunnel(a)
		return nil, false
	}
	if r.gzips(head, int(a.frame.length)) {
		a.done(false)
		w.end(&w)
		return nil, r.unsupported("gzip")
	}
	ok := r.begin(head) && r.relay(a, head)
	if w.end(&w) || !ok {
		if !ok && f.gone.Load() {
			if r.hijacked = true; r.sent == 0 {
				r.status = f.goneStatus()
			}
			r.c.close()
		}
		return nil, false
	}
	return nil, r.finishBody(head.KeepAlive && s.keepaliveTimeout > 0)
}

// end stops the watch behind the pointer, if there is one, and reports whether the client is gone.
func (w *watcher) end(at **watcher) bool {
	if w == nil {
		return false
	}
	*at = nil
	return w.stop() && len(w.c.in) == 0
}

// sink collects what goes to the client.
type sink struct {
	r       *request
	buf     []byte
	body    int // bytes of buf that are body
	chunked bool
	hold    int // flush from this many bytes on
}

// add adds some of the body.
func (s *sink) add(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	s.body += len(data)
	if s.chunked {
		before := len(s.buf)
		s.buf = chunk(s.buf, data)
		s.body += len(s.buf) - before - len(data)
	} else {
		s.buf = append(s.buf, data...)
	}
	if len(s.buf) >= s.hold {
		return s.flush()
	}
	return nil
}

// flush sends what was collected.
func (s *sink) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	err := s.r.send(s.buf, s.body)
	s.buf, s.body = s.buf[:0], 0
	return err
}

// relay passes the answer's head and body on, and says whether the client got it whole.
func (r *request) relay(a *answered, head *eval.ClientHead) (whole bool) {
	s := &sink{r: r, buf: head.Head(), chunked: head.Chunked}
	if a.old {
		s.buf, s.chunked = nil, false
	}
	first := len(s.buf)
	if a.f.settings.buffering && !asksForSpeed(a.resp) {
		s.hold = a.f.settings.bufferSize
	}
	if r.req.Method == "HEAD" || head.Status == 204 || head.Status == 304 {
		err := s.flush()
		a.done(a.frame.none && !a.frame.closes)
		return err == nil
	}
	body := a.newBody()
	for !body.done {
		data, err := body.next()
		a.try.body += int64(len(data))
		if err != nil {
			if errors.Is(err, errInvalid) {
				first = 0
			}
			if !errors.Is(err, errTruncated) && r.sent == 0 && len(s.buf) > first { // what was not passed on yet is lost
				s.buf, s.body = s.buf[:first], 0
			}
			if !a.f.gone.Load() {
				_ = s.flush() // the connection is closed in any case
			}
			a.done(false)
			return false
		}
		if err := s.add(data); err != nil {
			a.done(false)
			return false
		}
	}
	if s.chunked {
		s.buf, s.body = append(s.buf, "0\r\n\r\n"...), s.body+5
	}
	err := s.flush()
	a.done(!a.frame.closes && (a.frame.length >= 0 || a.frame.chunked || a.frame.none) && !body.tooMuch)
	return err == nil
}

// asksForSpeed reports whether the server wants its answer passed on at once.
func asksForSpeed(resp eval.Response) bool {
	for _, h := range resp.Headers {
		if strings.EqualFold(h.Name, "X-Accel-Buffering") {
			return strings.EqualFold(h.Value, "no")
		}
	}
	return false
}
