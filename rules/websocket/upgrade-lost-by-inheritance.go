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

// repeatUpgrade is the fix: the outer level's Upgrade and Connection come back, and no other line does, since plain
// requests would change by it.
func (c *cause) repeatUpgrade(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	outer := c.first().lostUpgrade()
	plan.SetHeader("Upgrade", written(outer, 2))
	plan.HTTPVersion()
	for _, d := range c.first().all.config.EffectiveList(outer.Parent, "proxy_set_header").Items {
		if strings.EqualFold(d.Arg(1), "Connection") {
			plan.SetHeader("Connection", written(d, 2))
			return plan.Fix(diag.Safe, "repeat the outer level's headers of the handshake")
		}
	}
	plan.Connection()
	return plan.Fix(diag.Safe, "repeat the outer level's headers of the handshake")
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
