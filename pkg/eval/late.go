package eval

import (
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/vars"
)

// late supplies the variables that only proxying and answering define; see vars.Run.Late.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_vars; src/http/ngx_http_upstream.c,
// ngx_http_upstream_vars; src/http/ngx_http_variables.c, ngx_http_variable_sent_*.
func (x *exchange) late(name string) (vars.Value, bool) {
	switch name {
	case "proxy_host":
		if x.plan == nil {
			return vars.Value{}, true
		}
		return vars.Value{Text: x.target.header, Unknown: x.blind}, true
	case "proxy_port":
		if x.plan == nil {
			return vars.Value{}, true
		}
		return vars.Value{Text: x.target.port, Unknown: x.blind}, true
	case "proxy_internal_body_length":
		if x.plan == nil || x.length < 0 {
			return vars.Value{}, true
		}
		return vars.Known(strconv.Itoa(x.length)), true
	case "proxy_internal_chunked":
		return x.chunking(), true
	case "proxy_internal_connection": // since 1.31: what the default Connection is made of
		return vars.Value{}, true
	}
	if name == "content_length" { // of a chunked body, once it was read
		if x.plan == nil || x.chunked || x.run.Request.BodyUnknown {
			return vars.Value{}, !x.run.Request.BodyUnknown
		}
		return vars.Known(strconv.Itoa(len(x.run.Request.Body))), true
	}
	if x.reply != nil {
		return x.reply.late(name)
	}
	return x.early(name)
}

// early returns the variables about an answer before there is one.
func (x *exchange) early(name string) (vars.Value, bool) {
	if strings.HasPrefix(name, "upstream_") || strings.HasPrefix(name, "sent_") {
		return vars.Value{}, !x.run.AfterUpstream
	}
	return vars.Value{}, false
}

// Eval returns what an expression is worth where the request ended up, before there is an answer.
func (o *Outcome) Eval(e *vars.Expr) vars.Value { return o.exchange().run.Clone().Eval(e) }
