package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:      "h2c-upgrade-forwarded",
	Code:      "WS033",
	Level:     diag.Info,
	LevelNote: "; warning with an access-controlled sibling to the same upstream",
	Fix:       diag.Safe,
	Versions:  "all",
	Since:     "0.1.0",
	Tags:      []string{"security"},
	CWE:       444,
	OnConfig:  h2cUpgradeForwarded,
})

// h2cUpgradeForwarded finds locations that pass on an upgrade to HTTP/2: a backend that takes it gives the client a
// tunnel in which every path can be asked for, past what nginx guards.
//
// https://bishopfox.com/blog/h2c-smuggling-request-smuggling-via-http-2-cleartext
func h2cUpgradeForwarded(p *lint.Pass) {
	var passed causes
	for _, s := range sitesOf(p) {
		if !s.maySet("Upgrade") {
			continue
		}
		when := s.holds(eval.H2C, func(u *eval.Upstream) bool { return withToken(u, "Upgrade", "h2c") })
		if when.none() {
			continue
		}
		if by := decider(s.head(eval.H2C, when), "Upgrade"); by != nil {
			passed.add(by, "", s, when)
		}
	}
	passed.report(p, func(c *cause) diag.Diagnostic {
		d := diag.Diagnostic{
			Message:  "an upgrade to HTTP/2 (`Upgrade: h2c`) is passed on to the backend" + c.when.ending(),
			Help:     "Let only websocket through, with a map on `$http_upgrade`.",
			At:       lint.Word(c.at, len(c.at.Words)-1),
			Evidence: c.first().evidence(eval.H2C, c.when, "Upgrade"),
			Fix:      c.websocketOnly(p),
		}
		if guarded, by := c.guardedSibling(); guarded != nil {
			d.Level = diag.Warning
			d.Message += ", which also serves a location that is not open to everyone"
			d.Labels = append(d.Labels, diag.Label{Location: lint.Head(guarded.location)},
				diag.Label{Location: lint.Head(by), Message: "access is limited here"})
		}
		return d
	})
}

// websocketOnly is the fix: Upgrade comes from a map that lets websocket through.
func (c *cause) websocketOnly(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.Upgrade()
	return plan.Fix(diag.Safe, "let only websocket through")
}

// guardedSibling returns a site with the same backend as one of the cause's whose access is limited by a directive that
// does not hold there, and that directive; nil where none is.
func (c *cause) guardedSibling() (guarded *site, by *config.Directive) {
	for _, s := range c.sites {
		own := guards(s)
		for _, other := range s.besides() {
			if other == s || !sameBackend(s, other) {
				continue
			}
			for _, guard := range guards(other) {
				if !holds(own, guard) {
					return other, guard
				}
			}
		}
	}
	return nil, nil
}

// sameBackend reports whether two sites of a server are known to ask the same backend.
func sameBackend(a, b *site) bool {
	return a.pass.Arg(1) == b.pass.Arg(1) && !a.all.eval.Table().Expr(a.pass.Arg(1)).Captures()
}

// guards returns the directives that limit who may use the site.
func guards(s *site) []*config.Directive {
	var all []*config.Directive
	for _, name := range []string{"auth_basic", "auth_request", "auth_jwt"} {
		if v := s.all.config.Effective(s.level, name); v.State == config.Set && v.By.Arg(1) != "off" {
			all = append(all, v.By)
		}
	}
	for _, d := range s.all.config.EffectiveList(s.level, "allow", "deny").Items {
		if d.Name() == "deny" {
			all = append(all, d)
		}
	}
	return all
}

// holds reports whether a guard is among those of a site.
func holds(own []*config.Directive, guard *config.Directive) bool {
	for _, d := range own {
		if d == guard {
			return true
		}
	}
	return false
}
