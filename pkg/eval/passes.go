package eval

import "github.com/ngxproof/ngxproof/pkg/vars"

// twoPasses evaluates the body and the directives of the set as nginx does: it measures all before it writes the first,
// so that captures that a map's pattern changes on the way are changed in all that is written. Most heads look the same
// without that and are spared it.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_create_request.
func (x *exchange) twoPasses(up *Upstream) []vars.Value {
	p, r := x.plan, x.run
	items := p.headers.items
	if p.body.expr != nil {
		r.Flush(p.body.expr)
	}
	for i := range items {
		r.Flush(items[i].value)
	}
	var head, body room
	if p.body.expr != nil {
		x.length = r.Measure(p.body.expr)
		body.measured = x.length
	}
	for i := range items {
		head.measured += lineLength(items[i].name, r.Measure(items[i].value))
	}
	values := make([]vars.Value, len(items))
	for i := range items {
		values[i] = r.Write(items[i].value)
		head.write(values[i], lineLength(items[i].name, len(values[i].Text)))
	}
	if p.body.expr != nil {
		value := r.Write(p.body.expr)
		up.Body, up.BodyUnknown = []byte(value.Text), value.Unknown
		body.write(value, len(value.Text))
	}
	x.overflow = x.overflows(head, body)
	return values
}

// room is how much nginx measured of a part of the request and how much it wrote.
type room struct {
	measured, written int
	unknown           bool // of what was written
}

func (r *room) write(v vars.Value, length int) {
	r.written += length
	r.unknown = r.unknown || v.Unknown
}

// overflows reports whether more is written than there is room for. Older versions have one room for all, with a byte
// for the question mark of a URI that has no arguments; newer ones look at head and body.
//
// Measured on 1.22.1, 1.26.3 and 1.30.6.
func (x *exchange) overflows(head, body room) bool {
	if head.unknown || body.unknown {
		return false
	}
	if x.run.Overflows() {
		return head.written+body.written > head.measured+body.measured+x.spare
	}
	return head.written > head.measured || body.written > body.measured
}

// lineLength is how much room a header line takes: none where its value is empty.
func lineLength(name string, value int) int {
	if value == 0 {
		return 0
	}
	return len(name) + len(": \r\n") + value
}

// overflowed says what becomes of a request of which more was written than there is room for: older versions write over
// what stands behind it in memory, and may go on, hang or crash.
func (x *exchange) overflowed() (reason string, status int) {
	if x.run.Overflows() {
		return "a map's pattern changes captures while the request is built, and nginx writes past its end", 0
	}
	return "", 500
}
