//go:build unix

package source

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// TestDiskNeverBlocks opens what would wait, or do something, if it were opened.
func TestDiskNeverBlocks(t *testing.T) {
	write(t, "a.conf", "dir/")
	if err := syscall.Mkfifo("pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"loop": "loop", "loop1": "loop2", "loop2": "loop1", "to-pipe": "pipe", "to-a": "a.conf", "gone": "none"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		path, message string
		is            error
	}{
		{"pipe", "pipe: not a regular file: it is a named pipe", ErrNotRegular},
		{"to-pipe", "to-pipe: not a regular file: it is a named pipe", ErrNotRegular},
		{"/dev/null", "/dev/null: not a regular file: it is a device", ErrNotRegular},
		{"loop", "loop: symbolic links form a loop", ErrLinkLoop},
		{"loop1", "loop1: symbolic links form a loop", ErrLinkLoop},
		{"loop/a", "loop/a: symbolic links form a loop", ErrLinkLoop},
		{"gone", "gone: no such file or directory", os.ErrNotExist},
		{"a.conf/b", "a.conf/b: not a directory", syscall.ENOTDIR},
	}
	for _, test := range tests {
		_, err := Disk{}.Open(test.path)
		if !errors.Is(err, test.is) || err.Error() != test.message {
			t.Errorf("%s: error %q, want %q", test.path, err, test.message)
		}
	}
	if f, err := (Disk{}).Open("to-a"); err != nil || f.Name != "to-a" {
		t.Errorf("a link: %+v, %v", f, err)
	}
	for pattern, want := range map[string]int{"loop/*": 0, "pipe/*": 0, "*/x": 0, "to-*": 2, "*": 9} {
		if got, err := (Disk{}).Glob(pattern); err != nil || len(got) != want {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
}
