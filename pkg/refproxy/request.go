package refproxy

import (
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// request is one request while it is served.
type request struct {
	c       *conn
	req     *vars.Request
	live    *vars.Live
	out     *eval.Outcome    // where it went last
	head    *eval.ClientHead // of its answer; nil before there is one
	body    *bodyReader
	started time.Time

	kept      bool   // it ended with its connection to be kept
	first     string // the request line, where it was refused
	continued bool   // 100 Continue was sent, or is not to be
	unread    bool   // bytes of it are left in the connection
	streams   bool   // its body is passed on while it comes in
	crashed   bool   // a subrequest answered with an upgrade: nothing is answered
	hijacked  bool   // the connection was closed by what served it
	note      string // X-Ngxproof's value
	status    int    // for the log, where there is no head

	admitted  bool
	refusedBy int
	counted   []string // zones that count it
	verdicts  map[*config.Directive]int
	id        string

	raw, sent, bodySent int64
	tries               []*try
}

// level returns the settings in effect where the request stands.
func (r *request) level() *settings {
	if r.out != nil {
		return r.c.gen.settings(r.out.Decision.Level)
	}
	return r.c.gen.settings(r.c.bind.servers[0])
}

// release gives back what the request holds.
func (r *request) release() {
	r.c.proxy.zones.leave(r.counted)
	r.counted = nil
}

// refused answers a request that nginx does not read to its end.
func (r *request) refused(out *eval.Outcome) {
	r.out, r.live, r.continued = out, &vars.Live{}, true
	r.first, _, _ = strings.Cut(string(r.c.in), "\n")
	r.first = strings.TrimRight(r.first, "\r")
	if r.req != nil {
		r.live.Variable = r.variable
		r.req.Live = r.live
	}
	r.body = &bodyReader{c: r.c, done: true}
	r.end(out)
	r.log()
}

// serve answers the request and says whether the connection may be kept.
func (r *request) serve() (keep bool) {
	r.live = &vars.Live{Variable: r.variable, Admit: r.admit, Authorise: r.authorise}
	r.req.Live = r.live
	r.body = newBody(r.c, r.req)
	if !r.body.chunked {
		r.req.BodyLength = int(r.body.left)
	}
	defer r.log()
	out := r.evaluate()
	for hops := 0; out != nil && hops < maxHops; hops++ {
		out, keep = r.end(out)
	}
	return keep
}

// maxHops bounds how often an error_page of a proxied answer leads on; the router ends it earlier.
const maxHops = 20

// evaluate asks where the request goes. It is nil where that can't be known, which is answered.
func (r *request) evaluate() *eval.Outcome {
	outs := r.c.gen.eval.Request(r.req, r.c.gen.version)
	r.out = outs.All[0]
	if len(outs.All) == 1 && outs.Complete {
		return r.out
	}
	what := "what the request depends on is not known"
	for _, u := range r.out.Used() {
		if u.Value.Unknown {
			what = "$" + u.Name
			break
		}
	}
	r.unsupported(what)
	return nil
}

// end answers the request where it ended up. Where an error_page leads on, next is where.
func (r *request) end(out *eval.Outcome) (next *eval.Outcome, keep bool) {
	r.out = out
	if r.crashed {
		r.hijacked = true
		r.c.close()
		return nil, false
	}
	s := r.level()
	r.live.Closing = r.c.closing(s) && !out.Early()
	switch d := out.Decision; {
	case s.lacks != nil:
		return nil, r.unsupported(s.lacks.Name())
	case out.Unknown != "":
		return nil, r.unsupported(out.Unknown)
	case out.Upstream != nil && out.Status == 0:
		return r.proxy(out)
	case d.Kind == route.Static:
		return r.static(out)
	case d.Kind == route.Other:
		return nil, r.unsupported(d.Handler.Name())
	}
	r.greet(out.Decision)
	return r.answer(out.Answer(eval.Response{}))
}

// closing reports whether the connection ends with the request that is served.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_update_location_config.
func (c *conn) closing(s *settings) bool {
	return c.requests >= s.keepaliveRequests || c.proxy.clock.Now().Sub(c.started) > s.keepaliveTime
}

// answer sends an answer of nginx's own.
func (r *request) answer(head *eval.ClientHead) (next *eval.Outcome, keep bool) {
	switch {
	case head.Next != nil:
		return head.Next, false
	case head.Unknown != "":
		return nil, r.unsupported(head.Unknown)
	case head.Status == 0: // return 444
		r.status, r.hijacked = r.out.Decision.Status, true
		r.c.close()
		return nil, false
	}
	if r.gzips(head, len(head.Body)) {
		return nil, r.unsupported("gzip")
	}
	if !r.begin(head) {
		return nil, false
	}
	bytes := append(head.Head(), head.Body...)
	if err := r.send(bytes, len(head.Body)); err != nil {
		return nil, false
	}
	return nil, r.finishBody(head.KeepAlive && r.level().keepaliveTimeout > 0)
}

// begin fills in what only a clock knows; ok is false where something of the head is not known, which is answered.
func (r *request) begin(head *eval.ClientHead) (ok bool) {
	now := r.c.proxy.clock.Now()
	for i := range head.Lines {
		l := &head.Lines[i]
		switch {
		case !l.Value.Unknown:
		case l.Name == "Date":
			l.Value = vars.Known(httpDate(now))
		case strings.EqualFold(l.Name, "Expires"):
			after, known := maxAge(head.Lines)
			if !known {
				r.unsupported("expires")
				return false
			}
			l.Value = vars.Known(httpDate(now.Add(after)))
		default:
			r.unsupported("the value of " + l.Name)
			return false
		}
	}
	if r.note != "" {
		head.Lines = append(head.Lines, eval.Line{Name: noteHeader, Value: vars.Known(r.note)})
	}
	r.head = head
	return true
}

// noteHeader is the header in which the proxy says what nginx would not.
const noteHeader = "X-Ngxproof"

// httpDate writes a time as HTTP does.
func httpDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// maxAge returns what Cache-Control says beside an Expires that depends on the clock.
func maxAge(lines []eval.Line) (after time.Duration, known bool) {
	for _, l := range lines {
		if !strings.EqualFold(l.Name, "Cache-Control") || l.Value.Unknown {
			continue
		}
		if text, ok := strings.CutPrefix(l.Value.Text, "max-age="); ok {
			seconds, err := strconv.Atoi(text)
			return time.Duration(seconds) * time.Second, err == nil
		}
		if l.Value.Text == "no-cache" {
			return -time.Second, true
		}
	}
	return 0, false
}

// send writes bytes of which the last body ones belong to the body.
func (r *request) send(bytes []byte, body int) error {
	err := r.c.write(bytes, r.level().sendTimeout)
	if err == nil {
		r.sent += int64(len(bytes))
		r.bodySent += int64(body)
	}
	return err
}

// greet sends 100 Continue where nginx does before it answers by itself: it reads the body then, to drop it.
func (r *request) greet(d *route.Decision) {
	returned := d.By != nil && d.By.Directive != nil && d.By.Name() == "return" && (d.Status < 400 || !d.Page)
	if returned || d.Kind == route.Static {
		r.sayContinue()
	}
	r.continued = true
}

// sayContinue sends 100 Continue if the client waits for it.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_test_expect.
func (r *request) sayContinue() {
	if r.continued || r.req.Version == "1.0" || r.req.Version == "0.9" {
		return
	}
	r.continued = true
	for _, h := range r.req.Headers {
		if strings.EqualFold(h.Name, "Expect") {
			if strings.EqualFold(h.Value, "100-continue") {
				_ = r.c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"), r.level().sendTimeout) // what follows fails too
			}
			return
		}
	}
}

// finishBody drops what is left of the body, so that the next request can be read; it says whether that went well.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_discard_request_body.
func (r *request) finishBody(keep bool) bool {
	keep = keep && (!r.streams || r.body.done) // nginx: ngx_http_finalize_connection, reading_body
	r.kept = keep
	if !keep {
		r.unread = !r.body.done
		return false
	}
	if r.body.done {
		return true
	}
	s := r.level()
	r.unread = true
	end := r.c.proxy.clock.Now().Add(s.lingeringTime)
	rest := make([]byte, 4<<10)
	for r.c.proxy.clock.Now().Before(end) {
		_, err := r.body.read(rest, s.lingerTimeout)
		if r.body.done {
			r.unread = false
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

// unsupported answers 501, with a header that says what is missing.
func (r *request) unsupported(what string) (keep bool) {
	r.continued = true
	server := "nginx/" + r.c.gen.version.String()
	page := "<html>\r\n<head><title>501 Not Implemented</title></head>\r\n<body>\r\n<center><h1>501 Not Implemented</h1></center>\r\n" +
		"<hr><center>" + server + "</center>\r\n</body>\r\n</html>\r\n"
	r.status = 501
	head := "HTTP/1.1 501 Not Implemented\r\nServer: " + server + "\r\nDate: " + httpDate(r.c.proxy.clock.Now()) +
		"\r\nContent-Type: text/html\r\nContent-Length: " + strconv.Itoa(len(page)) + "\r\nConnection: close\r\n" +
		noteHeader + ": unsupported " + visible(what) + "\r\n\r\n"
	if r.req != nil && r.req.Method == "HEAD" {
		page = ""
	}
	_ = r.send([]byte(head+page), len(page)) // the connection is closed in any case
	r.unread = !r.body.done
	return false
}

// visible keeps a header value on its line.
func visible(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, text)
}
