package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// rewrite writes the changed files. Those with new maps come first, since the others may use them, so that what is on
// the disk is a whole configuration at every moment. Where one can't be written, those written before get their old text
// back.
func rewrite(all []fix.Change) error {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b fix.Change) int { return newMaps(b) - newMaps(a) })
	for i, c := range all {
		if err := source.Replace(c.Before, c.After); err != nil {
			errs := []error{fmt.Errorf("cannot write %w", err)}
			for _, done := range all[:i] {
				now := source.NewFile(done.Before.Name, done.Before.Path, done.After)
				if err := source.Replace(now, done.Before.Text); err != nil {
					errs = append(errs, fmt.Errorf("and cannot undo %w", err))
				}
			}
			return errors.Join(errs...)
		}
	}
	return nil
}

// newMaps returns how many maps a change adds.
func newMaps(c fix.Change) int {
	return strings.Count(c.After, "map $http_upgrade ") - strings.Count(c.Before.Text, "map $http_upgrade ")
}

// writeDiff writes changes as one diff.
func writeDiff(w io.Writer, all []fix.Change) error {
	for _, c := range all {
		if _, err := io.WriteString(w, mend.Diff(diffName(c.Before), c.Before.Text, c.After)); err != nil {
			return unwritable(err)
		}
	}
	return nil
}

// diffName returns the name of a file in a diff: of a symbolic link the file that it leads to, as git and patch change
// no file through a link.
func diffName(f *source.File) string {
	real := identity(f.Path)
	if real == fromTop(f.Path) {
		return f.Name
	}
	if filepath.IsAbs(f.Name) {
		return filepath.ToSlash(real)
	}
	if name, err := filepath.Rel(identity("."), real); err == nil && filepath.IsLocal(name) {
		return filepath.ToSlash(name)
	}
	return f.Name
}

// writeInput writes what standard input is with the fixes: one file, or a dump of several.
func (t *targets) writeInput(w io.Writer, all []fix.Change) error {
	after := map[string]string{}
	for _, c := range all {
		after[filepath.Clean(c.Before.Path)] = c.After
	}
	text := func(path, before string) string {
		if fixed, ok := after[filepath.Clean(path)]; ok {
			return fixed
		}
		return before
	}
	if t.dump == nil {
		_, err := io.WriteString(w, text(t.input, t.inputText))
		return err
	}
	for _, path := range t.dump.Paths {
		if _, err := fmt.Fprintf(w, "# configuration file %s:\n%s\n", path, text(path, t.dump.Memory[path])); err != nil {
			return err
		}
	}
	return nil
}

// writeTree writes every file of the configurations, with the fixes, below dir: each at its place relative to its root's
// folder. It writes over no file, and returns the names of the files that have no place there.
func writeTree(dir string, jobs []*job, all []fix.Change) (left []string, err error) {
	after := map[string]string{}
	for _, c := range all {
		after[identity(c.Before.Path)] = c.After
	}
	seen := map[string]bool{}
	for _, j := range jobs {
		for _, c := range j.targets.configs {
			folder := filepath.Dir(c.Entry.Path)
			for _, f := range c.Files {
				rel, err := filepath.Rel(fromTop(folder), fromTop(f.Path))
				switch {
				case err != nil || !filepath.IsLocal(rel):
					left = append(left, f.Name)
				case !seen[rel]:
					seen[rel] = true
					text, ok := after[identity(f.Path)]
					if !ok {
						text = f.Text
					}
					if err := writeNew(filepath.Join(dir, rel), text); err != nil {
						return left, err
					}
				}
			}
		}
	}
	slices.Sort(left)
	return slices.Compact(left), nil
}

// fromTop returns a path from the top, its links as they are.
func fromTop(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("cannot make the folder of %s: %w", source.Printable(path), reason(err))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", source.Printable(path), reason(err))
	}
	_, err = io.WriteString(f, text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", source.Printable(path), reason(err))
	}
	return nil
}
