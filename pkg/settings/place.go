package settings

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// LintOverrides returns the overrides of rules as the linter takes them. dir is the working folder, absolute, which
// relative paths start from.
func (s *Settings) LintOverrides(dir string) []lint.Override {
	var all []lint.Override
	for _, o := range s.Overrides {
		if len(o.Rules) == 0 {
			continue
		}
		override := lint.Override{Levels: o.Rules}
		if len(o.Files) > 0 {
			override.File = func(f *source.File) bool { return s.matches(o.Files, dir, f.Path) }
		}
		if len(o.Servers) > 0 {
			override.Server = func(names []string) bool { return matchesServer(o.Servers, names) }
		}
		all = append(all, override)
	}
	return all
}

// Contexts returns where the file at path is included if it is a fragment, as the last override that says so says; 0
// where none does.
func (s *Settings) Contexts(dir, path string) catalog.Context {
	for i := len(s.Overrides) - 1; i >= 0; i-- {
		if o := &s.Overrides[i]; o.Contexts != 0 && s.matches(o.Files, dir, path) {
			return o.Contexts
		}
	}
	return 0
}

// Holds reports whether an override holds for the file at path, servers left aside.
func (s *Settings) Holds(i int, dir, path string) bool {
	files := s.Overrides[i].Files
	return len(files) == 0 || s.matches(files, dir, path)
}

// matches reports whether a pattern matches the path as it is seen from the settings file.
func (s *Settings) matches(patterns []string, dir, path string) bool {
	rel, err := filepath.Rel(absolute(dir, s.Dir()), absolute(dir, path))
	if err != nil {
		return false
	}
	rel = filepath.ToSlash(rel)
	for _, p := range patterns {
		if doublestar.MatchUnvalidated(strings.TrimPrefix(p, "./"), rel) {
			return true
		}
	}
	return false
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// matchesServer reports whether one of the names of a server block fits a pattern. Names are compared as hosts are,
// without case.
func matchesServer(patterns, names []string) bool {
	for _, p := range patterns {
		for _, name := range names {
			if doublestar.MatchUnvalidated(strings.ToLower(p), strings.ToLower(name)) {
				return true
			}
		}
	}
	return false
}
