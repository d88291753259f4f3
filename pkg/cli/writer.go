package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"syscall"
)

// writer buffers a stream. Its first error stays and is found by Flush, so that no single Write need be checked.
type writer struct {
	*bufio.Writer
	dest io.Writer
}

func newWriter(dest io.Writer) *writer {
	return &writer{Writer: bufio.NewWriterSize(dest, 1<<16), dest: dest}
}

// unwritable words the error of writing standard output.
func unwritable(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EBADF) || errors.Is(err, io.ErrClosedPipe) {
		return errors.New("standard output was closed before everything was written")
	}
	return fmt.Errorf("cannot write standard output: %w", err)
}
