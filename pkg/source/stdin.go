package source

import "io"

// Read reads a file whole from r, which is standard input or the like, and fails with ErrTooLarge beyond limit bytes (0
// for DefaultMaxFileSize). Name, "-" for standard input, is its name and its path.
func Read(name string, r io.Reader, limit int64) (*File, error) {
	if limit <= 0 {
		limit = DefaultMaxFileSize
	}
	text, err := readLimited(r, 0, limit)
	if err != nil {
		return nil, at(name, err)
	}
	return NewFile(name, name, text), nil
}
