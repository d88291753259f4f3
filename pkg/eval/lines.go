package eval

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// material is what header lines are made of: a head is asked for far less often than one of its headers.
type material struct {
	plan            *plan
	values          []vars.Value // of the set's directives, in order
	length, chunked vars.Value   // $proxy_internal_body_length and $proxy_internal_chunked
	client          []vars.Header
	traits          traits
}

// prepare evaluates what the lines are made of.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_create_request.
func (x *exchange) prepare(up *Upstream, t traits) {
	values := x.evaluate(up)
	up.from = material{plan: x.plan, client: x.run.Headers, traits: t,
		length: x.bodyLength(up), chunked: x.chunking(), values: values}
}

// evaluate returns what the directives of the set are worth.
func (x *exchange) evaluate(up *Upstream) []vars.Value {
	items := x.plan.headers.items
	if x.plan.passes {
		return x.twoPasses(up)
	}
	if len(items) == 0 {
		return nil
	}
	values := make([]vars.Value, len(items))
	for i := range items {
		values[i] = x.run.Eval(items[i].value)
	}
	return values
}

// Lines returns the header lines in the order in which they are sent. They are made anew for each call.
func (u *Upstream) Lines() []Line {
	lines := make([]Line, 0, len(u.from.values)+2+len(u.from.client))
	u.each(func(line *Line) {
		if line.DroppedBy == Sent {
			lines = append(lines, *line)
		}
	})
	return lines
}

// Dropped returns the lines that are not sent, with what dropped them: directives first, then nginx's defaults, then the
// client's. They are made anew for each call.
func (u *Upstream) Dropped() []Line {
	var lines []Line
	u.each(func(line *Line) {
		if line.DroppedBy != Sent {
			lines = append(lines, *line)
		}
	})
	return lines
}

// each calls visit with every line, sent or dropped, in order.
func (u *Upstream) each(visit func(*Line)) {
	m := u.maker()
	m.visit, m.line = visit, &Line{}
	m.make()
}

// named calls visit with every line of that name (any case), sent or dropped, in order. The other lines are not made:
// rules ask most heads for a header or two.
func (u *Upstream) named(name string, visit func(*Line)) {
	m := u.maker()
	m.visit, m.line, m.name, m.some = visit, &Line{}, name, true
	m.make()
}

// lineMaker makes the lines of one head.
//
// nginx: ngx_http_proxy_init_headers and ngx_http_proxy_create_request.
type lineMaker struct {
	up       *Upstream
	set      *headerSet
	defaults []defaultHeader
	visit    func(*Line) // nil to write those that are sent to head
	name     string      // of the only lines to make, where some
	some     bool
	line     *Line // for visit: one for all, which spares an allocation each
	head     []byte
}

// skips reports whether lines of that name are not to be made.
func (m *lineMaker) skips(name string) bool { return m.some && !equalFold(name, m.name) }

// maker returns what makes the lines of the head.
func (u *Upstream) maker() lineMaker {
	m := lineMaker{up: u, set: u.from.plan.headers}
	m.defaults = defaultHeaders(u.from.traits, u.Cached && !u.from.plan.cacheScarce)
	return m
}

// make gives all lines in order.
func (m *lineMaker) make() {
	first := m.up.from.traits.has(hostFirst)
	if first && !m.skips("Host") {
		m.host()
	}
	m.directives(first)
	m.nginxs(first)
	m.clients()
}

// give hands a line over.
func (m *lineMaker) give(line Line) {
	switch {
	case m.visit != nil:
		*m.line = line
		m.visit(m.line)
	case line.DroppedBy == Sent:
		m.head = line.append(m.head)
	}
}

// directive is what directive i would send.
func (m *lineMaker) directive(i int) Line {
	item := &m.set.items[i]
	line := Line{Name: item.name, Value: m.up.from.values[i], Origin: OriginDirective, By: item.by, Maybe: item.maybe}
	if line.Value.Empty() {
		line.DroppedBy = EmptyValue
	}
	return line
}

// host gives the Host line as nginx sends it since 1.31.4: first, the last directive's, $proxy_host where that is empty
// and the version is not 1.0. The other directives are dropped.
func (m *lineMaker) host() {
	own := Line{Name: "Host", Value: m.up.Host, Maybe: m.set.open}
	last := m.set.last("Host")
	if last < 0 {
		m.give(own)
		return
	}
	for i := range last {
		if equalFold(m.set.items[i].name, "Host") {
			line := m.directive(i)
			line.DroppedBy, line.DroppedAt = Superseded, m.set.items[last].by
			m.give(line)
		}
	}
	line := m.directive(last)
	m.give(line)
	if line.DroppedBy != Sent && m.up.Version.Text != "1.0" {
		m.give(own)
	}
}

// directives gives what directives set, but Host where that is done.
func (m *lineMaker) directives(hostDone bool) {
	for i := range m.set.items {
		name := m.set.items[i].name
		if !m.skips(name) && (!hostDone || !equalFold(name, "Host")) {
			m.give(m.directive(i))
		}
	}
}

// own returns what a header of nginx's own is worth.
func (m *lineMaker) own(c computed) vars.Value {
	switch c {
	case proxyHost:
		return m.up.Host
	case closing:
		return vars.Known("close")
	case bodyLength:
		return m.up.from.length
	case chunking:
		return m.up.from.chunked
	}
	return vars.Value{}
}

// nginxs gives what nginx sets by itself, and no directive does.
func (m *lineMaker) nginxs(hostDone bool) {
	for i := range m.defaults {
		d := &m.defaults[i]
		if m.skips(d.name) {
			continue
		}
		line := Line{Name: d.name, Value: m.own(d.value), Maybe: m.set.open}
		if line.Value.Empty() || hostDone && d.value == proxyHost {
			continue
		}
		if by := m.set.setter(d.name); by != nil {
			line.DroppedBy, line.DroppedAt = Replaced, by.by
		}
		m.give(line)
	}
}

// clients gives the client's lines; those that a directive or a default replaces are dropped.
func (m *lineMaker) clients() {
	pass := m.up.from.plan.passHeaders
	for i := range m.up.from.client {
		h := &m.up.from.client[i]
		if m.skips(h.Name) {
			continue
		}
		line := Line{Name: h.Name, Value: vars.Value{Text: h.Value}, Origin: OriginClient,
			Maybe: m.set.open || pass == catalog.Unknown}
		if by := m.set.setter(h.Name); by != nil {
			line.DroppedBy, line.DroppedAt, line.Maybe = Replaced, by.by, by.maybe
		} else if why, dropped := dropping(m.defaults, h.Name); dropped {
			line.DroppedBy = why
		} else if pass == catalog.No {
			line.DroppedBy, line.DroppedAt = NotPassed, m.up.from.plan.noPass
		}
		m.give(line)
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

// forTraits returns what versions with other traits send for the same request: the same values in another order, with
// other defaults. ok is false where that is not all that differs.
func (u *Upstream) forTraits(t traits) (other *Upstream, ok bool) {
	if u.Chunked || len(u.Body) > 0 || u.BodyUnknown {
		return nil, false
	}
	next := *u
	next.Version, next.from.traits = u.from.plan.httpVersion(t), t
	if u.Block != nil {
		next.Keepalive = keeps(poolOf(u.Block), t)
	}
	return &next, true
}
