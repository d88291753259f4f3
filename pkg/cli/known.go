package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/baseline"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// knownFile is a job's baseline.
type knownFile struct {
	path  string       // "" where no file was looked for
	file  *source.File // nil where there is none yet
	known *baseline.Baseline
	wd    string
}

// baselineOf reads a job's baseline: the one that the settings name, else the one beside them; without settings the
// nearest one from the first path upwards to the root of the repository.
func (k *ask) baselineOf(j *job) (*knownFile, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	b := &knownFile{known: &baseline.Baseline{}, wd: wd}
	switch {
	case j.settings.Baseline != "":
		b.path = j.settings.Baseline
	case j.settings.File != nil:
		b.path = filepath.Join(j.settings.Dir(), baseline.FileName)
	case !k.noConfig:
		if b.path, err = k.find(folderOf(j), baseline.FileName); err != nil || b.path == "" {
			return b, err
		}
	default:
		return b, nil
	}
	b.file, err = k.disk(wd).Open(b.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.file = nil
		return b, nil
	case err != nil:
		return nil, fmt.Errorf("baseline: %w", err)
	}
	if b.known, err = baseline.Parse(b.file); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	return b, nil
}

// folderOf returns where to look for what belongs to a job's paths.
func folderOf(j *job) string {
	switch {
	case len(j.paths) == 0 || j.paths[0] == "-":
		return "."
	case isFolder(j.paths[0]):
		return j.paths[0]
	}
	return filepath.Dir(j.paths[0])
}

// findings returns a job's findings as the baseline knows them: files are named from its folder on.
func (b *knownFile) findings(found []diag.Diagnostic) []baseline.Finding {
	return baseline.Findings(found, func(f *source.File) string { return b.name(f.Path) })
}

// name returns a path as seen from the baseline's folder.
func (b *knownFile) name(path string) string {
	dir, full := b.absolute(filepath.Dir(b.path)), b.absolute(path)
	if rel, err := filepath.Rel(dir, full); err == nil && (filepath.IsLocal(rel) || !filepath.IsAbs(path)) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(full)
}

func (b *knownFile) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(b.wd, path)
}

// judged leaves of the entries those that this run can say something about: their file was linted, or is gone, and their
// rule ran, or is gone. A fragment that was given alone was not linted as it is with the folder or root that has it.
func (b *knownFile) judged(j *job, entries []baseline.Entry) []baseline.Entry {
	linted := map[string]bool{}
	for _, c := range j.targets.configs {
		if c.Fragment && slices.Contains(j.paths, c.Entry.Path) {
			continue
		}
		for _, f := range c.Files {
			if j.targets.only == nil || j.targets.only[identity(f.Path)] {
				linted[b.name(f.Path)] = true
			}
		}
	}
	all, ran := rules.All(), map[string]bool{}
	for _, r := range j.linter.Rules() {
		ran[r.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e baseline.Entry) bool {
		if !linted[e.File] {
			path := filepath.FromSlash(e.File)
			if !filepath.IsAbs(path) {
				path = filepath.Join(b.absolute(filepath.Dir(b.path)), path)
			}
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				return true
			}
		}
		return !ran[e.Rule] && all.Rule(e.Rule) != nil
	})
}

// useBaselineQuietly silences what is known.
func (a *app) useBaselineQuietly(k *ask, j *job) error {
	b, err := k.baselineOf(j)
	if err == nil && b.file != nil {
		b.known.Silence(b.findings(j.found))
	}
	return err
}

// useBaseline silences what is known, and says how much of it is gone.
func (a *app) useBaseline(k *ask, j *job) error {
	b, err := k.baselineOf(j)
	if err != nil {
		return err
	}
	if b.file == nil {
		if j.settings.Baseline != "" {
			return fmt.Errorf("%s:%d: the baseline %s is not there; `ngxproof baseline write` writes it",
				source.Printable(j.settings.File.Name), j.settings.Line("baseline"), source.Printable(b.path))
		}
		if k.baselineStrict {
			return fmt.Errorf("--baseline-strict: there is no baseline; `ngxproof baseline write` writes it")
		}
		return nil
	}
	gone := b.judged(j, b.known.Silence(b.findings(j.found)))
	if len(gone) == 0 {
		return nil
	}
	strict := ""
	if k.baselineStrict {
		a.code = max(a.code, Found)
		strict = ", which --baseline-strict refuses"
	}
	if !k.quiet || k.baselineStrict {
		fmt.Fprintf(a.err, "ngxproof: %s: %s no longer found%s; `ngxproof baseline prune` removes what is gone\n",
			source.Printable(b.file.Name), countOf(baseline.Total(gone), "known finding is", "known findings are"), strict)
	}
	return nil
}

// countOf returns a number with what there is of it: "1 file", "2 files".
func countOf(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// write puts a baseline into its file.
func (b *knownFile) write(known *baseline.Baseline) error {
	text := known.Text()
	if b.file != nil {
		return source.Replace(b.file, text)
	}
	if err := os.WriteFile(b.path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write the baseline %s: %w", source.Printable(b.path), reason(err))
	}
	return nil
}

// placeFor returns where a baseline that is not there yet is written: beside the settings, else at the root of the
// repository around the folder, else in the working folder.
func placeFor(wd, dir string) string {
	start := dir
	if !filepath.IsAbs(start) {
		start = filepath.Join(wd, start)
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			if rel, err := filepath.Rel(wd, at); err == nil && !filepath.IsAbs(dir) {
				at = rel
			}
			return filepath.Join(at, baseline.FileName)
		}
		if filepath.Dir(at) == at {
			return baseline.FileName
		}
	}
}
