package eval

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// reply is an answer while it is made.
//
// nginx: src/http/ngx_http_request.h, ngx_http_headers_out_t.
type reply struct {
	x    *exchange
	plan *replyPlan
	head *ClientHead
	up   *Response // the backend's answer; nil for nginx's own

	status    int
	line      string // the backend's status line; "" to make one
	typ       vars.Value
	length    int    // of the body, -1 where not known
	lines     []Line // the list that follows what the header filter writes by itself
	server    bool   // Server is in the list, or suppressed
	date      bool
	location  int // where in lines a Location stands that may be made absolute; -1 for none
	keepalive bool
	modified  string // of a file: Last-Modified, which stands with nginx's own lines
	failed    int    // the status for which asking the backend failed; 0 where it did not
	override  int    // the status that error_page puts in place of the answer's; 0 for none
}

// newReply begins an answer at the level where the request ended, on a copy of the run.
func newReply(o *Outcome) *reply {
	from := o.exchange()
	x := *from
	x.run = from.run.Clone()
	x.run.Version = o.version
	if x.run.World == nil {
		x.run.World = &vars.World{}
	}
	r := &reply{x: &x, head: &ClientHead{}, length: -1, location: -1}
	x.run.Late = x.late
	x.reply = r
	level := o.Decision.Level
	if level == nil {
		level = x.e.config.Root
	}
	r.plan = x.e.replyPlan(level)
	r.head.Open = r.plan.open
	r.keepalive = (r.plan.keepalive || o.Early()) && !x.refused && !o.Decision.Last && keepsAlive(x.run)
	for _, c := range o.Decision.Challenges {
		r.lines = append(r.lines, challenge(c))
	}
	r.lines = append(r.lines, x.carried...)
	if live := x.run.Request.Live; live != nil && !x.sub {
		r.keepalive = r.keepalive && !live.Closing
		for _, h := range live.Added {
			r.lines = append(r.lines, Line{Name: h.Name, Value: vars.Known(h.Value)})
		}
	}
	r.head.reply = r
	return r
}

// challenge is the line that asks for a password. nginx does not escape the realm.
//
// nginx: src/http/modules/ngx_http_auth_basic_module.c, ngx_http_auth_basic_set_realm.
func challenge(c route.Challenge) Line {
	value := vars.Value{Text: `Basic realm="` + c.Realm.Text + `"`, Unknown: c.Realm.Unknown}
	return Line{Name: "WWW-Authenticate", Value: value, Origin: OriginDirective, By: c.By}
}

// keepsAlive reports whether the client wants its connection kept.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_handler; ngx_http_request.c, ngx_http_process_connection.
func keepsAlive(run *vars.Run) bool {
	keep := run.Request.Version != "1.0" && run.Request.Version != "0.9"
	for i := range run.Headers {
		h := &run.Headers[i]
		if !equalFold(h.Name, "Connection") {
			continue
		}
		switch value := strings.ToLower(h.Value); {
		case strings.Contains(value, "close"):
			keep = false
		case strings.Contains(value, "keep-alive"):
			keep = true
		}
	}
	return keep
}

// text is the answer of a return with a text.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_send_response.
func (r *reply) text(d *route.Decision) *ClientHead {
	r.status = d.Status
	r.head.Body, r.head.BodyUnknown = []byte(d.Body), d.BodyUnknown
	r.length = len(d.Body)
	if d.BodyUnknown {
		r.head.Open = true
	}
	r.typ = vars.Value{Text: r.x.e.contentType(r.plan, r.x.run.URI), Unknown: r.x.run.URIUnknown}
	r.locate(d)
	return r.finish()
}

// special is nginx's built-in page.
//
// nginx: src/http/ngx_http_special_response.c, ngx_http_special_response_handler.
func (r *reply) special(status int) *ClientHead {
	switch status {
	case 400, 413, 414, 495, 496, 497, 500, 501:
		r.keepalive = false
	}
	r.status = status
	if status >= 494 && status <= 497 {
		r.status = 400
	}
	body := page(status, r.signature())
	if body != "" {
		r.typ = vars.Known("text/html")
		if status >= 400 && r.pads() {
			body += strings.Repeat(padding, 6)
		}
	}
	r.head.Body, r.length = []byte(body), len(body)
	return r.finish()
}

// pads reports whether a page is made longer for the client.
func (r *reply) pads() bool {
	if r.plan.padding == catalog.No || r.x.run.Request.Version == "0.9" {
		return false
	}
	for i := range r.x.run.Headers {
		h := &r.x.run.Headers[i]
		if equalFold(h.Name, "User-Agent") {
			return likesPadding(h.Value)
		}
	}
	return false
}

// likesPadding reports whether nginx takes a browser for Internet Explorer or Chrome.
//
// nginx: src/http/ngx_http_request.c, ngx_http_process_user_agent.
func likesPadding(agent string) bool {
	if strings.Contains(agent, "Opera") {
		return false
	}
	if at := strings.Index(agent, "MSIE "); at >= 0 && at+len("MSIE 6.") < len(agent) {
		return true
	}
	return strings.Contains(agent, "Chrome/") && !strings.Contains(agent, "Gecko/")
}

// signature is the server's name in pages.
func (r *reply) signature() string {
	if s := r.plan.tokens; s.expr != nil && s.by.Arg(1) != "on" && s.by.Arg(1) != "build" {
		return "nginx"
	}
	return "nginx/" + r.x.run.Version.String()
}

// locate adds the Location of a redirect.
func (r *reply) locate(d *route.Decision) {
	if !d.Located {
		return
	}
	r.lines = append(r.lines, Line{Name: "Location", Value: vars.Value{Text: d.Redirect, Unknown: d.RedirectUnknown},
		Origin: origin(d.By), By: d.By})
	if d.MadeAbsolute {
		r.location = len(r.lines) - 1
	}
}

// origin is Directive where there is one.
func origin(by *config.Directive) Origin {
	if by == nil {
		return OriginDefault
	}
	return OriginDirective
}

// finish runs the filters and writes the head.
func (r *reply) finish() *ClientHead {
	run, head := r.x.run, r.head
	if r.override != 0 {
		r.status, r.line = r.override, ""
	}
	run.Status = r.status
	r.addHeaders()
	r.frame()
	head.Status, head.StatusLine = r.status, r.line
	if r.line == "" {
		head.StatusLine = statusLine(r.status)
	}
	head.KeepAlive = r.keepalive && !head.Tunnel
	r.write()
	switch {
	case run.Request.Version == "0.9": // nginx leaves the header filter before it thinks of HEAD
		head.Headless, head.Lines = true, nil
	case run.Method == "HEAD", r.status == 204 && r.line == "", r.status == 304:
		head.Body = nil
	}
	if gzips(r) || run.World.Choices() > 0 {
		head.Open = true
	}
	return head
}

// gzips reports whether the gzip filter may change the answer.
func gzips(r *reply) bool {
	if r.plan.gzip == catalog.No || r.status != 200 && r.status != 403 && r.status != 404 {
		return false
	}
	for i := range r.x.run.Headers {
		h := &r.x.run.Headers[i]
		if equalFold(h.Name, "Accept-Encoding") && strings.Contains(strings.ToLower(h.Value), "gzip") {
			return true
		}
	}
	return false
}

// frame decides how the body's end is told.
//
// nginx: src/http/modules/ngx_http_chunked_filter_module.c, ngx_http_chunked_header_filter.
func (r *reply) frame() {
	if r.status == 204 && r.line == "" {
		r.typ, r.length = vars.Value{}, -1
	}
	if r.status == 304 || r.status == 204 || r.status < 200 || r.x.run.Method == "HEAD" || r.length >= 0 {
		return
	}
	if v := r.x.run.Request.Version; v != "1.0" && v != "0.9" && r.plan.chunking != catalog.No {
		r.head.Chunked = true
		return
	}
	r.keepalive = false
}

// write puts the lines in the order of nginx's header filter.
//
// nginx: src/http/ngx_http_header_filter_module.c, ngx_http_header_filter.
func (r *reply) write() {
	var lines []Line
	add := func(name, value string) { lines = append(lines, Line{Name: name, Value: vars.Known(value)}) }
	if !r.server {
		server := r.serverLine()
		lines = append(lines, server)
	}
	if !r.date {
		lines = append(lines, Line{Name: "Date", Value: vars.Value{Text: DateText, Unknown: true}})
	}
	if r.typ.Text != "" {
		lines = append(lines, r.typeLine())
	}
	if r.length >= 0 {
		add("Content-Length", strconv.Itoa(r.length))
	}
	if r.modified != "" && (r.status == 200 || r.status == 206 || r.status == 304) {
		add("Last-Modified", r.modified)
	}
	if location, ok := r.absolute(); ok {
		lines = append(lines, location)
	}
	if r.head.Chunked {
		add("Transfer-Encoding", "chunked")
	}
	add("Connection", r.connection())
	if r.plan.keepaliveHeader != "" && r.connection() == "keep-alive" {
		add("Keep-Alive", r.plan.keepaliveHeader)
	}
	r.head.Lines = append(lines, r.lines...)
}

// serverLine is nginx's Server line.
func (r *reply) serverLine() Line {
	line := Line{Name: "Server", Value: vars.Known(r.signature())}
	if s := r.plan.tokens; s.by != nil {
		line.Origin, line.By = OriginDirective, s.by
	} else if s.unknown {
		line.Value.Unknown = true
	}
	return line
}

// typeLine is the Content-Type line, with a charset where one is set.
//
// nginx: src/http/modules/ngx_http_charset_filter_module.c, ngx_http_charset_header_filter.
func (r *reply) typeLine() Line {
	line := Line{Name: "Content-Type", Value: r.typ}
	if r.up != nil {
		line.Origin = OriginClient
	}
	kind, params, _ := strings.Cut(r.typ.Text, ";")
	if r.plan.charset == "" || strings.Contains(strings.ToLower(params), "charset=") {
		return line
	}
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case "text/html", "text/xml", "text/plain", "text/vnd.wap.wml", "application/javascript", "application/rss+xml":
		line.Value.Text += "; charset=" + r.plan.charset
		line.Value.Unknown = line.Value.Unknown || strings.HasPrefix(r.plan.charset, "$")
	}
	return line
}

// absolute takes a Location that begins with a slash out of the list and makes it absolute.
func (r *reply) absolute() (Line, bool) {
	if r.location < 0 || r.plan.absolute == catalog.No {
		return Line{}, false
	}
	line := r.lines[r.location]
	if r.up == nil { // the router made it absolute
		r.lines = slices.Delete(r.lines, r.location, r.location+1)
		return line, true
	}
	if line.Value.Unknown || !strings.HasPrefix(line.Value.Text, "/") {
		return Line{}, false
	}
	r.lines = slices.Delete(r.lines, r.location, r.location+1)
	line.Name = "Location"
	host, known := r.redirectHost()
	scheme := "http://"
	if r.x.run.Request.TLS {
		scheme = "https://"
	}
	line.Value = vars.Value{Text: scheme + host + line.Value.Text, Unknown: !known}
	return line, true
}

// redirectHost returns host and port of an absolute redirect.
func (r *reply) redirectHost() (host string, known bool) {
	run := r.x.run
	known = true
	switch {
	case r.plan.namedRedirect == catalog.Yes:
		v := run.Variable("server_name")
		host, known = v.Text, !v.Unknown
	case run.Host != "":
		host = run.Host
	case run.Request.Local.IsValid():
		if host = run.Request.Local.Addr().String(); run.Request.Local.Addr().Is6() {
			host = "[" + host + "]"
		}
	default:
		host, known = "$server_addr", false
	}
	port, tls, ok := run.Endpoint()
	own := uint16(80)
	if tls {
		own = 443
	}
	if r.plan.portRedirect == catalog.No || ok && (port == own || port == 0) {
		return host, known
	}
	return host + ":" + strconv.Itoa(int(port)), known && ok
}
