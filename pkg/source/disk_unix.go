//go:build unix

package source

import (
	"errors"
	"syscall"
)

// nonBlocking keeps the opening of a pipe without a writer from waiting for one.
const nonBlocking = syscall.O_NONBLOCK

// linkLoop turns the system's error for a loop of symbolic links into ErrLinkLoop.
func linkLoop(err error) error {
	if errors.Is(err, syscall.ELOOP) {
		return ErrLinkLoop
	}
	return err
}

// notFolder reports whether err says that a file stands where a folder is wanted.
func notFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
