package source

import (
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// File is the text of one file under the name that a user knows it by. It does not change once made and is safe for
// concurrent use.
type File struct {
	// Name is what is shown to a user: a path relative to the working folder, "-" for standard input.
	Name string
	// Path is what the file was opened by; the same as Name where nothing better is known.
	Path string
	// Text is the bytes of the file, whatever they are: no encoding is assumed, nothing is normalised.
	Text string

	once  sync.Once
	lines []int32 // the offset of each line's first byte

	markOnce sync.Once
	marks    []mark
}

// NewFile returns a file of the given name, path and text.
func NewFile(name, path, text string) *File {
	return &File{Name: name, Path: path, Text: text}
}

// Position is a place in a file as people and tools count it. Every number but Offset starts at 1.
type Position struct {
	Offset int // bytes from the start of the file, from 0
	Line   int // lines end with LF, as nginx counts them
	Column int // code points; each invalid UTF-8 byte counts as one
	Byte   int // bytes
	UTF16  int // UTF-16 code units, as SARIF and editors count
}

// Position returns where offset is; an offset outside the text is moved to its nearest end.
func (f *File) Position(offset int) Position {
	offset = max(0, min(offset, len(f.Text)))
	line := f.Line(offset)
	start := int(f.lineStarts()[line-1])
	pos := Position{Offset: offset, Line: line, Column: 1, Byte: offset - start + 1, UTF16: 1}
	from := start
	if offset-start > markEvery {
		if m := f.markBefore(offset); int(m.offset) > start {
			from, pos.Column, pos.UTF16 = int(m.offset), int(m.column), int(m.utf16)
		}
	}
	for _, r := range f.Text[from:offset] {
		pos.Column++
		pos.UTF16++
		if r > 0xFFFF {
			pos.UTF16++
		}
	}
	return pos
}

// Line returns the number of the line, from 1, that the byte at offset stands on. An LF belongs to the line it ends.
func (f *File) Line(offset int) int {
	starts := f.lineStarts()
	return sort.Search(len(starts), func(i int) bool { return int(starts[i]) > offset })
}

// Lines returns how many lines the file has; an empty file and one without LF have one.
func (f *File) Lines() int { return len(f.lineStarts()) }

// LineSpan returns where line (from 1) stands, without its LF or CRLF. A line that is not there is an empty span at the
// end of the file.
func (f *File) LineSpan(line int) Span {
	starts := f.lineStarts()
	if line < 1 || line > len(starts) {
		return Span{len(f.Text), len(f.Text)}
	}
	start, end := int(starts[line-1]), len(f.Text)
	if line < len(starts) {
		end = int(starts[line]) - 1
	}
	if end > start && f.Text[end-1] == '\r' {
		end--
	}
	return Span{start, end}
}

// Slice returns the bytes that span covers.
func (f *File) Slice(span Span) string { return f.Text[span.Start:span.End] }

// ValidUTF8 reports whether the text is valid UTF-8.
func (f *File) ValidUTF8() bool { return utf8.ValidString(f.Text) }

// lineStarts indexes the lines once: most files of a clean run are never asked for a line.
func (f *File) lineStarts() []int32 {
	f.once.Do(func() {
		f.lines = make([]int32, 1, 1+strings.Count(f.Text, "\n"))
		for at := 0; ; {
			i := strings.IndexByte(f.Text[at:], '\n')
			if i < 0 {
				return
			}
			at += i + 1
			f.lines = append(f.lines, int32(at))
		}
	})
	return f.lines
}
