package eval

import (
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// proxied is the answer that passes the backend's on.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_headers.
func (r *reply) proxied(o *Outcome, up *Response) *ClientHead {
	run := r.x.run
	run.AfterUpstream = true
	r.up, r.status, r.line = up, up.Status, up.line()
	r.head.FromBackend, r.override = true, o.Decision.Status
	for i := range up.Headers {
		if equalFold(up.Headers[i].Name, "X-Accel-Redirect") && up.Status != 101 && !r.ignores("X-Accel-Redirect") {
			return &ClientHead{Unknown: "X-Accel-Redirect"}
		}
	}
	r.measure()
	r.head.Tunnel = up.Status == 101 && hasHeader(run, "Upgrade")
	for i := range up.Headers {
		r.pass(&up.Headers[i])
	}
	r.suppressMissing()
	return r.finish()
}

// hasHeader reports whether the client sent a header line of that name.
func hasHeader(run *vars.Run, name string) bool {
	for i := range run.Headers {
		if equalFold(run.Headers[i].Name, name) {
			return true
		}
	}
	return false
}

// ignores reports whether proxy_ignore_headers names the header.
func (r *reply) ignores(name string) bool {
	v := r.x.e.config.Effective(r.x.run.Location, "proxy_ignore_headers")
	if v.State != config.Set {
		return false
	}
	for _, word := range v.By.Args() {
		if equalFold(word.Value, name) {
			return true
		}
	}
	return false
}

// measure finds the length of the backend's body.
func (r *reply) measure() {
	for i := range r.up.Headers {
		h := &r.up.Headers[i]
		switch {
		case equalFold(h.Name, "Content-Length"):
			if n, err := strconv.Atoi(h.Value); err == nil && n >= 0 {
				r.length = n
			}
		case equalFold(h.Name, "Transfer-Encoding") && strings.Contains(strings.ToLower(h.Value), "chunked"):
			r.length = -1
			return
		}
	}
}

// pass passes one of the backend's lines on, or drops it.
func (r *reply) pass(h *vars.Header) {
	name := strings.ToLower(h.Name)
	line := Line{Name: h.Name, Value: vars.Value{Text: h.Value}, Origin: OriginClient}
	if by, hidden := r.plan.hidden[name]; hidden {
		line.DroppedBy, line.DroppedAt = Hidden, by
		r.head.Dropped = append(r.head.Dropped, line)
		return
	}
	switch name {
	case "content-length", "connection", "keep-alive", "transfer-encoding":
		line.DroppedBy = HopByHop
		r.head.Dropped = append(r.head.Dropped, line)
		return
	case "content-type":
		r.typ = line.Value
		return
	case "server":
		r.server = true
	case "date":
		r.date = true
	case "location":
		r.passLocation(&line)
		return
	case "refresh":
		if at := strings.Index(strings.ToLower(h.Value), "url="); at >= 0 {
			line.Value, _ = rewriteRedirect(r.x.run, r.plan.redirects, h.Value, at+len("url="))
		}
	case "set-cookie":
		line.Value.Unknown = r.rewritesCookies()
	}
	r.lines = append(r.lines, line)
}

// passLocation passes a Location on, rewritten by proxy_redirect.
//
// nginx: ngx_http_upstream_rewrite_location.
func (r *reply) passLocation(line *Line) {
	value, done := rewriteRedirect(r.x.run, r.plan.redirects, line.Value.Text, 0)
	line.Value = value
	r.lines = append(r.lines, *line)
	if done {
		r.location = len(r.lines) - 1
	}
}

// rewritesCookies reports whether proxy_cookie_domain and the like may change cookies.
func (r *reply) rewritesCookies() bool {
	for _, name := range []string{"proxy_cookie_domain", "proxy_cookie_path", "proxy_cookie_flags"} {
		if v := r.x.e.config.Effective(r.x.run.Location, name); v.State != config.Default && (v.By == nil || v.By.Arg(1) != "off") {
			return true
		}
	}
	return false
}

// suppressMissing leaves Server and Date out where they are passed on, but the backend sent none.
func (r *reply) suppressMissing() {
	if _, hidden := r.plan.hidden["server"]; !hidden {
		r.server = true
	}
	if _, hidden := r.plan.hidden["date"]; !hidden {
		r.date = true
	}
}

// addHeaders adds what add_header and expires say.
//
// nginx: src/http/modules/ngx_http_headers_filter_module.c, ngx_http_headers_filter.
func (r *reply) addHeaders() {
	safe := coveredByDefault(r.status)
	if safe && r.plan.expires != nil {
		r.expire()
	}
	for i := range r.plan.adds {
		a := &r.plan.adds[i]
		line := Line{Name: a.name, Origin: OriginDirective, By: a.by}
		if !safe && !a.always {
			line.DroppedBy, line.Value = StatusNotCovered, vars.Value{Text: a.value.String()}
			r.head.Dropped = append(r.head.Dropped, line)
			continue
		}
		line.Value = r.x.run.Eval(a.value)
		r.add(line)
	}
}

// add adds one line of add_header: Last-Modified and ETag replace the backend's.
func (r *reply) add(line Line) {
	if equalFold(line.Name, "Last-Modified") || equalFold(line.Name, "ETag") {
		for i := range r.lines {
			if equalFold(r.lines[i].Name, line.Name) {
				old := r.lines[i]
				old.DroppedBy, old.DroppedAt = Replaced, line.By
				r.head.Dropped = append(r.head.Dropped, old)
				if line.Value.Empty() {
					r.lines = append(r.lines[:i:i], r.lines[i+1:]...)
					r.moved(i)
				} else {
					r.lines[i] = line
				}
				return
			}
		}
	}
	if line.Value.Empty() {
		line.DroppedBy = EmptyValue
		r.head.Dropped = append(r.head.Dropped, line)
		return
	}
	r.lines = append(r.lines, line)
}

// moved keeps the Location's place after line i was taken out.
func (r *reply) moved(i int) {
	if r.location > i {
		r.location--
	}
}

// coveredByDefault reports whether add_header without always adds to the status.
func coveredByDefault(status int) bool {
	switch status {
	case 200, 201, 204, 206, 301, 302, 303, 304, 307, 308:
		return true
	}
	return false
}

// expire sets Expires and Cache-Control as the expires directive says; the times themselves depend on the clock.
//
// nginx: ngx_http_set_expires.
func (r *reply) expire() {
	by := r.x.e.config.Effective(r.x.run.Location, "expires").By
	until := vars.Value{Text: DateText, Unknown: true}
	var cache vars.Value
	switch word := r.plan.expires[len(r.plan.expires)-1]; {
	case word == "epoch":
		until, cache = vars.Known("Thu, 01 Jan 1970 00:00:01 GMT"), vars.Known("no-cache")
	case word == "max":
		until, cache = vars.Known("Thu, 31 Dec 2037 23:55:55 GMT"), vars.Known("max-age=315360000")
	case strings.HasPrefix(word, "-"):
		cache = vars.Known("no-cache")
	default:
		after, ok := ParseTime(strings.TrimPrefix(word, "+"))
		known := ok && len(r.plan.expires) == 1
		cache = vars.Value{Text: "max-age=" + strconv.Itoa(int(after.Seconds())), Unknown: !known}
	}
	r.replaceOrAdd(Line{Name: "Expires", Value: until, Origin: OriginDirective, By: by})
	r.replaceOrAdd(Line{Name: "Cache-Control", Value: cache, Origin: OriginDirective, By: by})
}

// replaceOrAdd puts a line in the place of the first of its name and drops the others, or adds it.
func (r *reply) replaceOrAdd(line Line) {
	found := false
	kept := r.lines[:0:0]
	for i := range r.lines {
		old := r.lines[i]
		if !equalFold(old.Name, line.Name) {
			kept = append(kept, old)
			continue
		}
		if !found {
			line.Name = old.Name
			kept = append(kept, line)
		}
		found = true
		old.DroppedBy, old.DroppedAt = Replaced, line.By
		r.head.Dropped = append(r.head.Dropped, old)
	}
	if !found {
		kept = append(kept, line)
	}
	r.lines = kept
}
