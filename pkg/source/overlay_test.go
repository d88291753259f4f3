package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestOverlay(t *testing.T) {
	under := Memory{"nginx.conf": "old root", "conf.d/a.conf": "old a"}
	o := NewOverlay(under, "/work", NewFile("conf.d/a.conf", "./conf.d/a.conf", "new a"),
		NewFile("conf.d/new.conf", "/work/conf.d/new.conf", "new"))
	for path, want := range map[string]string{"nginx.conf": "old root", "conf.d/a.conf": "new a", "conf.d//a.conf": "new a",
		"/work/conf.d/a.conf": "new a", "conf.d/new.conf": "new"} {
		if f, err := o.Open(path); err != nil || f.Text != want || f.Path != path {
			t.Errorf("%s: %+v, %v", path, f, err)
		}
	}
	if _, err := o.Open("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	for pattern, want := range map[string][]string{
		"conf.d/*":        {"conf.d/a.conf", "conf.d/new.conf"},
		"conf.d/n*":       {"conf.d/new.conf"},
		"/work/conf.d/n*": {"/work/conf.d/new.conf"},
		"conf.d/b*":       nil,
		"*":               {"conf.d", "nginx.conf"},
	} {
		if got, err := o.Glob(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
}

// TestOverlayThroughLinks replaces the file that a link in sites-enabled leads to, as an editor does that has it open.
func TestOverlayThroughLinks(t *testing.T) {
	dir := write(t, "available/a.conf", "enabled/")
	if err := os.Symlink(filepath.Join("..", "available", "a.conf"), filepath.Join("enabled", "a")); err != nil {
		t.Skip(err)
	}
	o := NewOverlay(Disk{}, dir, NewFile("a", filepath.Join(dir, "available", "a.conf"), "new"))
	if f, err := o.Open(filepath.Join("enabled", "a")); err != nil || f.Text != "new" {
		t.Errorf("%+v, %v", f, err)
	}
	if got, err := o.Glob("enabled/*"); err != nil || !slices.Equal(got, []string{"enabled/a"}) {
		t.Errorf("%q, %v", got, err)
	}
}
