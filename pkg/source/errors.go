package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The reasons, beside fs.ErrNotExist and fs.ErrPermission, for which a Reader or Replace fails.
var (
	// ErrTooLarge: a file has more bytes than the Reader takes.
	ErrTooLarge = errors.New("file is too large")
	// ErrNotRegular: a folder, device, socket or pipe stands where a file is wanted.
	ErrNotRegular = errors.New("not a regular file")
	// ErrLinkLoop: symbolic links lead back to themselves.
	ErrLinkLoop = errors.New("symbolic links form a loop")
	// ErrTooMany: a pattern matches more files than the Reader takes, or would look at more entries.
	ErrTooMany = errors.New("pattern matches too many files")
	// ErrChanged: a file is no longer what it was when it was read, so it is not written.
	ErrChanged = errors.New("file changed since it was read")
)

// failure is a reason with what it is about; errors.Is finds the reason.
type failure struct {
	reason error
	detail string
}

// Error gives the reason, then the detail.
func (f failure) Error() string { return f.reason.Error() + ": " + f.detail }

// Unwrap returns the reason.
func (f failure) Unwrap() error { return f.reason }

// at puts the path, printable, before err.
func at(path string, err error) error {
	return fmt.Errorf("%s: %w", Printable(path), linkLoop(reason(err)))
}

// reason returns what is in an error of os without the path beside it: it would be there a second time, or is that of a
// temporary file, and has its control bytes.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}

// tooLarge says that a file of size bytes is above the limit; a negative size is not known.
func tooLarge(size, limit int64) error {
	if size < 0 {
		return failure{ErrTooLarge, fmt.Sprintf("more than the limit of %d bytes", limit)}
	}
	return failure{ErrTooLarge, fmt.Sprintf("%d bytes, the limit is %d", size, limit)}
}

// notRegular says what stands where a regular file is wanted.
func notRegular(mode fs.FileMode) error {
	return failure{ErrNotRegular, "it is a " + kind(mode)}
}

// kind names the type in a mode.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file"
	}
}
