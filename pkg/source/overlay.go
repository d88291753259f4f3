package source

import (
	"path/filepath"
	"slices"
	"strings"
)

// Overlay is a Reader in which some files have another text than in the one below: what a fix would make of them, or
// what an editor has not saved yet.
type Overlay struct {
	under Reader
	dir   string
	files map[string]*File // by key
}

// NewOverlay puts files over a Reader. A file stands in for every path that means its Path: spelled differently,
// relative to dir (the working folder, absolute or "") or not, or through symbolic links where the Reader below resolves
// them.
func NewOverlay(under Reader, dir string, files ...*File) *Overlay {
	o := &Overlay{under: under, dir: dir, files: make(map[string]*File, len(files))}
	for _, f := range files {
		o.files[o.key(f.Path)] = f
	}
	return o
}

// Open returns the file that lies over path, under its own name, or what the Reader below has.
func (o *Overlay) Open(path string) (*File, error) {
	f, ok := o.files[o.key(path)]
	if !ok {
		return o.under.Open(path)
	}
	return NewFile(f.Name, path, f.Text), nil
}

// Glob lists what the Reader below lists and the files on top that match; see Reader.
func (o *Overlay) Glob(pattern string) ([]string, error) {
	paths, err := o.under.Glob(pattern)
	if err != nil {
		return nil, err
	}
	for _, f := range o.files {
		path := o.spelled(f.Path, filepath.IsAbs(pattern))
		if matchPath(pattern, path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// key returns the one spelling of a path.
func (o *Overlay) key(path string) string {
	if r, ok := o.under.(interface{ Resolve(string) string }); ok {
		path = r.Resolve(path)
	}
	return filepath.ToSlash(o.spelled(path, true))
}

// spelled returns the path clean, absolute or relative to o.dir as wanted, where that can be.
func (o *Overlay) spelled(path string, absolute bool) string {
	switch {
	case o.dir == "" || absolute == filepath.IsAbs(path):
		return filepath.Clean(path)
	case absolute:
		return filepath.Join(o.dir, path)
	default:
		if rel, err := filepath.Rel(o.dir, path); err == nil {
			return rel
		}
		return filepath.Clean(path)
	}
}

// matchPath reports whether a whole path matches a pattern, component by component.
func matchPath(pattern, path string) bool {
	patterns := strings.Split(filepath.ToSlash(filepath.Clean(plainSeparators(pattern))), "/")
	names := strings.Split(filepath.ToSlash(path), "/")
	return slices.EqualFunc(patterns, names, matchName)
}
