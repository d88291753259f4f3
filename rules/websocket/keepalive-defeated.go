package websocket

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:     "keepalive-defeated",
	Code:     "WS035",
	Level:    diag.Info,
	Fix:      diag.Safe,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: keepaliveDefeated,
})

// keepaliveByDefault is the release since which a named upstream keeps connections by itself.
var keepaliveByDefault = catalog.Version{Major: 1, Minor: 29, Patch: 7}

// keepaliveDefeated finds plain requests that ask a backend to close the connection which nginx means to keep.
//
// nginx: src/http/modules/ngx_http_upstream_keepalive_module.c; RFC 9112, 9.6: the server closes after its answer.
func keepaliveDefeated(p *lint.Pass) {
	var closing causes
	for _, s := range sitesOf(p) {
		when := s.holds(eval.Plain, func(u *eval.Upstream) bool {
			return pools(u, s.all.aim) != nil && withToken(u, "Connection", "close")
		})
		if when.none() {
			continue
		}
		at := decider(s.head(eval.Plain, when), "Connection")
		if at == nil {
			at = s.pass
		}
		closing.add(at, "", s, when)
	}
	closing.report(p, func(c *cause) diag.Diagnostic {
		head := c.first().head(eval.Plain, c.when)
		d := diag.Diagnostic{
			Message:  "the upstream keeps connections, but plain requests tell the backend to close theirs" + c.when.ending(),
			Help:     "Send plain requests with an empty `Connection`, over HTTP/1.1.",
			At:       lint.Head(c.at),
			Labels:   []diag.Label{{Location: lint.Head(pools(head, c.first().all.aim)), Message: "connections are kept here"}},
			Evidence: c.first().evidence(eval.Plain, c.when, "Connection"),
			Fix:      c.keepConnections(p),
		}
		if c.at.Name() == "proxy_pass" {
			d.Note = "nginx sends `Connection: close` by itself"
		}
		return d
	})
}

// keepConnections is the fix: plain requests get no Connection, over HTTP/1.1.
func (c *cause) keepConnections(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	by := decider(c.first().head(eval.Plain, c.when), "Connection")
	variable := mapVariable(by)
	switch {
	case variable != "":
		plan.MendConnectionMap(variable)
	case slices.ContainsFunc(c.sites, (*site).forwards):
		plan.Connection()
	default:
		plan.SetHeader("Connection", `""`)
	}
	plan.HTTPVersion()
	return plan.Fix(diag.Safe, "send no `Connection: close`")
}

// pools returns the directive that says, for the versions aimed at, that connections to the upstream are kept: its
// keepalive, or its block where the default does; nil where they are not, or where that is not known.
func pools(u *eval.Upstream, a *aim) *config.Directive {
	if u.Block == nil || u.Block.Hidden("keepalive") {
		return nil
	}
	if own := u.Block.Own("keepalive"); len(own) > 0 {
		if own[0].Arg(1) == "0" {
			return nil
		}
		return own[0]
	}
	if a.since(keepaliveByDefault).every() {
		return u.Block
	}
	return nil
}
