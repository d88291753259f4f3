// Package fix answers: how are edits applied without harm?
//
// It chooses the fixes that findings propose, applies them in rounds until nothing is left to apply, and after each
// round asks the linter and the evaluator whether the files still parse, the findings are gone, nothing new came up and
// the heads that backends receive obey the interface's "Fix classes". What fails that is rolled back and reported as our
// bug; the rest still applies. All of it happens in memory.
package fix

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// MaxRounds is how often fixes are applied on top of each other before that is our bug.
const MaxRounds = 10

// Job is what is to be fixed, and how.
type Job struct {
	// Reader is where the files are, and Dir the folder that relative paths start from ("" where there is none).
	Reader source.Reader
	Dir    string
	// Load loads all configurations through a reader: always the same ones, in the same order.
	Load func(source.Reader) ([]*config.Config, error)
	// Rules are the rules that run, with what they are told in Lint. Lint.Evaluator is not used.
	Rules lint.Selection
	Lint  lint.Options
	// Wanted picks the findings that are to be fixed; nil for all.
	Wanted func(*diag.Diagnostic) bool
	// Editable says whether the file at a path may be changed; nil for all.
	Editable func(path string) bool
	// Policy says which fixes are applied.
	Policy Policy
}

// Policy says which fixes are applied: those that are safe, and what else the user wants. A selector is a rule's name,
// code, category or tag.
type Policy struct {
	// Unsafe applies unsafe fixes too.
	Unsafe bool
	// Promote makes unsafe fixes of these rules safe, Demote safe ones unsafe, Disable turns fixes off. Disable wins over
	// Demote, and Demote over Promote.
	Promote, Demote, Disable []string
}

// Result is what became of a Job.
type Result struct {
	// Changed are the files that have another text now, sorted by path. Nothing is written yet.
	Changed []Change
	// Applied are the findings that were fixed, in the order in which they were, each with its fix.
	Applied []diag.Diagnostic
	// Left are the findings of the files as they are now, those that are not Wanted included.
	Left []diag.Diagnostic
	// Configs are the configurations as they are now.
	Configs []*config.Config
	// Outside are the paths of files that would have been changed but are not Editable, sorted.
	Outside []string
	// Failures are the fixes that were rolled back: our bugs.
	Failures []*Failure
	// Rounds is how often fixes were applied.
	Rounds int
}

// Change is a file with another text.
type Change struct {
	// Before is the file as it was read.
	Before *source.File
	After  string
}

// Failure is a fix that did harm and was rolled back: our bug, never the user's.
type Failure struct {
	Rule   string
	File   string // the name of the file that the finding stands in
	Line   int
	Reason string
}

// Error says which fix failed, and why.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s:%d: the fix of %s is rolled back: %s (this is a bug in ngxproof)", f.File, f.Line, f.Rule, f.Reason)
}

// Run fixes what can be fixed. The error joins what the linter says was wrong with its rules, and a job that does not
// come to an end; the Result is good for what could be done all the same.
func Run(ctx context.Context, job Job) (*Result, error) {
	w := &work{job: job, original: map[string]*source.File{}, first: map[string]string{}, paths: map[string]string{}, failed: map[string]bool{}, blamed: map[string]int{}, outside: map[string]bool{}}
	now, err := w.look(ctx, nil)
	if now == nil {
		return nil, err
	}
	result := &Result{}
	for ; ctx.Err() == nil; result.Rounds++ {
		proposed := w.proposals(now)
		if len(proposed) == 0 {
			break
		}
		if result.Rounds == MaxRounds {
			err = errors.Join(err, endless(proposed))
			break
		}
		next, applied := w.round(ctx, now, proposed)
		for _, p := range applied {
			result.Applied = append(result.Applied, p.finding)
		}
		now = next
	}
	result.Left, result.Configs, result.Failures = now.findings, now.configs, w.failures
	result.Changed, result.Outside = w.changed(now), sorted(w.outside)
	return result, errors.Join(err, ctx.Err())
}

// endless says which rules' fixes bring each other up again and again.
func endless(proposed []*proposal) error {
	rules := map[string]bool{}
	for _, p := range proposed {
		rules[p.finding.Rule] = true
	}
	return fmt.Errorf("after %d rounds there are still fixes of %v (this is a bug in ngxproof)", MaxRounds, sorted(rules))
}

// changed lists the files that differ from what was read.
func (w *work) changed(now *state) []Change {
	var all []Change
	for path, file := range now.files {
		if before := w.original[path]; before != nil && before.Text != file.Text {
			all = append(all, Change{before, file.Text})
		}
	}
	slices.SortFunc(all, func(a, b Change) int { return compare(a.Before.Path, b.Before.Path) })
	return all
}
