package websocket

import (
	"slices"

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

// websocketOnly is the fix: Upgrade comes from a map that lets websocket through. There is none where every upgrade is to
// pass.
func (c *cause) websocketOnly(p *lint.Pass) *diag.Fix {
	if p.AnyUpgrade {
		return nil
	}
	plan := c.mend(p)
	plan.Upgrade()
	return plan.Fix(diag.Safe, "let only websocket through")
}

// guardedSibling returns a site with the same backend as one of the cause's whose access is limited by a directive that
// does not hold there, and that directive; nil where none is.
func (c *cause) guardedSibling() (guarded *site, by *config.Directive) {
	for _, s := range c.sites {
		limits := s.all.limits(s)
		if len(limits) == 0 {
			continue
		}
		own := guards(s)
		for _, l := range limits {
			if l.site != s && !slices.Contains(own, l.by) {
				return l.site, l.by
			}
		}
	}
	return nil, nil
}

// limit is a directive that limits access to a backend, and one of the sites that it holds for.
type limit struct {
	site *site
	by   *config.Directive
}

// backend is what the sites of one server that ask the same backend have in common.
type backend struct {
	server *config.Directive
	url    string
}

// limits returns the directives that limit access to the site's backend in its server, each once; none where two equal
// URLs may be two backends.
func (all *sites) limits(s *site) []limit {
	all.guarding.Do(func() {
		all.guarded = map[backend][]limit{}
		if !all.limiting() {
			return
		}
		seen := map[backend]map[*config.Directive]bool{}
		for _, other := range all.list {
			b := backend{other.level.Within("server"), other.pass.Arg(1)}
			for _, by := range guards(other) {
				if seen[b] == nil {
					seen[b] = map[*config.Directive]bool{}
				}
				if !seen[b][by] {
					seen[b][by] = true
					all.guarded[b] = append(all.guarded[b], limit{other, by})
				}
			}
		}
	})
	if all.eval.Table().Expr(s.pass.Arg(1)).Captures() {
		return nil
	}
	return all.guarded[backend{s.level.Within("server"), s.pass.Arg(1)}]
}

// limiting reports whether any directive limits access, which most configurations do without.
func (all *sites) limiting() bool {
	for d := range all.config.All() {
		if slices.Contains(limiters, d.Name()) {
			return true
		}
	}
	return false
}

// limiters are the names of the directives that limit access.
var limiters = []string{"auth_basic", "auth_request", "auth_jwt", "deny"}

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
