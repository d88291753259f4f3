// Package prove answers: does the configuration work? It runs it, in the reference proxy or in a real nginx, between
// clients of its own and stand-in backends, opens WebSockets at every location meant for them, and says what came
// through. Nothing but loopback addresses is touched, and nothing is left behind.
package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// patience is how long an answer is waited for, by the machine's clock: everything is on this machine.
const patience = 5 * time.Second

// Options say what is proved.
type Options struct {
	// Backend is the kind of the stand-ins; "" for the first of Backends.
	Backend Backend
	// Paths are those at which the user says that WebSockets are opened. OnlyPaths has no other locations tried.
	Paths     []signals.Declared
	OnlyPaths bool
	// Heartbeat is how often the application sends something while idle; 0 where that is not known.
	Heartbeat time.Duration
	// Findings are what the linter says of the configuration for the engine's version: they explain failures.
	Findings []diag.Diagnostic
	// In says whether locations in the file at a path are tried; nil for all.
	In func(path string) bool
	// Progress is called, one call at a time, before each step; nil for nobody.
	Progress func(done, total int, what string)
}

// ErrNothing says that there is no location to be tried.
var ErrNothing = errors.New("no location is meant for WebSockets; name a path at which they are opened with --ws-path")

// ErrFragment says that a fragment is of a kind that cannot be run by itself.
var ErrFragment = errors.New("a fragment of this kind cannot be run by itself: name the file that includes it")

// prover is one proof under way.
type prover struct {
	config  *config.Config
	engine  Engine
	options Options
	report  *Report
	sites   []*site
	run     *run
	standIn *standIn
	steps   int
}

// Run proves a configuration. What nginx refuses is in the report; the error is that of a configuration without anything
// to try (ErrNothing) or of the machine.
func Run(ctx context.Context, c *config.Config, engine Engine, o Options) (*Report, error) {
	if o.Backend == "" {
		o.Backend = Strict
	}
	p := &prover{config: c, engine: engine, options: o}
	p.report = &Report{Engine: engine.Name(), Nginx: engine.Version().String(), Backend: o.Backend, Rows: []*Row{}, Notes: []string{}}
	p.sites = p.find()
	p.sites = slices.DeleteFunc(p.sites, func(s *site) bool { return o.In != nil && !o.In(s.level.File.Path) })
	for _, s := range p.sites {
		p.report.Rows = append(p.report.Rows, s.row())
	}
	err := p.prove(ctx)
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		p.refused(refusal)
	case err != nil:
		return nil, err
	}
	if len(p.sites) == 0 && p.report.Refused == "" {
		return nil, ErrNothing
	}
	p.explain()
	p.report.count()
	return p.report, ctx.Err()
}

// prove runs the configuration and tries everything.
func (p *prover) prove(ctx context.Context) error {
	for _, f := range p.config.Files {
		if f.Template != nil {
			p.all(Unknown, "`"+f.Name+"` is a template: prove the file that is made of it")
			return nil
		}
	}
	for _, f := range p.config.Files {
		if len(f.Errors) > 0 {
			return &Refusal{f.Errors[0].Message}
		}
	}
	cert, err := certificate()
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	if p.standIn, err = newStandIn(p.options.Backend, &cert.pair); err != nil {
		return fmt.Errorf("start a stand-in backend: %w", err)
	}
	defer p.standIn.close()
	if p.run, err = p.engine.start(ctx, p.config, p.standIn.address, p.spans()); err != nil {
		return err
	}
	defer p.run.stop()
	p.lead()
	return p.tryAll(ctx)
}

// spans are the timeouts that will be waited for.
func (p *prover) spans() []time.Duration {
	var all []time.Duration
	for _, s := range p.sites {
		all = append(all, s.idle, s.heartbeat)
	}
	return all
}

// lead finds the requests that end at the sites. Where two are the same, the first keeps its row.
func (p *prover) lead() {
	g := &guide{eval: eval.New(p.run.config), run: p.run, version: p.engine.Version(), written: p.config, table: vars.NewTable(p.config)}
	for i, s := range p.sites {
		g.lead(s)
		row := p.report.Rows[i]
		switch {
		case s.away != "":
			p.cells(row, Unknown, s.away)
		case s.hidden != "":
			p.cells(row, Unknown, s.hidden)
		}
		if s.away == "" {
			row.URL = address(s.request(eval.Chrome), s.port)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.run.built.left)) {
		p.report.Notes = append(p.report.Notes, "`"+name+"` is left out: who may come in is not tried")
	}
}

// refused fails every cell, or leaves them open where it is not the configuration's fault.
func (p *prover) refused(r *Refusal) {
	if why := p.excuse(r.Message); why != "" {
		p.report.Notes = append(p.report.Notes, "nginx refuses the configuration here: "+r.Message)
		p.all(Unknown, why)
		return
	}
	p.report.Refused = r.Message
	p.all(Fail, "nginx refuses the configuration: "+r.Message)
}

// all puts the same into every cell of every row.
func (p *prover) all(s State, reason string) {
	for _, row := range p.report.Rows {
		p.cells(row, s, reason)
	}
}

// cells fills a row with the same.
func (p *prover) cells(row *Row, s State, reason string) {
	row.Cells = nil
	for _, scenario := range Scenarios() {
		row.Cells = append(row.Cells, &Cell{Scenario: scenario, State: s, Reason: reason})
	}
}

// step tells of progress.
func (p *prover) step(what string) {
	if p.options.Progress != nil {
		p.options.Progress(p.steps, p.total(), what)
	}
	p.steps++
}

// total is how many steps there are: one for each location and each way of waiting.
func (p *prover) total() int { return len(p.sites) + waits }

// excuse says why a refusal may be this machine's, or this nginx's, and not the configuration's; "" where it is not.
func (p *prover) excuse(message string) string {
	name, quoted := quotedName(message)
	switch {
	case strings.Contains(message, "(2: No such file or directory)"), strings.Contains(message, "(13: Permission denied)"):
		return "nginx needs a file that is not on this machine: " + message
	case strings.Contains(message, "unknown directive") && quoted && !gone(name, p.engine.Version()) && p.elsewhere(name):
		return "this nginx lacks the module of `" + name + "`"
	case strings.Contains(message, "unknown") && strings.Contains(message, "variable") && !p.config.Complete && !p.found(name):
		return "`$" + name + "` may be defined where it can't be seen"
	case !p.config.Complete && (strings.Contains(message, "unknown log format") || strings.Contains(message, `no "ssl_certificate" is defined`)):
		return "what nginx misses may be defined where it can't be seen: " + message
	}
	return ""
}

// quotedName returns what a message has in double quotes.
func quotedName(message string) (string, bool) {
	_, rest, _ := strings.Cut(message, `"`)
	name, _, found := strings.Cut(rest, `"`)
	return name, found
}

// found reports whether the linter is sure of the same: an error about a variable of that name.
func (p *prover) found(name string) bool {
	return slices.ContainsFunc(p.options.Findings, func(d diag.Diagnostic) bool {
		return d.Level == diag.Error && strings.Contains(d.Message, "$"+name)
	})
}
