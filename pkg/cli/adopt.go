package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// adopt takes what is known out of a job's findings: what an older revision has too, what the baseline has, and what is
// to be silenced from now on.
func (a *app) adopt(k *ask, j *job) error {
	if err := a.leaveKnown(k, j); err != nil || !k.changed("add-ignores") {
		return err
	}
	return a.ignoreAll(k, j)
}

// adoptFixed is adopt after fixes, which are not written yet.
func (a *app) adoptFixed(k *ask, j *job) error {
	if k.addIgnores != "" {
		return errors.New("--add-ignores silences what fixes would mend: apply them first, then add comments for what is left")
	}
	return a.leaveKnown(k, j)
}

// leaveKnown takes what is known already out of a job's findings.
func (a *app) leaveKnown(k *ask, j *job) error {
	if k.newFrom != "" {
		if err := a.onlyNew(k, j); err != nil {
			return err
		}
	}
	return a.useBaseline(k, j)
}

// onlyNew lints what a git revision has at the same paths, with the same settings, and leaves out what is found there
// too: a change of one file that makes a finding in another one is seen.
func (a *app) onlyNew(k *ask, j *job) error {
	if len(j.targets.roots)+len(j.targets.fragments)+len(j.targets.configs) > 0 && len(j.targets.roots)+len(j.targets.fragments) == 0 {
		return errors.New("--new-from needs files; for standard input name one with --stdin-filename")
	}
	tree, err := source.NewGitTree(j.targets.disk, k.newFrom)
	if err != nil {
		return fmt.Errorf("--new-from: %w", err)
	}
	old := &targets{opts: j.opts, loader: config.NewLoader(tree), disk: j.targets.disk}
	old.revisit(slices.Concat(j.targets.roots, j.targets.fragments))
	old.load(old.knownRoots(k.root))
	found, err := old.lint(j.linter)
	if err := errors.Join(append(old.errs, err, tree.Close())...); err != nil {
		a.fail(fmt.Errorf("in %s: %w", source.Printable(k.newFrom), err))
	}
	before := len(j.found)
	j.found = without(j.found, found)
	if n := before - len(j.found); n > 0 && !k.quiet {
		fmt.Fprintf(a.err, "ngxproof: not shown because %s has them too: %d\n", source.Printable(k.newFrom), n)
	}
	return nil
}

// revisit sorts those paths that are there.
func (t *targets) revisit(paths []string) {
	t.parse(paths)
	for _, path := range paths {
		file, err := t.loader.Parse(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			t.failed(err)
		case config.IsRoot(file):
			t.roots = append(t.roots, path)
		default:
			t.fragments = append(t.fragments, path)
		}
	}
}

// without returns the findings that are not among the old ones, as often as they are there. What was silenced then does
// not count: it is new if it is not silenced any more.
func without(found, old []diag.Diagnostic) []diag.Diagnostic {
	known := map[string]bool{}
	for i, fingerprint := range diag.Fingerprints(old) {
		known[fingerprint] = old[i].Suppressed == nil
	}
	var left []diag.Diagnostic
	for i, fingerprint := range diag.Fingerprints(found) {
		if !known[fingerprint] {
			left = append(left, found[i])
		}
	}
	return left
}
