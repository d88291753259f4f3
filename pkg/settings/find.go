package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// Find returns the file called name in the nearest folder from dir upwards, to the root of the repository (where a .git
// stands) or of the file system; nil where there is none. The error is that of a file that is there but can't be read,
// or of a `.ngxproof.yml`, which would be passed over. dir is absolute.
func Find(r source.Reader, dir, name string) (*source.File, error) {
	for {
		file, err := r.Open(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		if name == FileName && exists(r, filepath.Join(dir, ".ngxproof.yml")) {
			return nil, fmt.Errorf("%s: the settings file is called %s", filepath.Join(dir, ".ngxproof.yml"), FileName)
		}
		parent := filepath.Dir(dir)
		if exists(r, filepath.Join(dir, ".git")) || parent == dir {
			return nil, nil
		}
		dir = parent
	}
}

// exists reports whether anything stands at path.
func exists(r source.Reader, path string) bool {
	_, err := r.Open(path)
	return !errors.Is(err, fs.ErrNotExist)
}
