package fix

import (
	"fmt"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
)

// check compares what was with what a group of fixes makes of it.
type check struct {
	*work
	before, after *state
	shifts        map[string][]shift // by path: where the edits move what
	fixes         []*proposal
	versions      []catalog.Version   // one of each group that sends the same heads
	sites         map[spot]bool       // locations, before, in which requests may be served otherwise
	touched       []pair              // these locations, before and after
	uncovered     []*config.Directive // of these, after, those that forward a WebSocket's Upgrade since the fixes
}

// harm returns what the fixes broke, or "".
func (c *check) harm() string {
	if len(c.before.configs) != len(c.after.configs) {
		return "another number of configurations is found"
	}
	for _, ask := range []func() string{c.parses, c.structure, c.heads, c.gone, c.nothingNew} {
		if reason := ask(); reason != "" {
			return reason
		}
	}
	return ""
}

// parses reports changed files that do not parse, and others that have more syntax errors than before.
func (c *check) parses() string {
	for i, cfg := range c.after.configs {
		was := map[string]int{}
		for _, f := range c.before.configs[i].Files {
			was[f.Path] = len(f.Errors) + f.MoreErrors
		}
		for _, f := range cfg.Files {
			if len(c.shifts[c.path(f.Path)]) > 0 {
				was[f.Path] = 0
			}
			if n, known := was[f.Path]; known && len(f.Errors)+f.MoreErrors > n {
				return fmt.Sprintf("%s does not parse: %s", f.Name, f.Errors[0].Message)
			}
		}
		if len(cfg.Files) != len(c.before.configs[i].Files) {
			return "other files are included"
		}
	}
	return ""
}

// place is where a finding of a rule begins.
type place struct {
	rule, path string
	at         int
	message    string // of a syntax error: there may be another one at the same place
}

// placeOf returns the place of a finding, if it begins at offset at.
func (c *check) placeOf(d *diag.Diagnostic, at int) place {
	p := place{rule: d.Rule, path: c.path(d.At.File.Path), at: at}
	if d.Rule == "syntax" {
		p.message = d.Message
	}
	return p
}

// gone reports fixed findings that are still there.
func (c *check) gone() string {
	now := map[place][]*diag.Diagnostic{}
	for i := range c.after.findings {
		d := &c.after.findings[i]
		at := c.placeOf(d, d.At.Span.Start)
		now[at] = append(now[at], d)
	}
	for _, p := range c.fixes {
		for _, at := range c.moved(p.finding.At) {
			if slices.ContainsFunc(now[c.placeOf(&p.finding, at)], func(d *diag.Diagnostic) bool { return c.meets(&p.finding, d) }) {
				return "the finding is still there"
			}
		}
	}
	return ""
}

// meets reports whether a finding from before and one from after are about a location in common, or may be: of a line
// that many locations use, another one may have the same finding now.
func (c *check) meets(before, after *diag.Diagnostic) bool {
	if before.Fix == nil || after.Fix == nil || len(before.Fix.Sites) == 0 || len(after.Fix.Sites) == 0 {
		return true
	}
	is := map[spot]bool{}
	for _, at := range after.Fix.Sites {
		is[spot{c.path(at.File.Path), at.Span.Start}] = true
	}
	return slices.ContainsFunc(before.Fix.Sites, func(at diag.Location) bool {
		return slices.ContainsFunc(c.moved(at), func(start int) bool { return is[spot{c.path(at.File.Path), start}] })
	})
}

// nothingNew reports findings of level warning or above that were not there, unless they were only hidden: nginx refused
// the configuration, or the location forwarded no Upgrade that could go wrong.
func (c *check) nothingNew() string {
	was := map[place]diag.Level{}
	for i := range c.before.findings {
		d := &c.before.findings[i]
		for _, at := range c.moved(d.At) {
			key := c.placeOf(d, at)
			was[key] = max(was[key], d.Level)
		}
	}
	prints := map[string]diag.Level{}
	for i, fingerprint := range diag.Fingerprints(c.before.findings) {
		prints[fingerprint] = c.before.findings[i].Level
	}
	for i, fingerprint := range diag.Fingerprints(c.after.findings) {
		d := &c.after.findings[i]
		known := max(was[c.placeOf(d, d.At.Span.Start)], prints[fingerprint])
		if d.Level >= diag.Warning && d.Suppressed == nil && known < d.Level && !c.onlyHidden(d) {
			at := d.At.File.Position(d.At.Span.Start)
			return fmt.Sprintf("it brings up %s at %s:%d: %s", d.Rule, d.At.File.Name, at.Line, d.Message)
		}
	}
	return ""
}

// onlyHidden reports whether a finding could not be seen before.
func (c *check) onlyHidden(d *diag.Diagnostic) bool {
	if c.wasRefused(d.At.File.Path) && (!refuses(d) || c.mendsGrammar() || !c.written(d.At)) {
		return true
	}
	return d.Category == "websocket" && slices.ContainsFunc(c.uncovered, func(l *config.Directive) bool { return concerns(d, l) }) || c.onlyMoved(d)
}

// onlyMoved reports whether the same was said of the same location before, at another place: a header line that was
// inherited stands in the location now.
func (c *check) onlyMoved(d *diag.Diagnostic) bool {
	return slices.ContainsFunc(c.touched, func(p pair) bool {
		return concerns(d, p.after) && slices.ContainsFunc(c.before.findings, func(b diag.Diagnostic) bool {
			return b.Rule == d.Rule && b.Level >= d.Level && concerns(&b, p.before)
		})
	})
}

// concerns reports whether a finding points into a location.
func concerns(d *diag.Diagnostic, location *config.Directive) bool {
	in := func(at diag.Location) bool {
		return at.File != nil && at.File.Path == location.File.Path && location.Span().Contains(at.Span.Start)
	}
	return in(d.At) || slices.ContainsFunc(d.Labels, func(l diag.Label) bool { return in(l.Location) }) ||
		d.Fix != nil && slices.ContainsFunc(d.Fix.Sites, in)
}

// mendsGrammar reports whether one of the fixes makes nginx read something otherwise.
func (c *check) mendsGrammar() bool {
	return slices.ContainsFunc(c.fixes, func(p *proposal) bool { return p.finding.Category == "correctness" })
}

// wasRefused reports whether nginx refused every configuration that has the file.
func (c *check) wasRefused(path string) bool {
	refused := false
	for i, cfg := range c.before.configs {
		for _, f := range cfg.Files {
			if f.Path == path {
				if !c.refused(i) {
					return false
				}
				refused = true
			}
		}
	}
	return refused
}

// refused reports whether nginx refused configuration number i before the fixes.
func (c *check) refused(i int) bool { return c.before.refused(i) }

// refused reports whether nginx refuses configuration number i.
func (s *state) refused(i int) bool {
	files := map[string]bool{}
	for _, f := range s.configs[i].Files {
		files[f.Path] = true
	}
	return slices.ContainsFunc(s.findings, func(d diag.Diagnostic) bool { return refuses(&d) && files[d.At.File.Path] })
}

// refuses reports whether a finding says that nginx refuses the configuration.
func refuses(d *diag.Diagnostic) bool {
	switch d.Rule {
	case "undefined-upgrade-variable", "websocket-scheme-in-proxy-pass", "map-outside-http":
		return d.Level == diag.Error
	}
	return d.Category == "correctness" && d.Level == diag.Error
}
