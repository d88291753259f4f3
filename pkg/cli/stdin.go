package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// targets finds and loads what a command's PATHs stand for. The error is that of a call that makes no sense; what can't
// be read is in the targets.
func (a *app) targets(k *ask, opts options, paths []string) (*targets, error) {
	var missing []error
	if len(paths) == 0 {
		paths, missing = opts.there(k.instead(opts.roots))
	}
	stdin := slices.Contains(paths, "-")
	switch {
	case stdin && len(paths) > 1:
		return nil, errors.New("standard input (`-`) cannot be mixed with other paths")
	case !stdin && k.stdinName != "":
		return nil, errors.New("--stdin-filename needs `-` as the path")
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	disk := k.disk(dir)
	t := &targets{opts: opts, disk: disk, skipForeign: k.skipForeign, line: a.statusLine(k.quiet), errs: missing}
	if stdin {
		return t, a.fromStdin(t, k, disk)
	}
	t.readThrough(disk)
	if len(paths) == 1 && t.dumped(paths[0]) {
		return t, nil
	}
	t.dir = dir
	t.find(paths)
	t.load(t.knownRoots(k.root))
	return t, nil
}

// readThrough makes a reader the one that files come from.
func (t *targets) readThrough(r source.Reader) { t.reader, t.loader = r, config.NewLoader(r) }

// instead returns what no PATH stands for.
func (k *ask) instead(roots []string) []string {
	if k.root != "" {
		return []string{k.root}
	}
	return defaultPaths(roots)
}

// there leaves out the roots that the settings name and that are not there; the errors say where they are named.
func (o *options) there(paths []string) (found []string, missing []error) {
	for _, path := range paths {
		if err := o.missingRoot(path); err != nil {
			missing = append(missing, err)
		} else {
			found = append(found, path)
		}
	}
	return found, missing
}

// disk returns the reader of files; dir is the working folder.
func (k *ask) disk(dir string) source.Disk {
	return source.Disk{Dir: dir, MaxFileSize: int64(k.maxFileSize)}
}

// fromStdin loads what standard input says: an nginx -T dump, a file that --stdin-filename names, or one without a name.
func (a *app) fromStdin(t *targets, k *ask, disk source.Disk) error {
	file, err := source.Read("-", a.stdin, int64(k.maxFileSize))
	switch {
	case err != nil:
		return fmt.Errorf("standard input: %w", errors.Unwrap(err))
	case k.stdinName != "" && isFolder(k.stdinName):
		return fmt.Errorf("--stdin-filename: %s is a folder", source.Printable(k.stdinName))
	case t.fromDump(file.Text):
		return nil
	case k.stdinName != "":
		input := named(file, k.stdinName, disk.Dir)
		t.input, t.inputText, t.dir = input.Path, input.Text, disk.Dir
		t.readThrough(source.NewOverlay(disk, disk.Dir, input))
		t.find([]string{k.stdinName})
		t.load(t.knownRoots(k.root))
		return nil
	case file.Text == "":
		return errors.New("standard input is empty; where it should be the output of `nginx -T`, see what that says")
	case binary(file.Text):
		return errors.New("standard input is binary, not a configuration")
	}
	t.input, t.inputText, t.dir = file.Path, file.Text, disk.Dir
	t.readThrough(source.NewOverlay(disk, disk.Dir, file))
	t.configs = append(t.configs, t.loader.LoadFile(file, t.optionsOf(file.Path)))
	return nil
}

// fromDump loads what `nginx -T` printed, if text is that.
func (t *targets) fromDump(text string) bool {
	dump, ok := source.ParseDump(text)
	if ok {
		t.readThrough(dump)
		t.input, t.dump = dump.Entry, &dump
		t.configs = t.loadAll([]string{dump.Entry})
	}
	return ok
}

// dumped loads the file at path as if standard input said the same, if it is what `nginx -T` printed.
func (t *targets) dumped(path string) bool {
	if path == "" || isFolder(path) {
		return false
	}
	file, err := t.loader.Parse(filepath.Clean(path))
	return err == nil && t.fromDump(file.Text)
}

// named returns the file under the path that it stands for, shown relative to dir where it lies below.
func named(file *source.File, path, dir string) *source.File {
	name := filepath.Clean(path)
	if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsAbs(name) && filepath.IsLocal(rel) {
		name = rel
	}
	return source.NewFile(filepath.ToSlash(name), filepath.Clean(path), file.Text)
}
