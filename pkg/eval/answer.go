package eval

import (
	"slices"
	"strconv"

	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Response is what a backend answers.
type Response struct {
	// Status is the status code, Reason the text after it; nginx passes both on.
	Status int
	Reason string
	// Line is what stands after the version, byte for byte ("426 "); "" to make it of Status and Reason.
	Line string
	// Version is "1.1" or "1.0".
	Version string
	// Headers are the header lines in order.
	Headers []vars.Header
}

// line returns what stands after the version.
func (r *Response) line() string {
	if r.Line != "" {
		return r.Line
	}
	return strconv.Itoa(r.Status) + " " + r.Reason
}

// ClientHead is the head that the client gets.
type ClientHead struct {
	// Status is the status code; 0 where the connection is closed without an answer.
	Status int
	// StatusLine is what stands after "HTTP/1.1 ".
	StatusLine string
	// Lines are the header lines in order. Date's value, where nginx makes it, is Unknown, with DateText as its text.
	Lines []Line
	// Dropped are the backend's lines that are not passed on, and add_header directives that do not apply.
	Dropped []Line
	// Headless says that no head is sent, to an HTTP/0.9 client.
	Headless bool
	// Tunnel says that the connection becomes a tunnel: bytes are passed both ways until a side closes.
	Tunnel bool
	// KeepAlive says that the connection to the client stays open for a further request.
	KeepAlive bool
	// Chunked says that the body is sent in chunks.
	Chunked bool
	// Body is the body of an answer that nginx makes by itself, nil for a HEAD request; FromBackend says that the
	// backend's body is passed on instead; BodyUnknown, that what it is cannot be known.
	Body                     []byte
	FromBackend, BodyUnknown bool
	// Open says that not all of hide, pass and add_header can be seen, or that a filter (gzip) may change the head.
	Open bool
	// Next is what happens instead of an answer: error_page sends the request on. All else but Unknown is unset.
	Next *Outcome
	// Unknown says why nothing is known of the head; "" where it is.
	Unknown string

	reply *reply // what it was made with
}

// Eval returns what an expression is worth once the answer is made, as for the access log.
func (h *ClientHead) Eval(e *vars.Expr) vars.Value {
	if h.reply == nil {
		return vars.Value{Text: e.String(), Unknown: true}
	}
	return h.reply.x.run.Eval(e)
}

// DateText is the text of a Date line that nginx makes.
const DateText = "Thu, 01 Jan 1970 00:00:00 GMT"

// Head returns the bytes of the head.
func (h *ClientHead) Head() []byte {
	if h.Headless || h.Status == 0 {
		return nil
	}
	head := append([]byte("HTTP/1.1 "), h.StatusLine...)
	head = append(head, "\r\n"...)
	for i := range h.Lines {
		head = h.Lines[i].append(head)
	}
	return append(head, "\r\n"...)
}

// Answer returns the head that the client gets: where the request is proxied, for what the backend answers; else nginx's
// own answer, and up is not looked at.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_headers; src/http/ngx_http_header_filter_module.c.
func (o *Outcome) Answer(up Response) *ClientHead {
	switch {
	case o.Unknown != "":
		return &ClientHead{Unknown: o.Unknown}
	case o.Upstream == nil || o.Upstream.NoResolver:
		return o.own()
	}
	r := newReply(o)
	if !r.intercepts(up.Status) {
		return r.proxied(o, &up)
	}
	r.challenged(&up)
	if next, handled := o.e.router.ErrorPage(r.x.run, o.Decision, up.Status); handled {
		return r.follow(o, next)
	}
	return r.special(up.Status)
}

// Fail returns the head that the client gets where the backend can't be asked or does not answer: 502, or 504 for a
// timeout. error_page is followed.
func (o *Outcome) Fail(status int) *ClientHead {
	if o.Unknown != "" {
		return &ClientHead{Unknown: o.Unknown}
	}
	r := newReply(o)
	r.x.run.AfterUpstream, r.failed = true, status
	if next, handled := o.e.router.ErrorPage(r.x.run, o.Decision, status); handled {
		return r.follow(o, next)
	}
	return r.special(status)
}

// own returns nginx's own answer.
func (o *Outcome) own() *ClientHead {
	r := newReply(o)
	d := o.Decision
	switch {
	case o.Status == 0:
		return &ClientHead{Unknown: "what a handler other than proxy_pass answers"}
	case d.Kind != route.Answer: // proxying failed before the backend was asked
		if next, handled := o.e.router.ErrorPage(r.x.run, d, o.Status); handled {
			return r.follow(o, next)
		}
		return r.special(o.Status)
	case d.Closed:
		return &ClientHead{}
	case d.Page:
		return r.page(d)
	}
	return r.text(d)
}

// page is the built-in page of an answer, whose status error_page may have changed.
func (r *reply) page(d *route.Decision) *ClientHead {
	r.locate(d)
	if d.PageStatus != 0 && d.PageStatus != d.Status {
		r.override = d.Status
		return r.special(d.PageStatus)
	}
	return r.special(d.Status)
}

// follow goes on where error_page leads.
func (r *reply) follow(o *Outcome, next *route.Decision) *ClientHead {
	x := &exchange{e: o.e, run: r.x.run, length: -1, carried: r.x.carried}
	x.run.Late = x.late
	to := o.e.outcome(x, next)
	if to.Upstream == nil && to.Unknown == "" && to.Status != 0 {
		return to.own()
	}
	if to.Unknown != "" {
		return &ClientHead{Unknown: to.Unknown}
	}
	return &ClientHead{Next: to}
}

// challenged has the backend's demand for a password go with the page that is shown in place of its 401. Before 1.23.0
// nginx knew only the first of several.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_intercept_errors.
func (r *reply) challenged(up *Response) {
	if up.Status != 401 {
		return
	}
	for _, h := range up.Headers {
		if !equalFold(h.Name, "WWW-Authenticate") {
			continue
		}
		line := Line{Name: h.Name, Value: vars.Known(h.Value)}
		r.x.carried, r.lines = append(slices.Clip(r.x.carried), line), append(r.lines, line)
		if r.x.run.Before(1, 23, 0) {
			return
		}
	}
}

// intercepts reports whether the backend's answer is dropped for an error_page; where that was followed before, for nginx's
// own page.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_intercept_errors.
func (r *reply) intercepts(status int) bool {
	return status >= 300 && r.plan.intercept.String() == "yes" && r.x.e.router.Catches(r.x.run, status)
}
