package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// fixing is what the flags say about fixes.
type fixing struct {
	fix        bool
	unsafe     bool
	diff       bool
	anyUpgrade bool
	outside    bool
}

func (f *fixing) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.unsafe, "unsafe-fixes", false, "apply unsafe fixes too")
	flags.BoolVar(&f.diff, "diff", false, "print what fixes would change as a diff, and change nothing")
}

// wanted reports whether anything is to be fixed.
func (f *fixing) wanted() bool { return f.fix || f.unsafe || f.diff }

// fix fixes what the job's findings propose, in memory: what the job has found and loaded is then what is left.
func (j *job) fix(f *fixing) (*fix.Result, error) {
	opts := j.opts.lint
	opts.AnyUpgrade = f.anyUpgrade
	t := j.targets
	entries := t.configs
	result, err := fix.Run(context.Background(), fix.Job{
		Reader:   t.reader,
		Dir:      t.dir,
		Load:     func(r source.Reader) ([]*config.Config, error) { return t.reload(r, entries) },
		Rules:    j.opts.selection,
		Lint:     opts,
		Wanted:   func(d *diag.Diagnostic) bool { return t.only == nil || t.only[identity(d.At.File.Path)] },
		Editable: t.editable(f.outside),
		Policy: fix.Policy{
			Unsafe:  f.unsafe,
			Promote: j.settings.Fix.Promote,
			Demote:  j.settings.Fix.Demote,
			Disable: j.settings.Fix.Disable,
		},
	})
	if result == nil {
		return &fix.Result{}, errors.Join(append(t.errs, err)...)
	}
	t.configs = result.Configs
	j.found = t.reported(result.Left)
	errs := append(slices.Clone(t.errs), append(t.limits(), err)...)
	for _, failure := range result.Failures {
		errs = append(errs, failure)
	}
	return result, errors.Join(errs...)
}

// reload loads configurations again through another reader.
func (t *targets) reload(r source.Reader, entries []*config.Config) ([]*config.Config, error) {
	loader := config.NewLoader(r)
	configs := make([]*config.Config, len(entries))
	errs := make([]error, len(entries))
	each(len(entries), func(i int) {
		path := entries[i].Entry.Path
		configs[i], errs[i] = loader.Load(path, t.optionsOf(path))
	})
	return configs, errors.Join(errs...)
}

// editable says which files fixes may change: those in the folders of the roots, and what was given; of standard input
// nothing but the text itself, or what is in the dump.
func (t *targets) editable(outside bool) func(path string) bool {
	if t.input != "" {
		return func(path string) bool { return path == t.input || t.dump != nil }
	}
	if outside {
		return nil
	}
	var folders []string
	given := map[string]bool{}
	for _, c := range t.configs {
		entry := identity(c.Entry.Path)
		given[entry] = true
		folders = append(folders, filepath.Dir(entry))
	}
	if prefix := t.opts.config.Prefix; prefix != "" {
		folders = append(folders, identity(prefix))
	}
	return func(path string) bool {
		id := identity(path)
		return given[id] || slices.ContainsFunc(folders, func(folder string) bool { return inside(folder, id) })
	}
}

// inside reports whether a path, absolute like the folder, lies in the folder or below it.
func inside(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// changes joins what the jobs changed, each file once, sorted by path.
func changes(results []*fix.Result) []fix.Change {
	var all []fix.Change
	seen := map[string]bool{}
	for _, r := range results {
		for _, c := range r.Changed {
			if id := identity(c.Before.Path); !seen[id] {
				seen[id] = true
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b fix.Change) int { return strings.Compare(a.Before.Path, b.Before.Path) })
	return all
}

// fixed says in words what was fixed, or with did "would fix" what would be: "fixed 3 findings: connection-header-wrong x2,
// syntax".
func fixed(did string, results []*fix.Result) string {
	times := map[string]int{}
	n := 0
	for _, r := range results {
		for _, d := range r.Applied {
			times[d.Rule]++
			n++
		}
	}
	if n == 0 {
		return "nothing to fix"
	}
	var parts []string
	for _, rule := range slices.Sorted(maps.Keys(times)) {
		if times[rule] > 1 {
			rule += fmt.Sprintf(" x%d", times[rule])
		}
		parts = append(parts, rule)
	}
	noun := "findings"
	if n == 1 {
		noun = "finding"
	}
	return fmt.Sprintf("%s %d %s: %s", did, n, noun, strings.Join(parts, ", "))
}
