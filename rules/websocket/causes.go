package websocket

import (
	"fmt"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// causes gathers what one rule finds by the directive that decides: a header list of the server level that thirty
// locations use is one finding.
type causes struct {
	list  []*cause
	index map[causeKey]*cause
}

// causeKey tells causes apart: a file that is included at several places has its directives several times.
type causeKey struct {
	at   *syntax.Directive
	key  string
	when versions
}

// cause is one thing that is wrong, and where it has its effect.
type cause struct {
	at    *config.Directive
	key   string
	sites []*site
	when  versions
	// beside are directives that the finding is about as well, for the rules that it supersedes.
	beside []*config.Directive
}

// add notes that the directive at causes what a rule finds at the site; key keeps different findings at one directive
// apart, such as the value that the backend gets.
func (c *causes) add(at *config.Directive, key string, s *site, when versions) {
	k := causeKey{at.Directive, key, when}
	known := c.index[k]
	if known == nil {
		known = &cause{at: at, key: key, when: when}
		if c.index == nil {
			c.index = map[causeKey]*cause{}
		}
		c.index[k] = known
		c.list = append(c.list, known)
	}
	known.sites = append(known.sites, s)
}

// report reports each cause once, about the locations that it has its effect on. What say leaves out is filled in: the
// versions, and labels that name those locations. A finding with an empty message is left out.
func (c *causes) report(p *lint.Pass, say func(*cause) diag.Diagnostic) {
	c.give(say, p.Report)
}

// reportOptional is report for findings that are off by default: see lint.Pass.ReportOptional.
func (c *causes) reportOptional(p *lint.Pass, say func(*cause) diag.Diagnostic) {
	if p.Optionals() {
		c.give(say, p.ReportOptional)
	}
}

func (c *causes) give(say func(*cause) diag.Diagnostic, report func(diag.Diagnostic, ...*config.Directive)) {
	for _, one := range c.list {
		d := say(one)
		if d.Message == "" {
			continue
		}
		d.Nginx = one.when.ranges()
		d.Chain = lint.Chain(one.at)
		d.Labels = append(d.Labels, one.labels()...)
		report(d, one.about()...)
	}
}

// first returns the site that stands for the cause.
func (c *cause) first() *site { return c.sites[0] }

// about returns what the finding is about: the locations, and what stands beside them.
func (c *cause) about() []*config.Directive {
	about := make([]*config.Directive, 0, len(c.sites)+1)
	for _, s := range c.sites {
		if s.location.Directive != nil {
			about = append(about, s.location)
		}
	}
	if len(about) == 0 {
		about = append(about, c.at)
	}
	return append(about, c.beside...)
}

// maxLabels is how many locations a finding points at.
const maxLabels = 3

// labels names the locations of the cause.
func (c *cause) labels() []diag.Label {
	var labels []diag.Label
	seen := map[*syntax.Directive]bool{}
	for _, s := range c.sites {
		if s.location.Directive != nil && !seen[s.location.Directive] {
			seen[s.location.Directive] = true
			labels = append(labels, diag.Label{Location: lint.Head(s.location)})
		}
	}
	n := len(labels)
	if n > maxLabels {
		labels = labels[:maxLabels]
	}
	for i := range labels {
		labels[i].Message = "in this location"
	}
	if n > maxLabels {
		labels[maxLabels-1].Message = fmt.Sprintf("in this location, and %d more", n-maxLabels)
	}
	return labels
}
