package eval

import (
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/vars"
)

// late supplies the variables about the answer; see vars.Run.Late.
func (r *reply) late(name string) (vars.Value, bool) {
	switch {
	case name == "status" && r.status == 0: // an error_page asks, and the run knows
		return vars.Value{}, false
	case name == "status":
		return vars.Known(statusLine(r.status)[:3]), true
	case strings.HasPrefix(name, "sent_http_"):
		return r.sent(name[len("sent_http_"):]), true
	case strings.HasPrefix(name, "upstream_"):
		return r.upstreamVariable(name)
	}
	return vars.Value{}, false
}

// upstreamVariable returns $upstream_http_x and the like.
func (r *reply) upstreamVariable(name string) (vars.Value, bool) {
	header, isHeader := strings.CutPrefix(name, "upstream_http_")
	switch {
	case r.failed != 0 && name == "upstream_status":
		return vars.Value{Text: strconv.Itoa(r.failed), Unknown: r.several()}, true
	case r.up == nil && (isHeader || strings.HasPrefix(name, "upstream_cookie_")):
		return vars.Value{}, true
	case r.up == nil:
		return vars.Value{}, !r.x.run.AfterUpstream
	case isHeader:
		return vars.Known(r.joined(header)), true
	case name == "upstream_status":
		return vars.Known(strconv.Itoa(r.status)), true
	}
	return vars.Value{}, false
}

// several reports whether more than one server may have been asked before nginx gave up.
func (r *reply) several() bool {
	block := r.x.e.config.Upstream(r.x.target.host)
	return block != nil && len(block.Own("server")) != 1
}

// joined returns the backend's lines of a name as variables spell it.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_variable_unknown_header.
func (r *reply) joined(name string) string {
	var values []string
	for i := range r.up.Headers {
		if spelled(r.up.Headers[i].Name, name) {
			values = append(values, r.up.Headers[i].Value)
		}
	}
	if len(values) > 1 && r.x.run.Before(1, 23, 0) {
		return values[0]
	}
	return strings.Join(values, ", ")
}

// spelled reports whether a header has the name that a variable gives it.
func spelled(header, name string) bool {
	return len(header) == len(name) && strings.ReplaceAll(strings.ToLower(header), "-", "_") == name
}

// sent returns $sent_http_NAME.
//
// nginx: ngx_http_variable_sent_content_type and its like.
func (r *reply) sent(name string) vars.Value {
	switch name {
	case "content_type":
		if r.typ.Text == "" {
			return vars.Value{}
		}
		return r.typeLine().Value
	case "content_length":
		if r.length < 0 {
			return vars.Value{}
		}
		return vars.Known(strconv.Itoa(r.length))
	case "connection":
		return vars.Known(r.connection())
	case "transfer_encoding":
		return vars.Value{}
	}
	var values []string
	unknown := false
	for i := range r.lines {
		if spelled(r.lines[i].Name, name) {
			values = append(values, r.lines[i].Value.Text)
			unknown = unknown || r.lines[i].Value.Unknown
		}
	}
	return vars.Value{Text: strings.Join(values, ", "), Unknown: unknown}
}

// connection returns what Connection says.
func (r *reply) connection() string {
	switch {
	case r.status == 101:
		return "upgrade"
	case r.keepalive:
		return "keep-alive"
	}
	return "close"
}
