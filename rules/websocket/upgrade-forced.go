package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:     "upgrade-forced",
	Code:     "WS010",
	Level:    diag.Warning,
	Fix:      diag.Safe,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: upgradeForced,
})

// upgradeForced finds plain requests that reach the backend as if they asked for an upgrade.
func upgradeForced(p *lint.Pass) {
	var forced causes
	for _, s := range sitesOf(p) {
		if !s.maySet("Upgrade") {
			continue
		}
		when := s.holds(eval.Plain, forwardsUpgrade)
		if when.none() {
			continue
		}
		if by := decider(s.head(eval.Plain, when), "Upgrade"); by != nil {
			key := "dedicated"
			if s.signals().Broad {
				key = "broad"
			}
			forced.add(by, key, s, when)
		}
	}
	forced.report(p, func(c *cause) diag.Diagnostic {
		values, _ := c.first().head(eval.Plain, c.when).Values("Upgrade")
		d := diag.Diagnostic{
			Message:  "plain requests reach the backend with `Upgrade: " + strings.Join(values, ", ") + "`" + c.when.ending(),
			Help:     "Pass on what the client asks for: `$http_upgrade`, or a map that lets websocket through.",
			At:       lint.Word(c.at, len(c.at.Words)-1),
			Evidence: c.first().evidence(eval.Plain, c.when, "Upgrade"),
			Fix:      c.unforce(p),
		}
		if c.key == "dedicated" {
			d.Level = diag.Info
		}
		return d
	})
}

// unforce is the fix: Upgrade, and Connection where plain requests get upgrade there too, follow the client.
func (c *cause) unforce(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.Upgrade()
	for _, s := range c.sites {
		if !s.holds(eval.Plain, func(u *eval.Upstream) bool { return withToken(u, "Connection", "upgrade") }).none() {
			plan.Connection()
			break
		}
	}
	return plan.Fix(diag.Safe, "pass on what the client asks for")
}
