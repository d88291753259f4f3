package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// endless is how many columns of a line are shown where there is no terminal to say.
const endless = 240

// mark underlines a part of one line.
type mark struct {
	span    source.Span
	primary bool
	message string
	// place in the shown row
	from, to int
}

// snippet is lines of one file with marks.
type snippet struct {
	file  *source.File
	first diag.Location // names the snippet
	marks map[int][]mark
}

// newSnippet returns a snippet without marks that is named by a place in its file.
func newSnippet(first diag.Location) *snippet {
	return &snippet{file: first.File, first: first, marks: map[int][]mark{}}
}

// mark adds a span. One over several lines is marked from its start to the line's end, which gets the message, and on
// its last line up to its end.
func (s *snippet) mark(span source.Span, primary bool, message string) {
	size := len(s.file.Text)
	span.Start = max(0, min(span.Start, size))
	span.End = max(span.Start, min(span.End, size))
	first := s.file.Line(span.Start)
	last := s.file.Line(max(span.Start, span.End-1))
	if first == last {
		s.marks[first] = append(s.marks[first], mark{span: span, primary: primary, message: message})
		return
	}
	head := source.Span{Start: span.Start, End: max(span.Start, s.file.LineSpan(first).End)}
	tail := source.Span{Start: indentation(s.file, last), End: span.End}
	s.marks[first] = append(s.marks[first], mark{span: head, primary: primary, message: message})
	s.marks[last] = append(s.marks[last], mark{span: tail, primary: primary})
}

// indentation returns where the first byte of a line stands that is no blank.
func indentation(f *source.File, line int) int {
	span := f.LineSpan(line)
	text := f.Slice(span)
	return span.Start + len(text) - len(strings.TrimLeft(text, " \t"))
}

// context adds the line before and the line after each line with a primary mark, where they say anything.
func (s *snippet) context() {
	for _, line := range slices.Collect(maps.Keys(s.marks)) {
		if !slices.ContainsFunc(s.marks[line], func(m mark) bool { return m.primary }) {
			continue
		}
		for _, near := range []int{line - 1, line + 1} {
			if _, there := s.marks[near]; !there && s.says(near) {
				s.marks[near] = nil
			}
		}
	}
}

// says reports whether a line has more than blanks and closing braces. It looks at the start of it only.
func (s *snippet) says(line int) bool {
	if line < 1 || line > s.file.Lines() {
		return false
	}
	span := s.file.LineSpan(line)
	span.End = min(span.End, span.Start+maxWindow)
	return strings.Trim(s.file.Slice(span), " \t}") != ""
}

// lines returns the numbers of the lines to show, ascending. A gap of one line is closed.
func (s *snippet) lines() []int {
	var lines []int
	for _, line := range slices.Sorted(maps.Keys(s.marks)) {
		if n := len(lines); n > 0 && lines[n-1] == line-2 {
			lines = append(lines, line-1)
		}
		lines = append(lines, line)
	}
	return lines
}

// write writes the lines with what is marked in them below each.
func (s *snippet) write(f *frame) {
	previous := 0
	for _, line := range s.lines() {
		if previous > 0 && line > previous+1 {
			f.line(f.style.gutter("..."))
		}
		previous = line
		s.writeLine(f, line)
	}
}

// writeLine writes one line and its marks.
func (s *snippet) writeLine(f *frame, line int) {
	marks := s.marks[line]
	focus := s.file.LineSpan(line).Start
	if len(marks) > 0 {
		focus = marks[0].span.Start
	}
	r := newRow(s.file, line, focus)
	from, to := 0, 0
	if len(marks) > 0 {
		from, to = r.columns(marks[0].span)
	}
	v := r.clip(f.available(), from, to)
	f.numbered(line, r.shown(v))
	if len(marks) == 0 {
		return
	}
	for i := range marks {
		from, to := r.columns(marks[i].span)
		marks[i].from, marks[i].to = v.place(from, to)
	}
	writeMarks(f, marks)
}

// writeMarks writes the carets and dashes with the message of the last one beside them, and those of the others below,
// each hanging from its start.
func writeMarks(f *frame, marks []mark) {
	inline, below := split(marks)
	line := newCanvas()
	for _, m := range marks {
		if !m.primary {
			line.fill(m.from, m.to, '-', f.style.gutter)
		}
	}
	for _, m := range marks {
		if m.primary {
			line.fill(m.from, m.to, '^', f.style.level)
		}
	}
	text := line.String()
	if inline != nil {
		text += " " + f.paintOf(*inline)(source.Printable(inline.message))
	}
	f.blank(text)
	if len(below) > 0 {
		f.blank(hanging(f, below).String())
	}
	for i, m := range below {
		line := hanging(f, below[i+1:])
		text := line.StringTo(m.from) + f.paintOf(m)(source.Printable(m.message))
		f.blank(text)
	}
}

// hanging draws a bar at the start of each mark.
func hanging(f *frame, marks []mark) *canvas {
	line := newCanvas()
	for _, m := range marks {
		line.fill(m.from, m.from+1, '|', f.paintOf(m))
	}
	return line
}

// split returns the mark whose message goes beside the underlines, if there is one that starts and ends last, and those
// with a message for below, from the right to the left.
func split(marks []mark) (inline *mark, below []mark) {
	end := 0
	for _, m := range marks {
		end = max(end, m.to)
		if m.message != "" {
			below = append(below, m)
		}
	}
	slices.SortStableFunc(below, func(a, b mark) int {
		return cmp.Or(cmp.Compare(b.from, a.from), cmp.Compare(b.to, a.to))
	})
	if len(below) > 0 && below[0].to == end {
		inline = &below[0]
		below = below[1:]
	}
	return inline, below
}

// paintOf returns the colour of a mark.
func (f *frame) paintOf(m mark) paint {
	if m.primary {
		return f.style.level
	}
	return f.style.gutter
}
