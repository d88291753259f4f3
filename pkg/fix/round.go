package fix

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// work is a job being done.
type work struct {
	job      Job
	original map[string]*source.File // the files as they were read, by path
	first    map[string]string       // the path by which a file was met first, by what it leads to
	paths    map[string]string       // what path was asked
	failed   map[string]bool         // fingerprints of findings whose fix was rolled back
	blamed   map[string]int          // how many fixes of a rule were rolled back
	outside  map[string]bool
	failures []*Failure
}

// state is the files with the fixes so far, and what is said of them.
type state struct {
	files    map[string]*source.File // by path: all that the configurations read
	broken   map[string]bool         // of these, those that do not parse
	changed  map[string]*source.File // of these, those that lie over what the reader has
	configs  []*config.Config
	evals    map[*config.Config]*eval.Evaluator
	findings []diag.Diagnostic
}

// enough is how many fixes of one rule are rolled back before its others are not tried any more.
const enough = 3

// look loads and lints the configurations with changed files; the state is nil where they can't be loaded.
func (w *work) look(ctx context.Context, changed map[string]*source.File) (*state, error) {
	s := &state{files: map[string]*source.File{}, broken: map[string]bool{}, changed: changed, evals: map[*config.Config]*eval.Evaluator{}}
	var over []*source.File
	for _, f := range changed {
		over = append(over, f)
	}
	var err error
	if s.configs, err = w.job.Load(source.NewOverlay(w.job.Reader, w.job.Dir, over...)); err != nil {
		return nil, err
	}
	for _, c := range s.configs {
		for _, f := range c.Files {
			s.files[f.Path] = f.File
			w.path(f.Path)
			s.broken[f.Path] = len(f.Errors) > 0
			if w.original[f.Path] == nil {
				w.original[f.Path] = f.File
			}
		}
	}
	var mu sync.Mutex
	opts := w.job.Lint
	opts.Evaluator = func(c *config.Config) *eval.Evaluator {
		mu.Lock()
		defer mu.Unlock()
		if s.evals[c] == nil {
			s.evals[c] = eval.New(c)
		}
		return s.evals[c]
	}
	linter := lint.New(w.job.Rules, opts)
	s.findings, err = linter.RunAll(ctx, len(s.configs), func(i int) (*config.Config, error) { return s.configs[i], nil })
	for _, c := range s.configs {
		opts.Evaluator(c)
	}
	return s, err
}

// path returns the path by which the file at a path was met first: a link, and what it leads to, are one file.
func (w *work) path(path string) string {
	r, ok := w.job.Reader.(interface{ Resolve(string) string })
	if !ok {
		return path
	}
	if known := w.paths[path]; known != "" {
		return known
	}
	target := path
	if !filepath.IsAbs(path) {
		target = filepath.Join(w.job.Dir, path)
	}
	target = r.Resolve(target)
	if w.first[target] == "" {
		w.first[target] = path
	}
	w.paths[path] = w.first[target]
	return w.first[target]
}

// round applies as many of the proposals as go together without harm and returns the state with them, and which they
// were. Where all together do harm, halves of them are tried, down to the single fix that does.
func (w *work) round(ctx context.Context, now *state, proposed []*proposal) (*state, []*proposal) {
	var merged mend.Merged
	var group []*proposal
	for _, p := range proposed {
		var alone mend.Merged
		switch {
		case !alone.Add(p.finding.Fix.Edits):
			w.rollBack(p, "its edits are in conflict with each other")
		case merged.Add(p.finding.Fix.Edits):
			group = append(group, p)
		}
	}
	t := &trial{work: w, base: now, next: now}
	t.add(ctx, group)
	return t.next, t.accepted
}

// rollBack notes that a fix did harm.
func (w *work) rollBack(p *proposal, reason string) {
	w.failed[p.fingerprint] = true
	w.blamed[p.finding.Rule]++
	at := p.finding.At
	w.failures = append(w.failures, &Failure{Rule: p.finding.Rule, File: at.File.Name, Line: at.File.Line(at.Span.Start), Reason: reason})
}

// trial is a round: what was accepted so far, and the state with it.
type trial struct {
	*work
	base, next *state
	accepted   []*proposal
}

// add tries a group on top of what was accepted.
func (t *trial) add(ctx context.Context, group []*proposal) {
	if len(group) == 0 || ctx.Err() != nil {
		return
	}
	all := append(append([]*proposal(nil), t.accepted...), group...)
	next, reason := t.try(ctx, all)
	switch {
	case reason == "":
		t.next, t.accepted = next, all
	case len(group) == 1:
		t.rollBack(group[0], reason)
	default:
		t.add(ctx, t.patient(group[:len(group)/2]))
		t.add(ctx, t.patient(group[len(group)/2:]))
	}
}

// patient leaves out fixes of rules whose fixes failed often enough.
func (t *trial) patient(group []*proposal) []*proposal {
	var left []*proposal
	for _, p := range group {
		if t.blamed[p.finding.Rule] < enough {
			left = append(left, p)
		} else {
			t.failed[p.fingerprint] = true
		}
	}
	return left
}

// try applies fixes to the base and returns the state with them, or what is wrong with it.
func (t *trial) try(ctx context.Context, group []*proposal) (*state, string) {
	var merged mend.Merged
	for _, p := range group {
		merged.Add(p.finding.Fix.Edits)
	}
	changed := map[string]*source.File{}
	for path, f := range t.base.changed {
		changed[path] = f
	}
	for _, path := range merged.Paths() {
		old := t.base.files[path]
		if old == nil {
			return nil, "it changes a file that the configuration does not have"
		}
		changed[path] = source.NewFile(old.Name, path, mend.Apply(old.Text, merged.Of(path)))
	}
	next, err := t.look(ctx, changed)
	if err != nil {
		return nil, "the result cannot be linted: " + err.Error()
	}
	c := &check{work: t.work, before: t.base, after: next, shifts: t.shiftsOf(&merged), fixes: group}
	return next, c.harm()
}
