package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:      "upgrade-literal-on-shared-location",
	Code:      "WS009",
	Level:     diag.Warning,
	LevelNote: "; on dedicated WebSocket paths info, off by default",
	Fix:       diag.Safe,
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  upgradeLiteralOnSharedLocation,
})

// upgradeLiteralOnSharedLocation finds plain requests that reach the backend with `Connection: upgrade`: the header is
// written down where it should come from a map.
//
// RFC 9110, 7.8: a sender of Upgrade sends the connection option too; nothing says what the option alone means.
func upgradeLiteralOnSharedLocation(p *lint.Pass) {
	var broad, dedicated causes
	for _, s := range sitesOf(p) {
		if !s.maySet("Connection") {
			continue
		}
		when := s.holds(eval.Plain, func(u *eval.Upstream) bool {
			return lacks(u, "Upgrade") && withToken(u, "Connection", "upgrade")
		})
		if when.none() {
			continue
		}
		by := decider(s.head(eval.Plain, when), "Connection")
		switch {
		case by == nil:
		case s.signals().Broad:
			broad.add(by, "", s, when)
		default:
			dedicated.add(by, "", s, when)
		}
	}
	say := func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "plain requests reach the backend with `Connection: upgrade`" + c.when.ending(),
			Help:     "Take the value from a map on `$http_upgrade`.",
			At:       lint.Word(c.at, len(c.at.Words)-1),
			Evidence: c.first().evidence(eval.Plain, c.when, "Connection"),
			Fix:      c.mendConnection(p, eval.Plain).Fix(diag.Safe, "send `Connection: upgrade` with an `Upgrade` only"),
		}
	}
	broad.report(p, say)
	dedicated.reportOptional(p, func(c *cause) diag.Diagnostic {
		d := say(c)
		d.Level = diag.Info
		return d
	})
}
