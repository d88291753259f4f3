package prove

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// Attach gives findings about WebSockets what happened at their locations. Findings, about the configuration that was
// proved, that have a Proof keep it; where nothing is known of the location, there is none.
func (r *Report) Attach(found []diag.Diagnostic) {
	for i := range found {
		d := &found[i]
		if d.Category != "websocket" || d.Proof != nil {
			continue
		}
		if row := r.about(d); row != nil {
			d.Proof = r.proof(row, d.Rule)
		}
	}
}

// about returns the row of the location that a finding is about: the innermost of several. A finding about something
// else, such as a map, has the row that it explains.
func (r *Report) about(d *diag.Diagnostic) *Row {
	var best *Row
	for _, row := range r.Rows {
		n := nearness(d, row.site)
		if n >= inIt && (best == nil || n >= nearness(d, best.site)) && !innerHas(d, row.site.level) {
			best = row
		}
	}
	if best != nil {
		return best
	}
	for _, row := range r.Rows {
		if slices.ContainsFunc(row.Cells, func(c *Cell) bool { return c.Rule == d.Rule }) {
			return row
		}
	}
	return nil
}

// innerHas reports whether a location in the level has the finding.
func innerHas(d *diag.Diagnostic, level *config.Directive) bool {
	return slices.ContainsFunc(level.Own("location"), func(inner *config.Directive) bool { return nearness(d, &site{level: inner}) >= inIt })
}

// shown are the scenarios that show what a rule is about, where that is not the handshakes.
var shown = map[string][]string{
	"h2c-upgrade-forwarded": {AtH2C}, "short-read-timeout": {AtIdle}, "timeout-unit-suspicious": {AtIdle},
	"slash-redirect": {AtSlashless}, "upgrade-literal-on-shared-location": {AtGet, AtPost}, "upgrade-forced": {AtGet, AtPost},
}

// proof says of a row what shows what the rule is about: the scenarios that do, or what failed; where nothing did, how the
// handshakes went. It is nil where nothing is known.
func (r *Report) proof(row *Row, rule string) *diag.Proof {
	p := &diag.Proof{Engine: r.Engine, Nginx: r.Nginx, URL: row.URL}
	wanted := []func(*Cell) bool{
		func(c *Cell) bool { return c.State == Fail },
		func(c *Cell) bool { _, err := eval.ParseClient(c.Scenario); return c.State == Pass && err == nil },
	}
	if shown[rule] != nil {
		wanted = []func(*Cell) bool{func(c *Cell) bool { return c.State != Unknown && slices.Contains(shown[rule], c.Scenario) }}
	}
	for _, is := range wanted {
		for _, c := range row.Cells {
			if is(c) {
				p.Scenarios = append(p.Scenarios, diag.ProofScenario{Name: c.Scenario, State: string(c.State), Reason: c.Reason})
			}
		}
		if p.Scenarios != nil {
			return p
		}
	}
	return nil
}
