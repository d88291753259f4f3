package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// job is the part of a command's work for which one settings file holds.
type job struct {
	settings *settings.Settings
	opts     options
	paths    []string
	targets  *targets
	linter   *lint.Linter
	found    []diag.Diagnostic // what is to be reported
	all      []diag.Diagnostic // as found was after linting
}

// jobs sorts PATHs by the settings that hold for them, finds what they stand for and loads it. The error is that of a
// call that makes no sense, or of settings that are wrong; what can't be read is in the targets.
func (a *app) jobs(k *ask, paths []string) ([]*job, error) {
	for _, flag := range []struct{ name, value string }{{"config", k.config}, {"new-from", k.newFrom}, {"root", k.root}} {
		if flag.value == "" && k.changed(flag.name) { // a variable of a script that is not set
			return nil, fmt.Errorf("--%s: the value is empty", flag.name)
		}
	}
	if k.root != "" {
		switch info, err := os.Stat(k.root); {
		case err != nil:
			return nil, fmt.Errorf("--root: %s: %w", source.Printable(k.root), reason(err))
		case info.IsDir():
			return nil, fmt.Errorf("--root: %s is a folder; name the file that nginx starts from", source.Printable(k.root))
		}
	}
	var jobs []*job
	byFile := map[string]*job{}
	var errs []error
	for _, path := range startingPoints(k, paths) {
		s, err := k.settingsFor(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		key := ""
		if s.File != nil {
			key = s.File.Path
		}
		if byFile[key] == nil {
			byFile[key] = &job{settings: s}
			jobs = append(jobs, byFile[key])
		}
		if len(paths) > 0 {
			byFile[key].paths = append(byFile[key].paths, path)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(distinct(errs)...)
	}
	for _, j := range jobs {
		if err := a.prepare(k, j); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// startingPoints returns the paths from which settings are looked for.
func startingPoints(k *ask, paths []string) []string {
	switch {
	case len(paths) > 0:
		return paths
	case k.root != "":
		return []string{k.root}
	}
	return []string{"."}
}

// prepare works out a job's options and loads its configurations.
func (a *app) prepare(k *ask, j *job) error {
	var err error
	if j.opts, err = k.options(rules.All(), j.settings); err != nil {
		return err
	}
	if j.targets, err = a.targets(k, j.opts, j.paths); err != nil {
		return err
	}
	j.opts.lint.Bare = !slices.ContainsFunc(k.outputs, showsEvidence)
	reporting := j.opts.lint // --fix has its own linter
	reporting.Unedited = !slices.ContainsFunc(k.outputs, showsEdits)
	j.linter = lint.New(j.opts.selection, reporting)
	return nil
}

// given returns the paths that the job is about.
func (j *job) given(k *ask) []string {
	if len(j.paths) > 0 {
		return j.paths
	}
	return k.instead(j.opts.roots)
}

// showsEvidence reports whether a format shows the head that a backend gets.
func showsEvidence(output string) bool {
	name, _, _ := strings.Cut(output, "=")
	return name == "full" || name == "json"
}

// showsEdits reports whether a format shows what fixes change. Summaries only count them.
func showsEdits(output string) bool {
	name, _, _ := strings.Cut(output, "=")
	return name != "concise"
}

// lint runs the rules and returns what went wrong on the way; the rest of the job goes on.
func (j *job) lint() error {
	found, err := j.targets.lint(j.linter)
	j.found, j.all = found, slices.Clone(found)
	return errors.Join(append(j.targets.errs, append(j.targets.limits(), err)...)...)
}

// lint runs a linter over the configurations.
func (t *targets) lint(linter *lint.Linter) ([]diag.Diagnostic, error) {
	step, stop := t.line.begin("configuration", len(t.configs))
	defer stop()
	found, err := linter.RunAll(context.Background(), len(t.configs), func(i int) (*config.Config, error) {
		step()
		return t.configs[i], nil
	})
	return t.reported(found), err
}

// resultOf joins what the jobs found.
func resultOf(jobs []*job) report.Result {
	r := report.Result{Tool: report.Tool{Name: "ngxproof", Version: build().Version}, Known: rules.All().Rules()}
	files := map[string]bool{}
	for _, j := range jobs {
		if len(jobs) == 1 {
			r.Diagnostics = slices.Clip(j.found) // which may be many
		} else {
			r.Diagnostics = append(r.Diagnostics, j.found...)
		}
		r.Entries = append(r.Entries, j.targets.entries()...)
		r.Skipped += j.targets.skipped
		r.Rules = max(r.Rules, len(j.linter.Rules()))
		for name := range j.targets.files() {
			files[name] = true
		}
	}
	r.Files = len(files)
	if len(jobs) > 1 {
		diag.Sort(r.Diagnostics)
		r.Diagnostics = slices.CompactFunc(r.Diagnostics, same)
	}
	return r
}

// same reports whether two jobs say the same of a file that both have.
func same(a, b diag.Diagnostic) bool {
	return a.Rule == b.Rule && a.Message == b.Message && a.At.Span == b.At.Span && a.At.File != nil && b.At.File != nil &&
		a.At.File.Name == b.At.File.Name
}

// settingsFor returns the settings that hold for a path.
func (k *ask) settingsFor(path string) (*settings.Settings, error) {
	switch {
	case k.noConfig && k.config != "":
		return nil, errors.New("--config and --no-config exclude each other")
	case k.noConfig:
		return &settings.Settings{}, nil
	case k.config != "":
		return k.readSettings(k.config)
	}
	if path == "-" {
		path = k.stdinName
	}
	dir := path
	for !isFolder(dir) && dir != filepath.Dir(dir) { // what is not there is said elsewhere
		dir = filepath.Dir(dir)
	}
	found, err := k.find(dir, settings.FileName)
	if err != nil || found == "" {
		return &settings.Settings{}, err
	}
	return k.readSettings(found)
}

// find returns the path of a file of that name in dir or the nearest folder above it in the repository, as a path like
// dir: relative or not. It is "" where there is none.
func (k *ask) find(dir, name string) (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("the working folder: %w", reason(err))
	}
	start := filepath.Clean(dir)
	if !filepath.IsAbs(start) {
		start = filepath.Join(wd, start)
	}
	if k.found == nil {
		k.found = map[string]string{}
	}
	key := name + "\x00" + start
	if path, ok := k.found[key]; ok {
		return path, nil
	}
	file, err := settings.Find(k.disk(wd), start, name)
	if err != nil {
		return "", err
	}
	path := ""
	if file != nil {
		path = file.Path
		if rel, err := filepath.Rel(wd, path); err == nil && !filepath.IsAbs(dir) {
			path = rel
		}
	}
	k.found[key] = path
	return path, nil
}

// readSettings reads a settings file, once.
func (k *ask) readSettings(path string) (*settings.Settings, error) {
	if s, ok := k.read[path]; ok {
		return s.settings, s.err
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	file, err := k.disk(wd).Open(path)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	s, err := settings.Parse(file, rules.All())
	if k.read == nil {
		k.read = map[string]readSettings{}
	}
	k.read[path] = readSettings{s, err}
	return s, err
}

// readSettings is what a settings file was read as.
type readSettings struct {
	settings *settings.Settings
	err      error
}

// distinct leaves out errors that say the same as an earlier one.
func distinct(errs []error) []error {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(err error) bool {
		text := err.Error()
		twice := seen[text]
		seen[text] = true
		return twice
	})
}
