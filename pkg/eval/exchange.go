package eval

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// exchange is one request that is proxied, in one world.
type exchange struct {
	e   *Evaluator
	run *vars.Run
	// plan is nil before proxy_pass takes the request.
	plan   *plan
	target target
	// what of the target cannot be known
	blind bool
	// the body's length as nginx sends it, -1 for none
	length  int
	chunked bool
	// bodiless says that the request's body was thrown away.
	bodiless bool
	// sub says that it is a subrequest.
	sub bool
	// known are the traits of the run's nginx, where they are at hand.
	known *traits
	// room is where what is sent is put; nil for memory of its own.
	room *Upstream
	// carried are lines of the response that an internal redirect found there.
	carried []Line
	// overflow says that more was written of the request than was measured.
	overflow bool
	// spare is how many bytes more nginx makes room for than the URI has.
	spare int
	// refused says that nginx did not read the request to its end, so that the connection is closed.
	refused bool
	// reply is the answer that is being made; nil before there is one.
	reply *reply
}

// outcome evaluates what happens after routing.
func (e *Evaluator) outcome(x *exchange, d *route.Decision) *Outcome {
	o := &Outcome{}
	e.decide(o, x, d)
	return o
}

// decide fills an outcome in.
func (e *Evaluator) decide(o *Outcome, x *exchange, d *route.Decision) {
	*o = Outcome{Decision: d, Unknown: d.Unknown, version: x.run.Version, e: e, x: x}
	switch d.Kind {
	case route.Answer:
		o.Status = d.Status
	case route.Unknown:
		if o.Unknown == "" {
			o.Unknown = "where the request goes"
		}
	case route.Proxy:
		e.proxied(o)
	}
}

// proxied evaluates a proxy_pass: what cannot be sent is an answer of nginx's own.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_handler.
func (e *Evaluator) proxied(o *Outcome) {
	x := o.x
	x.plan, x.bodiless = e.plan(o.Decision.Level, o.Decision.Handler), o.Decision.Bodiless
	if reason, status := x.aim(); reason != "" || status != 0 {
		o.Unknown, o.Status = reason, status
		x.plan = nil
		return
	}
	up := x.upstream(x.traits())
	if up.URI.Text == "" && !up.URI.Unknown || x.run.Failed() {
		o.Status = 500 // "zero length URI to proxy"
		return
	}
	if x.overflow {
		o.Unknown, o.Status = x.overflowed()
		return
	}
	o.Upstream = up
	if up.NoResolver {
		o.Status = 502
	}
}

// traits returns those of the run's nginx.
func (x *exchange) traits() traits {
	if x.known == nil {
		return traitsOf(x.run.Version)
	}
	return *x.known
}

// aim finds the target. reason says why nothing is known; status is nginx's answer where the URL is none.
//
// nginx: ngx_http_proxy_eval.
func (x *exchange) aim() (reason string, status int) {
	p := x.plan
	if p.fixed != nil || p.err != nil {
		if p.err != nil {
			return "nginx refuses the URL: " + p.err.Error(), 0
		}
		x.target = *p.fixed
		return "", 0
	}
	url := x.run.Eval(p.url)
	if url.Unknown {
		x.aimBlindly(url.Text)
		return "", 0
	}
	t, err := parseTarget(url.Text)
	if err != nil {
		return "", 500
	}
	if strings.HasPrefix(t.uri, "?") {
		t.uri = "/" + t.uri
	}
	x.target = *t
	return "", 0
}

// aimBlindly keeps of a URL that is not known what can be read.
func (x *exchange) aimBlindly(text string) {
	x.blind = true
	if t, err := parseTarget(text); err == nil {
		x.target = *t
	} else if errors.Is(err, errPrefix) {
		x.target = target{host: text, header: text}
	}
}

// upstream builds the request for a version with these traits.
//
// nginx: ngx_http_proxy_create_request.
func (x *exchange) upstream(t traits) *Upstream {
	p := x.plan
	up := x.room
	if up == nil {
		up = &Upstream{}
	}
	*up = Upstream{Pass: p.pass, Timers: p.timers, Open: p.headers.open, VersionBy: p.version.By}
	x.connect(up, t)
	up.Cached = x.cached()
	up.Method = x.method(up.Cached)
	up.URI = x.uri()
	up.Version = p.httpVersion(t)
	x.content(up)
	x.prepare(up, t)
	return up
}

// connect says where the request is sent.
func (x *exchange) connect(up *Upstream, t traits) {
	g := &x.target
	up.Scheme = vars.Value{Text: "http", Unknown: x.blind}
	if g.https {
		up.Scheme.Text = "https"
	}
	up.Host = vars.Value{Text: g.header, Unknown: x.blind}
	up.Port, up.Socket = g.port, g.socket
	if x.blind || g.socket != "" {
		return
	}
	pool := x.plan.pool
	if up.Block = x.plan.block; x.plan.fixed == nil && g.noPort {
		up.Block = x.e.config.Upstream(g.host)
		pool = poolOf(up.Block)
	}
	if up.Block != nil {
		up.Keepalive = keeps(pool, t)
		return
	}
	up.Resolve = x.plan.fixed == nil && !g.literal && !x.e.resolved(g)
	up.NoResolver = up.Resolve && x.e.config.Effective(x.plan.level, "resolver").State == config.Default &&
		!x.e.config.Fragment && x.e.config.Complete
}

// poolState says what an upstream block says about keeping connections.
type poolState uint8

const (
	poolDefault poolState = iota
	pooled
	notPooled
)

// keeps reports whether connections to the servers of such a block are kept.
func keeps(pool poolState, t traits) bool {
	return pool == pooled || pool == poolDefault && t.has(poolsByDefault)
}

// poolOf reads an upstream block's keepalive.
//
// nginx: src/http/modules/ngx_http_upstream_keepalive_module.c.
func poolOf(block *config.Directive) poolState {
	state := poolDefault
	if block == nil {
		return state
	}
	for _, d := range block.Children {
		if d.Block == nil && d.Name() == "keepalive" {
			if state = pooled; d.Arg(1) == "0" {
				state = notPooled
			}
		}
	}
	return state
}

// cached reports whether the request goes through a cache: as on the first request, which finds nothing there.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_cache.
func (x *exchange) cached() bool {
	c := &x.plan.cache
	if c.expr == nil || !slices.Contains(x.plan.cacheMethods, x.run.Method) {
		return false
	}
	zone := x.run.Eval(c.expr)
	return zone.Unknown || zone.Text != "" && zone.Text != "off"
}

// method returns the request's method as sent.
func (x *exchange) method(cached bool) vars.Value {
	switch {
	case cached && x.run.Method == "HEAD" && x.plan.cacheConvertHead:
		return vars.Known("GET")
	case x.plan.method.unknown:
		return vars.Value{Text: x.run.Method, Unknown: true}
	case x.plan.method.expr != nil:
		return x.run.Eval(x.plan.method.expr)
	}
	return vars.Known(x.run.Method)
}

// httpVersion returns the version of the request line.
func (p *plan) httpVersion(t traits) vars.Value {
	v := vars.Known("1.1")
	if t.has(sendsClose) {
		v.Text = "1.0"
	}
	switch p.version.State {
	case config.Set:
		v.Text = p.version.By.Arg(1)
	case config.Unknown:
		v.Unknown = true
	}
	return v
}

// uri returns the request's URI as sent.
func (x *exchange) uri() vars.Value {
	r, own := x.run, x.target.uri
	variable := x.plan.fixed == nil
	switch {
	case x.blind:
		return vars.Value{Text: r.UnparsedURI, Unknown: true}
	case variable && own != "":
		return vars.Known(own)
	case own == "" && r.ValidUnparsedURI:
		return vars.Value{Text: r.UnparsedURI, Unknown: r.URIUnknown}
	}
	path := r.URI
	if !r.ValidLocation {
		own = ""
	} else if own != "" {
		path = path[min(len(x.plan.prefix), len(path)):]
	}
	if r.QuotedURI || r.Internal {
		path = x.escape(path)
	}
	args := r.Variable("args")
	uri := vars.Value{Text: own + path, Unknown: r.URIUnknown || args.Unknown}
	if args.Text != "" {
		uri.Text += "?" + args.Text
	} else {
		x.spare = len("?")
	}
	return uri
}

// escape escapes a path as the run's nginx does.
func (x *exchange) escape(path string) string {
	if traitsOf(x.run.Version).has(escapesLess) {
		return escapeOldURI(path)
	}
	return escapeURI(path)
}

// content decides about the body.
func (x *exchange) content(up *Upstream) {
	req, p := x.run.Request, x.plan
	x.length, x.chunked = -1, false
	switch {
	case p.passes && p.body.expr != nil:
		return // with the head
	case p.body.expr != nil:
		body := x.run.Eval(p.body.expr)
		up.Body, up.BodyUnknown = []byte(body.Text), body.Unknown
		x.length = len(body.Text)
		return
	case x.bodiless:
		x.length = 0
		return
	case p.body.unknown:
		up.BodyUnknown = true
	case p.passBody != catalog.No:
		up.Body, up.BodyUnknown = req.Body, req.BodyUnknown
	}
	switch {
	case req.Chunked && !req.BodyRead && p.requestBuffering == catalog.No && p.passBody == catalog.Yes && up.Version.Text == "1.1":
		x.chunked, up.Chunked = true, true
	case x.sub: // nginx copies the length, though it sends no body
		up.Body, up.BodyUnknown = nil, false
		if n, err := strconv.Atoi(contentLength(x.run)); err == nil {
			x.length = n
		}
	case req.Chunked || len(req.Body) > 0 || req.BodyLength > 0:
		x.length = max(len(req.Body), req.BodyLength)
	case contentLength(x.run) == "0":
		x.length = 0
	}
	if up.BodyUnknown && up.Body != nil && len(up.Body) == 0 {
		up.Body = nil
	}
}

// contentLength returns the client's Content-Length.
func contentLength(r *vars.Run) string {
	for i := range r.Headers {
		if equalFold(r.Headers[i].Name, "Content-Length") {
			return r.Headers[i].Value
		}
	}
	return ""
}

// bodyLength returns $proxy_internal_body_length.
func (x *exchange) bodyLength(up *Upstream) vars.Value {
	switch {
	case up.BodyUnknown && !up.Chunked:
		return vars.Value{Text: "$proxy_internal_body_length", Unknown: true}
	case x.length >= 0:
		return vars.Known(strconv.Itoa(x.length))
	}
	return vars.Value{}
}

// chunking returns $proxy_internal_chunked.
func (x *exchange) chunking() vars.Value {
	if x.chunked {
		return vars.Known("chunked")
	}
	return vars.Value{}
}
