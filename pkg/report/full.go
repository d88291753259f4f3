package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Full writes each finding as a frame: the lines it is about with carets, labels, how the file came in, the evidence,
// help and the proposed fix; then the summary line.
func Full(w io.Writer, r Result, o Options) error {
	out := bufio.NewWriter(w)
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		if d.Suppressed != nil {
			continue
		}
		writeFrame(out, d, o)
		writeLine(out, "")
	}
	if !o.Quiet {
		writeLine(out, Summary(r, o))
	}
	return out.Flush()
}

// frame writes the lines of one finding behind their gutter.
type frame struct {
	out    *bufio.Writer
	style  style
	width  int          // of the terminal, 0 for none
	digits int          // of the largest line number
	home   *source.File // of the finding
}

// writeFrame writes one finding.
func writeFrame(out *bufio.Writer, d *diag.Diagnostic, o Options) {
	f := &frame{out: out, style: newStyle(o, d.Level), width: o.Width, home: d.At.File}
	snippets := gather(d)
	f.digits = digits(snippets)
	f.line(heading(f.style, d) + f.style.message(": "+source.Printable(d.Message)))
	for i, s := range snippets {
		f.title(s, i == 0)
		s.write(f)
		if i == 0 && (len(snippets) > 1 || hasNotes(d)) {
			f.blank("")
		}
	}
	f.notes(d)
}

// gather sorts what a finding points at into snippets: its own file's, one for each other file that a label is in, and
// one for each include that led here.
func gather(d *diag.Diagnostic) []*snippet {
	var snippets []*snippet
	if d.At.File != nil {
		main := newSnippet(d.At)
		main.mark(d.At.Span, true, d.Note)
		snippets = append(snippets, main)
	}
	for _, label := range d.Labels {
		if label.File != nil {
			snippets = addLabel(snippets, label)
		}
	}
	if len(snippets) > 0 {
		snippets[0].context()
	}
	for _, include := range d.Chain {
		if include.File != nil {
			s := newSnippet(include.Location)
			s.mark(include.Span, false, include.Message)
			snippets = append(snippets, s)
		}
	}
	return snippets
}

// addLabel marks a label in the snippet of its file, which is made where there is none.
func addLabel(snippets []*snippet, label diag.Label) []*snippet {
	for _, s := range snippets {
		if s.file == label.File {
			s.mark(label.Span, false, label.Message)
			return snippets
		}
	}
	s := newSnippet(label.Location)
	s.mark(label.Span, false, label.Message)
	return append(snippets, s)
}

// digits returns how wide the numbers of all lines to show are.
func digits(snippets []*snippet) int {
	n := 1
	for _, s := range snippets {
		for line := range s.marks {
			n = max(n, len(strconv.Itoa(line)))
		}
	}
	return n
}

// title writes the line that names the place of a snippet.
func (f *frame) title(s *snippet, primary bool) {
	arrow := ":::"
	if primary {
		arrow = "-->"
	}
	f.line(strings.Repeat(" ", f.digits) + f.style.gutter(arrow) + " " + f.style.path(place(s.first)))
	if primary {
		f.blank("")
	}
}

// available returns how many columns there are beside the gutter.
func (f *frame) available() int {
	if f.width <= 0 {
		return endless
	}
	return max(20, f.width-f.digits-3)
}

// numbered writes a line of a file.
func (f *frame) numbered(line int, text string) {
	f.line(f.style.gutter(fmt.Sprintf("%*d |", f.digits, line)) + " " + text)
}

// blank writes a line without a number.
func (f *frame) blank(text string) {
	f.line(strings.Repeat(" ", f.digits) + f.style.gutter(" |") + " " + text)
}

// line writes a line as it is, without blanks at its end.
func (f *frame) line(text string) { writeLine(f.out, strings.TrimRight(text, " ")) }
