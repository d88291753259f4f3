package prove

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
)

// explain names the rule behind each failure.
func (p *prover) explain() {
	for _, row := range p.report.Rows {
		for _, c := range row.Cells {
			switch {
			case c.State == Fail && p.report.Refused != "":
				c.Rule = p.refusing()
			case c.State == Fail:
				c.Rule = p.ruleOf(row.site, c.Scenario)
			}
		}
	}
}

// refusing returns the rule of the first finding for which nginx does not load a configuration.
func (p *prover) refusing() string {
	for i := range p.options.Findings {
		if d := &p.options.Findings[i]; refuses(d) || d.Level == diag.Error && d.Rule == "websocket-scheme-in-proxy-pass" {
			return d.Rule
		}
	}
	return ""
}

// ruleOf returns the rule of the finding that fits best: one about the location, of the kind that the scenario fails by.
func (p *prover) ruleOf(s *site, scenario string) string {
	best, most := "", 0
	for i := range p.options.Findings {
		d := &p.options.Findings[i]
		if n := weight(d, s, scenario); n > most {
			best, most = d.Rule, n
		}
	}
	return best
}

// weight says how well a finding explains a failure; 0 for not at all.
func weight(d *diag.Diagnostic, s *site, scenario string) int {
	near := nearness(d, s)
	if near == far && d.Level != diag.Error {
		return 0
	}
	n := 1 + 4*near + int(d.Level)
	switch {
	case slices.Contains(rulesOf(scenario), d.Rule):
		return n + foremost
	case d.Level == diag.Error:
		return n
	}
	return 0
}

// foremost is what a rule weighs more that is about the very thing that a scenario tries.
const foremost = 100

// rulesOf returns the rules about what a scenario tries.
func rulesOf(scenario string) []string {
	switch scenario {
	case AtGet, AtPost:
		return []string{"upgrade-literal-on-shared-location", "upgrade-forced"}
	case AtIdle:
		return []string{"short-read-timeout", "zero-read-timeout", "timeout-unit-suspicious"}
	}
	return []string{"upgrade-not-forwarded", "connection-header-wrong", "handshake-over-http10", "upgrade-lost-by-inheritance",
		"upgrade-value-wrong", "duplicate-upgrade-header", "handshake-header-hidden", "map-misses-websocket", "zero-read-timeout",
		"websocket-headers-stripped", "websocket-scheme-in-proxy-pass", "upgrade-leaks-into-subrequest", "cache-answers-handshake",
		"conflicting-maps", "websocket-path-not-proxied", "if-proxy-pass-without-break", "variable-proxy-pass-drops-uri"}
}

// How near a finding is to a location.
const (
	far      = iota
	inServer // in its server
	inIt     // in it, or pointing into it
	aboutIt
)

// nearness says how near a finding is to the location.
func nearness(d *diag.Diagnostic, s *site) int {
	at := s.place()
	if d.Fix != nil && slices.Contains(d.Fix.Sites, at) {
		return aboutIt
	}
	if s.level.Directive == nil {
		return inIt
	}
	whole := diag.Location{File: at.File, Span: s.level.Span()}
	within := func(l diag.Location) bool {
		return l.File == whole.File && l.Span.Start >= whole.Span.Start && l.Span.End <= whole.Span.End
	}
	if within(d.At) || slices.ContainsFunc(d.Labels, func(l diag.Label) bool { return within(l.Location) }) ||
		slices.ContainsFunc(d.Chain, func(l diag.Label) bool { return within(l.Location) }) {
		return inIt
	}
	if server := s.level.Within("server"); server != nil && server.File.File == d.At.File {
		if span := server.Span(); d.At.Span.Start >= span.Start && d.At.Span.End <= span.End {
			return inServer
		}
	}
	return far
}

// elsewhere reports whether another build of nginx, or a later module, may have a directive that this one lacks.
func (p *prover) elsewhere(directive string) bool {
	if p.config.Declared(directive) {
		return true
	}
	if catalog.Lookup(directive) == nil {
		_, foreign := catalog.ThirdParty(directive)
		return foreign
	}
	since, known := catalog.Appears(directive)
	return !known || !p.engine.Version().Before(since)
}
