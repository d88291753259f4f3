package source

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// asNobody runs f without root's rights to the file system, which this thread gives up, for good where it must.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(65534); err != nil {
			t.Errorf("setfsuid: %v", err)
			return
		}
		f()
	}()
	<-done
}

func TestReplaceInReadOnlyFolder(t *testing.T) {
	write(t, "d/a.conf")
	for path, mode := range map[string]os.FileMode{"d/a.conf": 0o666, "d": 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	old := opened(t, "d/a.conf")
	var err error
	asNobody(t, func() { err = replace(old, "new") })
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v, want %v", err, fs.ErrPermission)
	}
	holds(t, "d/a.conf", old.Text, "a.conf")
	if err := os.Chmod("d", 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestReplaceKeepsOwner needs the right to give files away to say more than that nothing goes wrong.
func TestReplaceKeepsOwner(t *testing.T) {
	write(t, "d/a.conf")
	if os.Geteuid() == 0 {
		if err := os.Chown("d/a.conf", 1234, 4321); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat("d/a.conf")
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(opened(t, "d/a.conf"), "new"); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat("d/a.conf")
	if err != nil {
		t.Fatal(err)
	}
	got, want := after.Sys().(*syscall.Stat_t), before.Sys().(*syscall.Stat_t)
	if got.Uid != want.Uid || got.Gid != want.Gid {
		t.Errorf("owner %d:%d, want %d:%d", got.Uid, got.Gid, want.Uid, want.Gid)
	}
}

// TestReplaceForeignFile writes into a folder that is ours a file that is another's: it would become ours.
func TestReplaceForeignFile(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make another's file")
	}
	write(t, "d/a.conf")
	for path, mode := range map[string]os.FileMode{"d/a.conf": 0o666, "d": 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	old := opened(t, "d/a.conf")
	var err error
	asNobody(t, func() { err = replace(old, "new") })
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v, want %v", err, fs.ErrPermission)
	}
	holds(t, "d/a.conf", old.Text, "a.conf")
}

func TestDiskPermission(t *testing.T) {
	write(t, "a.conf", "d/a.conf")
	for path, mode := range map[string]os.FileMode{"a.conf": 0, "d": 0} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	var open, glob error
	asNobody(t, func() {
		_, open = Disk{}.Open("a.conf")
		_, glob = Disk{}.Glob("d/*")
	})
	if !errors.Is(open, fs.ErrPermission) || open.Error() != "a.conf: permission denied" {
		t.Errorf("a file: %v", open)
	}
	if !errors.Is(glob, fs.ErrPermission) || glob.Error() != "d: permission denied" {
		t.Errorf("a folder: %v", glob)
	}
	if err := os.Chmod("d", 0o755); err != nil {
		t.Fatal(err)
	}
}
