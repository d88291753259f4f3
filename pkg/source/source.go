// Package source answers: where does text come from, where in it are we, and how is it put back?
//
// It holds the bytes of configuration files, turns byte offsets into lines and columns at the edge,
// reads files from disk and other places, and is the only place that writes a user's file.
package source

// Span is a half-open range of byte offsets, [Start, End), in one file.
type Span struct {
	Start, End int
}

// Len returns the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// Contains reports whether offset lies in the span.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Reader is a place that files can be read from: a disk, an overlay over one, an nginx -T dump, a git tree, memory.
//
// Paths are in the operating system's spelling and are taken as they are: a Reader never makes one absolute.
type Reader interface {
	// Open reads the file at path whole. Its errors wrap fs.ErrNotExist, fs.ErrPermission, ErrTooLarge,
	// ErrNotRegular (a folder, device, socket or pipe) or ErrLinkLoop, each with the path in its text.
	Open(path string) (*File, error)
	// Glob lists the files that match pattern as glob(3) without flags does, sorted bytewise: `*`, `?` and
	// `[...]` never match a slash nor a leading dot, there are no braces and no `**`. No match is no error.
	// It fails with ErrTooMany beyond its limit and where a folder that it has to list is there but can't be read.
	Glob(pattern string) ([]string, error)
}
