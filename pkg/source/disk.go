package source

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// DefaultMaxFileSize is the largest file, in bytes, that a Disk without a limit of its own reads.
const DefaultMaxFileSize = 64 << 20

// Disk reads files from the file system. The zero Disk is ready for use. Opening never blocks on a pipe and never
// touches a device.
type Disk struct {
	// Dir is the working folder that names are shown relative to, as an absolute path; "" shows every path as opened.
	// It has no influence on what a path means.
	Dir string
	// MaxFileSize is the largest file that is read, in bytes; 0 for DefaultMaxFileSize.
	MaxFileSize int64
	// MaxMatches is how many files a pattern may match; 0 for DefaultMaxMatches.
	MaxMatches int
}

// Open reads the file at path whole; a file that grows or shrinks meanwhile is what was read of it.
func (d Disk) Open(path string) (*File, error) {
	text, err := d.read(path)
	if err != nil {
		return nil, at(path, err)
	}
	return NewFile(d.name(path), path, text), nil
}

// Glob lists the files that match pattern; see Reader. A folder that is there but can't be listed is an error, where
// glob(3) would act as if it were empty: what nginx itself finds there is not known.
func (d Disk) Glob(pattern string) ([]string, error) {
	return expand(diskFolders{}, pattern, d.MaxMatches)
}

// Resolve returns path with symbolic links followed, and path itself where that fails: two paths that resolve alike are
// the same file.
func (d Disk) Resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// name returns how path is shown: relative to d.Dir where it lies below, else as it is; with slashes on every system.
func (d Disk) name(path string) string {
	clean := filepath.Clean(path)
	if d.Dir != "" && !filepath.IsLocal(clean) { // absolute, or up and perhaps down again
		full := clean
		if !filepath.IsAbs(full) {
			full = filepath.Join(d.Dir, full)
		}
		if rel, err := filepath.Rel(d.Dir, full); err == nil && filepath.IsLocal(rel) {
			clean = rel
		}
	}
	return filepath.ToSlash(clean)
}

// read returns the bytes of the regular file at path. It is looked at before it is opened, because opening a device or a
// pipe can have effects; and again after, because another file may stand there by then.
func (d Disk) read(path string) (string, error) {
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", notRegular(info.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", notRegular(info.Mode())
	}
	return readLimited(f, info.Size(), d.maxFileSize())
}

func (d Disk) maxFileSize() int64 {
	if d.MaxFileSize > 0 {
		return d.MaxFileSize
	}
	return DefaultMaxFileSize
}

// readLimited reads r to its end, which is expected after size bytes, and fails beyond limit bytes.
func readLimited(r io.Reader, size, limit int64) (string, error) {
	if size > limit {
		return "", tooLarge(size, limit)
	}
	var text strings.Builder
	text.Grow(int(size))
	n, err := io.Copy(&text, io.LimitReader(r, limit+1))
	if err != nil {
		return "", err
	}
	if n > limit {
		return "", tooLarge(-1, limit)
	}
	return text.String(), nil
}

// diskFolders lists the folders of the file system.
type diskFolders struct{}

// names calls yield with the names in folder, `.` and `..` left out, in no order.
func (diskFolders) names(folder string, yield func(string) bool) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return nil
	}
	f, err := os.OpenFile(folder, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			if !yield(name) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// exists reports whether anything stands at path, a link that leads nowhere included.
func (diskFolders) exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isFolder reports whether path is a folder or leads to one.
func (diskFolders) isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

var _ Reader = Disk{}
