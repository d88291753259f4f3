package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// opened returns the file at path, read from disk.
func opened(t *testing.T, path string) *File {
	t.Helper()
	f, err := Disk{}.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// holds fails where the file at path has another text, or the folder has other names in it.
func holds(t *testing.T, path, want string, names ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", path, got, err, want)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	if !slices.Equal(there, names) {
		t.Errorf("%s has %q in it, want %q", filepath.Dir(path), there, names)
	}
}

func TestReplace(t *testing.T) {
	write(t, "d/a.conf")
	if err := os.Chmod("d/a.conf", 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Replace(opened(t, "d/a.conf"), "new\r\n\xff"); err != nil {
		t.Fatal(err)
	}
	holds(t, "d/a.conf", "new\r\n\xff", "a.conf")
	info, err := os.Stat("d/a.conf")
	if err != nil {
		t.Fatal(err)
	}
	if want := fs.FileMode(0o640); info.Mode().Perm() != want && os.PathSeparator == '/' {
		t.Errorf("mode %v, want %v", info.Mode(), want)
	}
}

func TestReplaceNothing(t *testing.T) {
	write(t, "d/a.conf")
	old := opened(t, "d/a.conf")
	before, err := os.Stat("d/a.conf")
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(old, old.Text); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat("d/a.conf"); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced by its own text: %v", err)
	}
}

func TestReplaceChanged(t *testing.T) {
	write(t, "d/a.conf")
	for _, now := range []string{"text of d/A.conf", "longer than it was before", "", "short"} {
		old := NewFile("d/a.conf", "d/a.conf", "text of d/a.conf")
		if err := os.WriteFile("d/a.conf", []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		err := Replace(old, "new")
		if !errors.Is(err, ErrChanged) || err.Error() != "d/a.conf: file changed since it was read" {
			t.Errorf("changed to %q: %v", now, err)
		}
		holds(t, "d/a.conf", now, "a.conf")
	}
	if err := os.Remove("d/a.conf"); err != nil {
		t.Fatal(err)
	}
	if err := Replace(NewFile("a", "d/a.conf", "x"), "new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
	if err := Replace(NewFile("d", "d", ""), "new"); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
}

// TestSwapLate lets the file change after its bytes were compared.
func TestSwapLate(t *testing.T) {
	write(t, "d/a.conf", "d/b.conf")
	old := opened(t, "d/a.conf")
	before, err := unchanged("d/a.conf", old.Text)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := writeBeside("d/a.conf", before, "new")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("d/b.conf", "d/a.conf"); err != nil {
		t.Fatal(err)
	}
	if err := swap(temp, "d/a.conf", before); !errors.Is(err, ErrChanged) {
		t.Errorf("another file in its place: %v", err)
	}
	if err := abandon(temp, ErrChanged); err != ErrChanged { //nolint:errorlint // it is returned as it is
		t.Errorf("abandon: %v", err)
	}
	holds(t, "d/a.conf", "text of d/b.conf", "a.conf")
}
