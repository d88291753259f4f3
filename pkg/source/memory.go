package source

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// Memory holds files by path: clean, with slashes, relative or absolute. Folders are there by the files in them.
type Memory map[string]string

// Open returns the file at path, however it is spelled. Its Name is the path's clean spelling.
func (m Memory) Open(path string) (*File, error) {
	key := cleanPath(path)
	text, ok := m[key]
	switch {
	case ok:
		return NewFile(key, path, text), nil
	case m.isFolder(path):
		return nil, at(path, notRegular(fs.ModeDir))
	default:
		return nil, at(path, fs.ErrNotExist)
	}
}

// Glob lists the files and folders that match pattern; see Reader.
func (m Memory) Glob(pattern string) ([]string, error) { return expand(m, pattern, 0) }

// names yields what the paths below folder have in its place.
func (m Memory) names(folder string, yield func(string) bool) error {
	seen := map[string]bool{}
	for key := range m {
		rest, ok := below(cleanPath(folder), key)
		name, _, _ := strings.Cut(rest, "/")
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		if !yield(name) {
			return nil
		}
	}
	return nil
}

func (m Memory) exists(path string) bool {
	_, ok := m[cleanPath(path)]
	return ok || m.isFolder(path)
}

func (m Memory) isFolder(path string) bool {
	folder := cleanPath(path)
	for key := range m {
		if _, ok := below(folder, key); ok {
			return true
		}
	}
	return false
}

// below returns what follows folder and a slash in key, both clean, and whether key lies below it.
func below(folder, key string) (rest string, ok bool) {
	switch folder {
	case ".":
		return key, !strings.HasPrefix(key, "/") && key != ""
	case "/":
		return strings.CutPrefix(key, "/")
	default:
		return strings.CutPrefix(key, folder+"/")
	}
}

// cleanPath returns the shortest spelling of p, with slashes.
func cleanPath(p string) string { return path.Clean(filepath.ToSlash(p)) }

var _ Reader = Memory{}
