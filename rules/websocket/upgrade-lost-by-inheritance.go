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
	Name:       "upgrade-lost-by-inheritance",
	Code:       "WS004",
	Level:      diag.Error,
	LevelNote:  " from confidence 0.8, else warning",
	Fix:        diag.Safe,
	FixNote:    " (inherited set fully known, copied in order; else display)",
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"upgrade-not-forwarded"},
	OnConfig:   upgradeLostByInheritance,
})

// upgradeLostByInheritance finds locations whose own headers take the place of those of an outer level that forward
// Upgrade: proxy_set_header is inherited as a whole or not at all.
func upgradeLostByInheritance(p *lint.Pass) {
	var found causes
	for _, s := range sitesOf(p) {
		outer := s.lostUpgrade()
		if outer == nil || s.excluded() || s.subrequest() {
			continue
		}
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return lacks(u, "Upgrade") })
		if level, items := s.headerList(); !when.none() && level != nil {
			found.add(items[0], blockName(outer.Parent), s, when)
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		outer := c.first().lostUpgrade()
		return diag.Diagnostic{
			Level:      c.first().lostLevel(),
			Confidence: sureness(c.first().signals().Confidence),
			Message:    "this `proxy_set_header` takes the place of all those of the `" + c.key + "` level, so `Upgrade` is not forwarded" + c.when.ending(),
			Help:       "Repeat the outer level's headers beside it.",
			At:         lint.Head(c.at),
			Labels:     []diag.Label{{Location: lint.Head(outer), Message: "not in effect here"}},
			Evidence:   c.first().evidence(eval.Chrome, c.when, "Upgrade"),
			Fix:        c.repeatUpgrade(p),
		}
	})
}

// repeatUpgrade is the fix: the outer level's Upgrade and Connection come back, where they are right, and no other line
// does, since plain requests would change by it.
func (c *cause) repeatUpgrade(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.HTTPVersion()
	if by := c.outerLine("Upgrade", "websocket"); by != nil {
		plan.SetHeader("Upgrade", written(by, 2))
	} else {
		plan.Upgrade()
	}
	if by := c.outerLine("Connection", "upgrade"); by != nil {
		plan.SetHeader("Connection", written(by, 2))
	} else {
		plan.Connection()
	}
	return plan.Fix(diag.Safe, "repeat the outer level's headers of the handshake")
}

// outerLine returns the outer level's directive for a header, if it is the only one and gives every WebSocket client the
// token, and no other client one for an upgrade; else nil.
func (c *cause) outerLine(name, token string) *config.Directive {
	var by *config.Directive
	for _, d := range c.first().all.config.EffectiveList(c.first().lostUpgrade().Parent, "proxy_set_header").Items {
		if strings.EqualFold(d.Arg(1), name) {
			if by != nil {
				return nil
			}
			by = d
		}
	}
	if by == nil {
		return nil
	}
	for _, s := range c.sites {
		for _, client := range []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase} {
			if value := s.expression(by.Arg(2), client); value == nil || !eval.HasToken(*value, token) {
				return nil
			}
		}
		for _, client := range []eval.Client{eval.Plain, eval.H2C} {
			value := s.expression(by.Arg(2), client)
			if value == nil || name == "Upgrade" && *value != "" || eval.HasToken(*value, token) {
				return nil
			}
		}
	}
	return by
}

// written returns word i of a directive as it is written.
func written(d *config.Directive, i int) string { return d.File.Slice(d.Words[i].Span()) }

func (s *site) lostLevel() diag.Level {
	if s.signals().Confidence >= 0.8 {
		return diag.Error
	}
	return diag.Warning
}

// lostUpgrade returns the directive of the list around the site's own that forwards a WebSocket client's Upgrade, where
// the site's own list has none; else nil.
func (s *site) lostUpgrade() *config.Directive {
	level, items := s.headerList()
	if level == nil || level.Parent == nil || slices.ContainsFunc(items, setsUpgrade) {
		return nil
	}
	outer := s.all.config.EffectiveList(level.Parent, "proxy_set_header")
	if outer.State != config.Set {
		return nil
	}
	for _, d := range outer.Items {
		if setsUpgrade(d) && !s.plainWorth(d.Arg(2)).Empty() {
			return d
		}
	}
	return nil
}

// excluded reports whether something says that the location is no WebSocket location.
func (s *site) excluded() bool {
	for _, against := range s.signals().Against {
		if against.Weight <= 0.1 {
			return true
		}
	}
	return false
}

// blockName is what a message calls a level.
func blockName(level *config.Directive) string {
	if level == nil || level.Directive == nil {
		return "outer"
	}
	return level.Name()
}
