package source

import (
	"errors"
	"syscall"
)

// nonBlocking is nothing: a named pipe is no part of the file tree.
const nonBlocking = 0

// errCantResolve is ERROR_CANT_RESOLVE_FILENAME, which a loop of symbolic links gives.
const errCantResolve = syscall.Errno(1921)

// linkLoop turns the system's error for a loop of symbolic links into ErrLinkLoop.
func linkLoop(err error) error {
	if errors.Is(err, errCantResolve) {
		return ErrLinkLoop
	}
	return err
}

// notFolder reports whether err says that a file stands where a folder is wanted.
func notFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
