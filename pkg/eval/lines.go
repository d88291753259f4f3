package eval

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// lines fills in the header lines that are sent, and those that are not.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_init_headers and ngx_http_proxy_create_request.
func (x *exchange) lines(up *Upstream, t traits) {
	defaults := defaultHeaders(t, up.Cached && !x.plan.cacheScarce)
	up.Lines = make([]Line, 0, len(x.plan.headers.items)+4+len(x.run.Headers))
	hostDone := false
	if t.has(hostFirst) {
		hostDone = x.hostLine(up)
	}
	x.setLines(up, hostDone)
	x.defaultLines(up, defaults, hostDone)
	x.clientLines(up, defaults)
}

// hostLine adds the Host line as nginx does since 1.31.4: first, the last directive's, $proxy_host where that is empty
// and the version is 1.1.
func (x *exchange) hostLine(up *Upstream) bool {
	host := Line{Name: "Host", Value: up.Host, Maybe: up.Open}
	var last *headerItem
	for i := range x.plan.headers.items {
		if item := &x.plan.headers.items[i]; equalFold(item.name, "Host") {
			last = item
		}
	}
	if last != nil {
		value := x.run.Eval(last.value)
		switch {
		case !value.Empty():
			host = Line{Name: last.name, Value: value, Origin: OriginDirective, By: last.by, Maybe: last.maybe}
		case up.Version.Text == "1.0":
			up.Dropped = append(up.Dropped, Line{Name: last.name, Origin: OriginDirective, By: last.by, Maybe: last.maybe, DroppedBy: EmptyValue})
			return true
		default:
			up.Dropped = append(up.Dropped, Line{Name: last.name, Origin: OriginDirective, By: last.by, Maybe: last.maybe, DroppedBy: EmptyValue})
		}
	}
	up.Lines = append(up.Lines, host)
	return true
}

// setLines adds what directives set.
func (x *exchange) setLines(up *Upstream, hostDone bool) {
	for i := range x.plan.headers.items {
		item := &x.plan.headers.items[i]
		if hostDone && equalFold(item.name, "Host") {
			if up.Lines[0].By != item.by && !x.droppedAlready(up, item) {
				up.Dropped = append(up.Dropped, Line{Name: item.name, Value: x.run.Eval(item.value), Origin: OriginDirective,
					By: item.by, Maybe: item.maybe, DroppedBy: Superseded, DroppedAt: up.Lines[0].By})
			}
			continue
		}
		line := Line{Name: item.name, Value: x.run.Eval(item.value), Origin: OriginDirective, By: item.by, Maybe: item.maybe}
		if line.Value.Empty() {
			line.DroppedBy = EmptyValue
			up.Dropped = append(up.Dropped, line)
			continue
		}
		up.Lines = append(up.Lines, line)
	}
}

// droppedAlready reports whether the directive is among what was dropped.
func (x *exchange) droppedAlready(up *Upstream, item *headerItem) bool {
	for i := range up.Dropped {
		if up.Dropped[i].By == item.by {
			return true
		}
	}
	return false
}

// defaultLines adds what nginx sets by itself, and no directive does.
func (x *exchange) defaultLines(up *Upstream, defaults []defaultHeader, hostDone bool) {
	set := x.plan.headers
	for i := range defaults {
		d := &defaults[i]
		if d.value == nothing || hostDone && d.value == proxyHost {
			continue
		}
		line := Line{Name: d.name, Value: x.value(d.value, up), Maybe: set.open}
		if by := set.setter(d.name); by != nil {
			if d.value == closing || d.value == proxyHost {
				line.DroppedBy, line.DroppedAt = Replaced, by.by
				up.Dropped = append(up.Dropped, line)
			}
			if !by.maybe {
				continue
			}
			continue
		}
		if !line.Value.Empty() {
			up.Lines = append(up.Lines, line)
		}
	}
}

// clientLines adds the client's lines that no directive and no default replaces.
func (x *exchange) clientLines(up *Upstream, defaults []defaultHeader) {
	set := x.plan.headers
	for i := range x.run.Headers {
		h := &x.run.Headers[i]
		line := Line{Name: h.Name, Value: vars.Value{Text: h.Value}, Origin: OriginClient, Maybe: set.open || x.plan.passHeaders == catalog.Unknown}
		if by := set.setter(h.Name); by != nil {
			line.DroppedBy, line.DroppedAt = Replaced, by.by
			line.Maybe = by.maybe || line.Maybe && by.maybe
		} else if why, dropped := dropping(defaults, h.Name); dropped {
			line.DroppedBy = why
		} else if x.plan.passHeaders == catalog.No {
			line.DroppedBy, line.DroppedAt = NotPassed, x.e.config.Effective(x.plan.level, "proxy_pass_request_headers").By
		}
		if line.DroppedBy != Sent {
			up.Dropped = append(up.Dropped, line)
			continue
		}
		up.Lines = append(up.Lines, line)
	}
}

// dropping returns why nginx by itself does not send the client's line of that name.
func dropping(defaults []defaultHeader, name string) (why Reason, dropped bool) {
	for i := range defaults {
		if equalFold(defaults[i].name, name) {
			return defaults[i].why, true
		}
	}
	return Sent, false
}
