package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

const (
	// maxPreview is how many lines of a fix are shown.
	maxPreview = 40
	// maxChange is the longest part of a file, in bytes, whose change is shown.
	maxChange = 64 << 10
)

// fix writes a proposed correction: its class and risk, what it does, and the lines that go and come.
func (f *frame) fix(fix *diag.Fix, home *source.File) {
	class := fix.Safety.String()
	if fix.Risk != "" {
		class += ": " + source.Printable(fix.Risk)
	}
	text := strings.Repeat(" ", f.digits+1) + f.style.gutter("=") + " " + f.style.message("fix") + " (" + class + ")"
	if fix.Title != "" {
		text += ": " + source.Printable(fix.Title)
	}
	f.line(text)
	changes := changesOf(fix.Edits)
	left := maxPreview
	for _, c := range changes {
		if c.file != home || len(changes) > 1 {
			f.preview("", f.changed(c, changes), f.style.path)
		}
		left = f.change(c, left)
	}
}

// changed says where a change is: by its line alone where all changes are in the file of the finding.
func (f *frame) changed(c change, all []change) string {
	if !slices.ContainsFunc(all, func(c change) bool { return c.file != f.home }) {
		return fmt.Sprintf("line %d:", c.line)
	}
	return fmt.Sprintf("%s:%d:", source.Printable(c.file.Name), c.line)
}

// change writes the lines of one change, at most left ones, and returns how many more may be written.
func (f *frame) change(c change, left int) int {
	removed, added := c.lines()
	hidden := max(0, len(removed)+len(added)-left)
	for i, line := range append(removed, added...) {
		if i == left {
			break
		}
		if i < len(removed) {
			f.preview("- ", line, f.style.drop)
		} else {
			f.preview("+ ", line, f.style.add)
		}
	}
	if hidden > 0 {
		f.preview("", "… and "+plural(hidden, "more line"), f.style.gutter)
	}
	return max(0, left-len(removed)-len(added))
}

// preview writes one line of a fix's preview.
func (f *frame) preview(sign, text string, p paint) {
	f.line(strings.Repeat(" ", f.digits+3) + p(sign+text))
}

// change is edits of one file whose lines touch.
type change struct {
	file  *source.File
	line  int         // the first one, from 1
	span  source.Span // whole lines
	edits []diag.Edit
}

// changesOf groups edits, in the order of files and places. Edits that can't be applied, because they overlap or lie
// outside their file, are left out: they are our mistake, which the fixer reports.
func changesOf(edits []diag.Edit) []change {
	edits = slices.DeleteFunc(slices.Clone(edits), func(e diag.Edit) bool {
		return e.File == nil || e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(e.File.Text)
	})
	slices.SortStableFunc(edits, func(a, b diag.Edit) int {
		return cmp.Or(cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Span.End, b.Span.End))
	})
	var changes []change
	for _, e := range edits {
		if n := len(changes); n > 0 && changes[n-1].touches(e) {
			changes[n-1].add(e)
			continue
		}
		first := e.File.Line(e.Span.Start)
		changes = append(changes, change{file: e.File, line: first, span: lineSpans(e), edits: []diag.Edit{e}})
	}
	return changes
}

// lineSpans returns the lines that an edit touches, whole.
func lineSpans(e diag.Edit) source.Span {
	return source.Span{
		Start: e.File.LineSpan(e.File.Line(e.Span.Start)).Start,
		End:   max(e.Span.End, e.File.LineSpan(e.File.Line(e.Span.End)).End),
	}
}

// touches reports whether an edit that starts no earlier shares a line with the change.
func (c *change) touches(e diag.Edit) bool { return c.file == e.File && e.Span.Start <= c.span.End }

// add takes an edit into the change, unless it overlaps what is there.
func (c *change) add(e diag.Edit) {
	if e.Span.Start < c.edits[len(c.edits)-1].Span.End {
		return
	}
	c.edits = append(c.edits, e)
	c.span.End = max(c.span.End, lineSpans(e).End)
}

// lines returns the lines that go and those that come, without what both begin and end with and without the indentation
// that all share.
func (c *change) lines() (removed, added []string) {
	after := c.after()
	if c.span.Len() > maxChange || len(after) > maxChange {
		return []string{fmt.Sprintf("(%d bytes)", c.span.Len())}, []string{fmt.Sprintf("(%d bytes)", len(after))}
	}
	removed = strings.Split(c.file.Slice(c.span), "\n")
	added = strings.Split(after, "\n")
	for len(removed) > 0 && len(added) > 0 && removed[0] == added[0] {
		removed, added = removed[1:], added[1:]
	}
	for len(removed) > 0 && len(added) > 0 && removed[len(removed)-1] == added[len(added)-1] {
		removed, added = removed[:len(removed)-1], added[:len(added)-1]
	}
	return dedent(removed, added)
}

// after returns the change's lines as they are with its edits applied.
func (c *change) after() string {
	var b strings.Builder
	at := c.span.Start
	for _, e := range c.edits {
		b.WriteString(c.file.Text[at:e.Span.Start])
		b.WriteString(e.Text)
		at = e.Span.End
	}
	b.WriteString(c.file.Text[at:c.span.End])
	return b.String()
}

// dedent lays the lines out for a terminal and removes the indentation that they share.
func dedent(removed, added []string) ([]string, []string) {
	shared := -1
	lay := func(lines []string) []string {
		shown := make([]string, len(lines))
		for i, line := range lines {
			shown[i] = expandLine(line)
			if text := strings.TrimLeft(shown[i], " "); text != "" {
				if indent := len(shown[i]) - len(text); shared < 0 || indent < shared {
					shared = indent
				}
			}
		}
		return shown
	}
	removed, added = lay(removed), lay(added)
	for _, lines := range [][]string{removed, added} {
		for i := range lines {
			lines[i] = lines[i][min(max(shared, 0), len(lines[i])):]
		}
	}
	return removed, added
}

// expandLine returns a line as a terminal shows it, tabs as spaces, its end cut where it is endless.
func expandLine(line string) string {
	line = strings.TrimSuffix(line, "\r")
	var r row
	r.cutRight = len(line) > maxWindow
	r.lay(line[:min(len(line), maxWindow)], 0)
	return r.shown(r.clip(endless, 0, 0))
}
