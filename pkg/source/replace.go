package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace gives the file that old was read from another text; it is the one place that writes a user's file. The file
// has either its old bytes or the new ones at every moment, also after a crash. Its mode and owner stay; where its path
// is a symbolic link, the link stays and what it leads to changes. It fails with ErrChanged, and writes nothing, where
// the file's bytes are no longer those of old, and leaves nothing behind where it fails.
//
// Extended attributes and further hard links are not carried over.
func Replace(old *File, text string) error {
	if err := replace(old, text); err != nil {
		return at(old.Path, err)
	}
	return nil
}

func replace(old *File, text string) error {
	before, err := unchanged(old.Path, old.Text)
	if err != nil || text == old.Text {
		return err
	}
	target, err := filepath.EvalSymlinks(old.Path)
	if err != nil {
		return err
	}
	temp, err := writeBeside(target, before, text)
	if err != nil {
		return err
	}
	if err := swap(temp, target, before); err != nil {
		return abandon(temp, err)
	}
	return syncFolder(filepath.Dir(target))
}

// unchanged returns what the file system says about the regular file at path, or ErrChanged where it does not hold text.
func unchanged(path, text string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(info.Mode())
	}
	now, err := Disk{MaxFileSize: max(1, int64(len(text)))}.read(path)
	if errors.Is(err, ErrTooLarge) || err == nil && now != text {
		return nil, ErrChanged
	}
	return info, err
}

// writeBeside writes text to a new file in the folder of target, with the mode and owner that like has, down to the
// disk, and returns its path. Its name begins with a dot, so that no include pattern takes it in.
func writeBeside(target string, like fs.FileInfo, text string) (path string, err error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return "", err
	}
	err = fill(f, like, text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", abandon(f.Name(), err)
	}
	return f.Name(), nil
}

// abandon removes a temporary file after err, and says so where that fails too.
func abandon(temp string, err error) error {
	if left := os.Remove(temp); left != nil {
		return fmt.Errorf("%w; %s is left behind: %w", reason(err), Printable(temp), reason(left))
	}
	return err
}

// fill writes the text and what else belongs to a file. The owner comes first: setting it clears bits of the mode.
func fill(f *os.File, like fs.FileInfo, text string) error {
	if _, err := io.WriteString(f, text); err != nil {
		return err
	}
	if err := keepOwner(f, like); err != nil {
		return err
	}
	if err := f.Chmod(like.Mode()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return f.Sync()
}

// swap puts temp in the place of target unless target is no longer what it was.
func swap(temp, target string, before fs.FileInfo) error {
	now, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !os.SameFile(now, before) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) {
		return ErrChanged
	}
	return os.Rename(temp, target)
}
