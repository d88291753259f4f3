//go:build !unix && !windows

package source

import (
	"errors"
	"syscall"
)

// nonBlocking is nothing where there are no named pipes.
const nonBlocking = 0

// linkLoop returns err: there are no symbolic links.
func linkLoop(err error) error { return err }

// notFolder reports whether err says that a file stands where a folder is wanted.
func notFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
