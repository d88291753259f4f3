package websocket

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:     "websocket-headers-stripped",
	Code:     "WS029",
	Level:    diag.Error,
	Fix:      diag.Unsafe,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: websocketHeadersStripped,
})

// websocketHeadersStripped finds handshakes whose key or version does not reach the backend as the client sent it: the
// answer to another key is one that the client refuses.
//
// RFC 6455, 4.2.1 and 4.2.2.
func websocketHeadersStripped(p *lint.Pass) {
	var stripped causes
	for _, s := range forwarding(p) {
		for _, name := range []string{"Sec-WebSocket-Key", "Sec-WebSocket-Version"} {
			sent := clientValue(name)
			when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return !sentOn(u, name, sent) })
			if when.none() {
				continue
			}
			if by := s.stripper(s.head(eval.Chrome, when), name); by != nil {
				stripped.add(by, name, s, when)
			}
		}
	}
	stripped.report(p, func(c *cause) diag.Diagnostic {
		d := strippedHeader(c)
		d.Fix = c.sendOn(p)
		return d
	})
}

// sendOn is the fix: the client's line is passed on.
func (c *cause) sendOn(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	if c.at.Name() == "proxy_pass_request_headers" {
		plan.SetDirective("proxy_pass_request_headers", "on")
	} else {
		plan.RemoveHeader(c.key)
	}
	fix := plan.Fix(diag.Unsafe, "pass the client's `"+c.key+"` on")
	if fix != nil && fix.Safety == diag.Unsafe {
		fix.Risk = "the backend may have been meant not to see the header"
	}
	return fix
}

// sentOn reports whether the client's line may reach the backend as it was sent.
func sentOn(u *eval.Upstream, name, sent string) bool {
	values, known := u.Values(name)
	return !known || len(values) == 1 && strings.EqualFold(values[0], sent)
}

// sample is Chrome's request.
var sample = eval.Chrome.Request("example.com", "/")

// clientValue returns what Chrome sends in the header.
func clientValue(name string) string {
	for _, h := range sample.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// stripper returns the directive that keeps the client's line from the backend.
func (s *site) stripper(u *eval.Upstream, name string) *config.Directive {
	if by := decider(u, name); by != nil {
		return by
	}
	if off := s.all.config.Effective(s.level, "proxy_pass_request_headers"); off.State == config.Set {
		return off.By
	}
	return nil
}

// strippedHeader is the finding about one directive.
func strippedHeader(c *cause) diag.Diagnostic {
	values, _ := c.first().head(eval.Chrome, c.when).Values(c.key)
	d := diag.Diagnostic{
		Message:  fmt.Sprintf("the backend gets no `%s`, so it refuses the handshake%s", c.key, c.when.ending()),
		Help:     "Remove the directive: nginx passes the client's line on by itself.",
		At:       lint.Head(c.at),
		Evidence: c.first().evidence(eval.Chrome, c.when, c.key),
	}
	if len(values) > 0 {
		d.Message = fmt.Sprintf("the backend gets another `%s` than the client sent, so the handshake fails%s", c.key, c.when.ending())
	}
	if c.at.Name() == "proxy_pass_request_headers" {
		d.Help = "Set `proxy_pass_request_headers on;` in the location, or pass the headers on one by one."
	}
	return d
}
