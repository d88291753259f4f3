//go:build unix

package difftest

import (
	"os"
	"path/filepath"
	"syscall"
)

// alone waits until no other process runs cases, since a port that is free now may be another's a moment later, and
// returns what lets the next one begin.
func alone() (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "ngxproof-difftest.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil // which releases the lock
}
