//go:build !unix

package source

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a new file has its owner from its folder.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: a folder can't be opened for it.
func syncFolder(string) error { return nil }
