//go:build unix

package source

import (
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func TestReplaceThroughLinks(t *testing.T) {
	write(t, "available/a.conf", "enabled/")
	for link, to := range map[string]string{"enabled/a": "../available/a.conf", "enabled/b": "a"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := Replace(opened(t, "enabled/b"), "new"); err != nil {
		t.Fatal(err)
	}
	holds(t, "available/a.conf", "new", "a.conf")
	holds(t, "enabled/b", "new", "a", "b")
	for link, want := range map[string]string{"enabled/a": "../available/a.conf", "enabled/b": "a"} {
		if to, err := os.Readlink(link); err != nil || to != want {
			t.Errorf("%s leads to %q, %v", link, to, err)
		}
	}
	if err := os.Symlink("loop", "enabled/loop"); err != nil {
		t.Fatal(err)
	}
	if err := Replace(NewFile("x", "enabled/loop", "x"), "new"); !errors.Is(err, ErrLinkLoop) {
		t.Errorf("loop: %v", err)
	}
}

func TestReplaceKeepsModeBits(t *testing.T) {
	write(t, "d/a.conf")
	if err := os.Chmod("d/a.conf", 0o2664|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat("d/a.conf")
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(opened(t, "d/a.conf"), "new"); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat("d/a.conf"); err != nil || after.Mode() != before.Mode() {
		t.Errorf("mode %v, %v, want %v", after.Mode(), err, before.Mode())
	}
}

// TestReplaceFullDisk limits how large a file may become, which is to a program what a full disk is.
func TestReplaceFullDisk(t *testing.T) {
	write(t, "d/a.conf")
	old := opened(t, "d/a.conf")
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = 1 << 12
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err := Replace(old, strings.Repeat("x", 1<<13))
	if back := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, syscall.EFBIG) || !strings.HasPrefix(err.Error(), "d/a.conf: ") {
		t.Errorf("error %v, want %v", err, syscall.EFBIG)
	}
	holds(t, "d/a.conf", old.Text, "a.conf")
}
