package cli

import (
	"os"
	"path/filepath"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// repositoryNames returns a function that names files as a host of repositories does: by the path from the root of the
// repository that the working folder is in (the working folder itself where it is in none), with links followed, since
// hosts show no file under a link's name. A file outside of it gets its absolute path; standard input stays "-".
func repositoryNames() func(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return nil
	}
	wd = source.Disk{}.Resolve(wd)
	root := repositoryRoot(wd)
	names := map[string]string{"-": "-"}
	return func(name string) string {
		known, ok := names[name]
		if !ok {
			known = filepath.ToSlash(below(root, absolute(wd, name)))
			names[name] = known
		}
		return known
	}
}

// repositoryRoot returns dir or the nearest folder above it that git calls a work tree, dir itself if there is none.
func repositoryRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if filepath.Dir(at) == at {
			return dir
		}
	}
}

// absolute returns a path from dir with links followed; a file that is not there keeps its name.
func absolute(dir, name string) string {
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return source.Disk{}.Resolve(path)
}

// below returns the path from root, or the path itself where it leads out of it.
func below(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
