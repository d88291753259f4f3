package websocket

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "map-misses-websocket",
	Code:       "WS013",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"connection-header-wrong"},
	OnConfig:   mapMissesWebSocket,
})

// mapMissesWebSocket finds maps that are there to set Connection for a WebSocket, and don't: for every client, or for one
// that writes WebSocket. Those that feed Upgrade fail for the latter in the same way.
//
// RFC 6455, 4.2.1: the value of Upgrade is compared without case. nginx: src/http/modules/ngx_http_map_module.c.
func mapMissesWebSocket(p *lint.Pass) {
	var found causes
	stopped := mixedCaseStopped(p)
	for _, s := range forwarding(p) {
		if !s.maySetFrom("Connection") {
			continue
		}
		for _, client := range []eval.Client{eval.Chrome, eval.MixedCase} {
			if client == eval.MixedCase && stopped[s] {
				break
			}
			when := s.holds(client, func(u *eval.Upstream) bool { return withoutToken(u, "Connection", "upgrade") })
			if when.none() {
				continue
			}
			head := s.head(client, when)
			by := decider(head, "Connection")
			if by == nil {
				break
			}
			if m := s.all.upgradeMap(by); m != nil {
				values, _ := head.Values("Connection")
				found.add(m, string(client)+" "+strings.Join(values, ", "), s, when)
				break
			}
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		client, value, _ := strings.Cut(c.key, " ")
		s, asked := c.first(), eval.Client(client)
		return diag.Diagnostic{
			Message:  "the backend gets " + connectionWith(value) + " with `Upgrade: " + asksFor[asked] + "`, so it does not switch protocols" + c.when.ending(),
			Help:     "Let the map give `upgrade` for `websocket`: a plain key is compared without case.",
			At:       s.choice(c.at, asked),
			Labels:   []diag.Label{{Location: lint.Head(decider(s.head(asked, c.when), "Connection")), Message: "used here"}},
			Evidence: s.evidence(asked, c.when, "Connection"),
			Fix:      c.mendConnection(p, asked).Fix(diag.Safe, "give `upgrade` for a WebSocket"),
		}
	})
}

// mixedCaseStopped finds maps that let through the Upgrade of clients that write websocket, but not of those that write
// WebSocket, and returns the sites that are told of one.
func mixedCaseStopped(p *lint.Pass) map[*site]bool {
	var found causes
	stopped := map[*site]bool{}
	for _, s := range forwarding(p) {
		if !s.mapsUpgrade() {
			continue
		}
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return withToken(u, "Upgrade", "websocket") })
		when = when.and(s.holds(eval.MixedCase, func(u *eval.Upstream) bool { return withoutToken(u, "Upgrade", "websocket") }))
		if when.none() {
			continue
		}
		by := decider(s.head(eval.MixedCase, when), "Upgrade")
		if by == nil {
			continue
		}
		if m := s.all.upgradeMap(by); m != nil {
			found.add(m, "", s, when)
			stopped[s] = true
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		s := c.first()
		by := decider(s.head(eval.MixedCase, c.when), "Upgrade")
		return diag.Diagnostic{
			Message:  "a client that writes `Upgrade: WebSocket` does not get it to the backend, which does not switch protocols" + c.when.ending(),
			Help:     "Let the map give `$http_upgrade` for `websocket`: a plain key is compared without case.",
			At:       s.choice(c.at, eval.MixedCase),
			Labels:   []diag.Label{{Location: lint.Head(by), Message: "used here"}},
			Evidence: s.evidence(eval.MixedCase, c.when, "Upgrade"),
			Fix:      c.letThrough(p, by),
		}
	})
	return stopped
}

// mapsUpgrade reports whether a header in effect gives Upgrade a map's value, which spares evaluating most locations.
func (s *site) mapsUpgrade() bool {
	_, items := s.headerList()
	return slices.ContainsFunc(items, func(d *config.Directive) bool {
		return setsUpgrade(d) && strings.IndexByte(d.Arg(2), '$') >= 0 && s.all.upgradeMap(d) != nil
	})
}

// letThrough is the fix: the map's variable has the value for every WebSocket, and Connection too, unless it comes by way
// of that map.
func (c *cause) letThrough(p *lint.Pass, by *config.Directive) *diag.Fix {
	plan := c.mend(p)
	s := c.first()
	mended := false
	if variable := mapVariable(by); variable != "" {
		mended = plan.MendUpgradeMap(variable)
	} else {
		plan.Upgrade()
	}
	head := s.head(eval.MixedCase, c.when)
	connection := decider(head, "Connection")
	if withToken(head, "Connection", "upgrade") || connection == nil || mended && s.all.comesBy(connection, c.at) {
		return plan.Fix(diag.Safe, "let every WebSocket's `Upgrade` through")
	}
	if variable := mapVariable(connection); variable != "" {
		plan.MendConnectionMap(variable)
	} else {
		plan.Connection()
	}
	return plan.Fix(diag.Safe, "let every WebSocket's `Upgrade` through, with `Connection: upgrade`")
}

// asksFor is what the clients write.
var asksFor = map[eval.Client]string{eval.Chrome: "websocket", eval.MixedCase: "WebSocket"}

// connectionWith says which Connection is sent.
func connectionWith(value string) string {
	if value == "" {
		return "no `Connection`"
	}
	return "`Connection: " + value + "`"
}
