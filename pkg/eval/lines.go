package eval

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
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
	return u.AppendLines(make([]Line, 0, len(u.from.values)+2+len(u.from.client)))
}

// AppendLines appends what Lines returns, for who looks at many heads and keeps none.
func (u *Upstream) AppendLines(to []Line) []Line {
	m := u.maker(theSent)
	m.lines = to
	m.make()
	return m.lines
}

// Dropped returns the lines that are not sent, with what dropped them: directives first, then nginx's defaults, then the
// client's. They are made anew for each call.
func (u *Upstream) Dropped() []Line {
	m := u.maker(theDropped)
	m.make()
	return m.lines
}

// named makes the lines of that name (any case) alone: rules ask most heads for a header or two.
func (u *Upstream) named(name string, w want) lineMaker {
	m := u.maker(w)
	m.name, m.some = name, true
	m.make()
	return m
}

// want is what a lineMaker keeps of the lines. A function to call for each would cost an allocation or two for every
// question to a head.
type want uint8

const (
	theHead    want = iota // the bytes of those that are sent, in head
	theSent                // those that are sent, in lines
	theDropped             // the others, in lines
	theValues              // what is sent, in values, and whether all of it is known
	theDecider             // the directives that send the first and drop the last, in sentBy and droppedBy
)

// lineMaker makes the lines of one head.
//
// nginx: ngx_http_proxy_init_headers and ngx_http_proxy_create_request.
type lineMaker struct {
	up       *Upstream
	set      *headerSet
	defaults []defaultHeader
	want     want
	name     string // of the only lines to make, where some
	some     bool

	lines             []Line
	values            []string
	unknown           bool
	sentBy, droppedBy *config.Directive
	head              []byte
}

// skips reports whether lines of that name are not to be made.
func (m *lineMaker) skips(name string) bool { return m.some && !equalFold(name, m.name) }

// maker returns what makes the lines of the head.
func (u *Upstream) maker(w want) lineMaker {
	m := lineMaker{up: u, set: u.from.plan.headers, want: w}
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

// give takes a line in.
func (m *lineMaker) give(line Line) {
	sent := line.DroppedBy == Sent
	switch m.want {
	case theHead:
		if sent {
			m.head = line.append(m.head)
		}
	case theSent, theDropped:
		if sent == (m.want == theSent) {
			m.lines = append(m.lines, line)
		}
	case theValues:
		if sent {
			m.values = append(m.values, line.Value.Text)
			m.unknown = m.unknown || line.Value.Unknown
		}
	case theDecider:
		m.decide(line.By, sent)
	}
}

// decide notes the directive of a line.
func (m *lineMaker) decide(by *config.Directive, sent bool) {
	switch {
	case by == nil:
	case !sent:
		m.droppedBy = by
	case m.sentBy == nil:
		m.sentBy = by
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
