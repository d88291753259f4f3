package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "http2-upstream-for-websocket",
	Code:       "WS016",
	Level:      diag.Error,
	Fix:        diag.Unsafe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"connection-header-wrong", "handshake-over-http10"},
	OnConfig:   http2Upstream,
})

// http2Upstream finds handshakes that go to a backend over HTTP/2, which knows no Upgrade.
//
// RFC 9113, 8.2.2; nginx: src/http/modules/ngx_http_proxy_v2_module.c, ngx_http_grpc_module.c.
func http2Upstream(p *lint.Pass) {
	var found causes
	for _, s := range forwarding(p) {
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool {
			return forwardsUpgrade(u) && !u.Version.Unknown && u.Version.Text == "2"
		})
		if !when.none() {
			found.add(s.head(eval.Chrome, when).VersionBy, "", s, when)
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		plan := c.mend(p)
		plan.HTTPVersion()
		fix := plan.Fix(diag.Unsafe, "send requests as HTTP/1.1")
		if fix != nil && fix.Safety == diag.Unsafe {
			fix.Risk = "the backend must speak HTTP/1.1 too, at the same port"
		}
		return diag.Diagnostic{
			Message:  "the handshake goes to the backend over HTTP/2, which has no `Upgrade`: no WebSocket comes through" + c.when.ending(),
			Help:     "Write `proxy_http_version 1.1;` in the location that WebSockets come to.",
			Note:     "before 1.29.4 nginx refuses this version",
			At:       lint.Word(c.at, 1),
			Evidence: c.first().evidence(eval.Chrome, c.when, "", "Upgrade", "Connection"),
			Fix:      fix,
		}
	})
	for _, location := range p.Config.Locations() {
		reportGRPC(p, location)
	}
}

// reportGRPC reports a location that passes a WebSocket's path on by grpc_pass, which is HTTP/2 always.
func reportGRPC(p *lint.Pass, location *config.Directive) {
	passes := location.Own("grpc_pass")
	if len(passes) == 0 {
		return
	}
	reason := allSites(p).whyWebSocket(location)
	taken := p.Eval().At(location, eval.Chrome, p.Target.Profiles[0].Representative).Every(func(o *eval.Outcome) bool {
		return o.Decision.Handler == passes[0]
	})
	if reason == "" || !taken {
		return
	}
	p.Report(diag.Diagnostic{
		Message: "`grpc_pass` speaks HTTP/2, which has no `Upgrade`: no WebSocket comes through",
		Help:    "Send WebSockets to a location with `proxy_pass` and `proxy_http_version 1.1;`.",
		Note:    reason,
		At:      lint.Head(passes[0]),
		Labels:  []diag.Label{{Location: lint.Head(location), Message: "in this location"}},
	}, location)
}

// whyWebSocket says why a location with a grpc_pass is meant for WebSockets: it was declared, its path says so, or its
// headers; "" where nothing does.
func (all *sites) whyWebSocket(location *config.Directive) string {
	list := all.config.EffectiveList(location, "grpc_set_header")
	for _, d := range list.Items {
		if list.State == config.Set && setsUpgrade(d) && all.worth(location, d.Arg(2)) != "" {
			return "`grpc_set_header Upgrade` asks for it"
		}
	}
	v := all.reader.Of(location)
	if v.Declared || v.Matched() || v.Has("S7") {
		return reason(v)
	}
	return ""
}

// worth returns what an expression is worth for a WebSocket client at a location, where nothing was set on the way; ""
// where that is not known.
func (all *sites) worth(location *config.Directive, text string) string {
	table := all.eval.Table()
	run := table.NewRun(all.eval.Canonical(location, eval.Chrome), all.aim.groups[0].version, nil)
	value := run.Eval(table.Expr(text))
	if value.Unknown {
		return ""
	}
	return strings.TrimSpace(value.Text)
}
