package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// ignoreAll writes a comment for each finding that is left. What the files would then say is linted first: it must have
// no finding that was not there before.
func (a *app) ignoreAll(k *ask, j *job) error {
	ignoring := strings.TrimSpace(k.addIgnores)
	switch {
	case strings.Trim(ignoring, " \t:-–—,.#") == "" || strings.ContainsFunc(ignoring, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return errors.New("--add-ignores: the reason is one line, and not empty")
	case len(j.paths) == 0 && exists(ignoring):
		return fmt.Errorf("--add-ignores takes the reason, and %s is a file: `--add-ignores REASON %s`", source.Printable(ignoring), source.Printable(ignoring))
	case slices.Contains(j.paths, "-"):
		return errors.New("--add-ignores writes files, so it can't be used with standard input")
	}
	files, edited, err := a.ignoring(j, ignoring)
	if err != nil || len(edited) == 0 {
		return err
	}
	after := &targets{opts: j.opts, disk: j.targets.disk, loader: config.NewLoader(source.NewOverlay(j.targets.disk, j.targets.disk.Dir, edited...))}
	after.find(j.given(k))
	after.load(after.knownRoots(k.root))
	found, err := after.lint(j.linter)
	if err != nil {
		return err
	}
	if more := beyond(unsilenced(found), j.all); more != nil {
		return fmt.Errorf("--add-ignores: nothing is written: %s would say %q (this is a bug in ngxproof)", placeOf(more.At), more.Message)
	}
	for i, f := range files {
		if err := source.Replace(f, edited[i].Text); err != nil {
			return fmt.Errorf("--add-ignores: %w", err)
		}
	}
	before := len(unsilenced(j.found))
	j.targets, j.found = after, found
	if err := a.useBaselineQuietly(k, j); err != nil {
		return err
	}
	if k.newFrom != "" {
		if err := a.onlyNew(k, j); err != nil {
			return err
		}
	}
	if !k.quiet {
		left := len(unsilenced(j.found))
		fmt.Fprintf(a.err, "ngxproof: %d of %d findings are silenced, by comments in %s\n", before-left, before, countOf(len(files), "file", "files"))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ignoring returns the files that get comments, and what they then say. A file outside of the folders of the
// configurations and of the working folder is not touched.
func (a *app) ignoring(j *job, reason string) (files, edited []*source.File, err error) {
	byFile := map[*source.File][]diag.Diagnostic{}
	for _, d := range j.found {
		if d.Suppressed == nil && d.Level >= j.opts.minLevel {
			byFile[d.At.File] = append(byFile[d.At.File], d)
		}
	}
	seen := map[*source.File]bool{}
	for _, c := range j.targets.configs {
		for _, f := range c.Files {
			if seen[f.File] || len(byFile[f.File]) == 0 {
				continue
			}
			seen[f.File] = true
			if !j.targets.owns(f.Path) {
				a.fail(fmt.Errorf("--add-ignores: %s is not written: it lies outside of the configuration's folder", source.Printable(f.Name)))
				continue
			}
			if text := lint.AddIgnores(f, byFile[f.File], reason); text != f.Text {
				files = append(files, f.File)
				edited = append(edited, source.NewFile(f.Name, f.Path, text))
			}
		}
	}
	return files, edited, nil
}

// owns reports whether a file lies in the working folder, or in that of one of the configurations' entries.
func (t *targets) owns(path string) bool {
	dirs := []string{t.disk.Dir}
	for _, c := range t.configs {
		dirs = append(dirs, filepath.Dir(identity(c.Entry.Path)))
	}
	return slices.ContainsFunc(dirs, func(dir string) bool {
		rel, err := filepath.Rel(identity(dir), identity(path))
		return err == nil && filepath.IsLocal(rel)
	})
}

// beyond returns a finding that is not among the old ones: no such rule says such a thing of such a file as often.
// Places and lines differ by the comments.
func beyond(found, old []diag.Diagnostic) *diag.Diagnostic {
	type saying struct{ rule, file, message string }
	say := func(d *diag.Diagnostic) saying {
		if d.At.File == nil {
			return saying{d.Rule, "", d.Message}
		}
		return saying{d.Rule, d.At.File.Name, d.Message}
	}
	said := map[saying]int{}
	for i := range old {
		said[say(&old[i])]++
	}
	for i := range found {
		if said[say(&found[i])]--; said[say(&found[i])] < 0 {
			return &found[i]
		}
	}
	return nil
}

func unsilenced(found []diag.Diagnostic) []diag.Diagnostic {
	return slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool { return d.Suppressed != nil })
}
