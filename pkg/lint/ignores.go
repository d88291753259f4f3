package lint

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// AddIgnores returns the text of a file with comments added that silence findings in it, each with the reason, which is
// one line and not empty. A comment goes to the end of the line that the finding's statement ends on where that is free,
// else above the statement, which gets a line of its own for that where others stand before it. Nothing else changes, line
// ends included. Left as they are: findings about comments; findings about no statement, such as an unexpected brace, since
// a comment for the block or file around it would silence more than is found now; and a file in which comments would change
// what it says.
func AddIgnores(f *syntax.File, found []diag.Diagnostic, reason string) string {
	adder := &ignoreAdder{file: f, rules: map[ignoreSpot]map[string]bool{}}
	for i := range found {
		if d := &found[i]; d.Suppressed == nil && d.At.File == f.File && d.Category != suppressionCategory {
			adder.add(d)
		}
	}
	text := adder.text(reason)
	if !sameStatements(f, syntax.Parse(source.NewFile(f.Name, f.Path, text))) {
		return f.Text
	}
	return text
}

// ignoreSpot is where a comment goes.
type ignoreSpot struct {
	offset int
	line   bool // as a line of its own before offset
	split  int  // how many blanks at offset give way to a line break, the comment and another one; -1 for no break
}

type ignoreAdder struct {
	file  *syntax.File
	rules map[ignoreSpot]map[string]bool
}

func (a *ignoreAdder) add(d *diag.Diagnostic) {
	spot, ok := a.spot(d.At.Span.Start)
	if !ok {
		return
	}
	if a.rules[spot] == nil {
		a.rules[spot] = map[string]bool{}
	}
	a.rules[spot][d.Rule] = true
}

// spot finds the closest place for a comment about what stands at offset.
func (a *ignoreAdder) spot(offset int) (spot ignoreSpot, ok bool) {
	d := a.file.At(offset)
	if d == nil || offset >= d.Head().End {
		return ignoreSpot{}, false
	}
	if end, ok := a.lineEnd(d); ok {
		return ignoreSpot{offset: end, split: -1}, true
	}
	if start, ok := a.lineStart(d); ok {
		return ignoreSpot{offset: start, line: true, split: -1}, true
	}
	start := int(d.Words[0].Start)
	blanks := start - len(strings.TrimRight(a.file.Text[:start], " \t"))
	return ignoreSpot{offset: start - blanks, line: true, split: blanks}, true
}

// lineEnd returns the end of the line on which the words of d end, if a comment can be put there.
func (a *ignoreAdder) lineEnd(d *syntax.Directive) (int, bool) {
	if d.Term < 0 {
		return 0, false
	}
	line := a.file.LineSpan(a.file.Line(int(d.Term)))
	if len(a.file.CommentsIn(source.Span{Start: line.Start, End: line.End + 1})) > 0 {
		return 0, false
	}
	return line.End, a.free(line.End)
}

// lineStart returns the start of the line on which d begins, if d is the first thing on it and a comment can stand above.
func (a *ignoreAdder) lineStart(d *syntax.Directive) (int, bool) {
	start := a.file.LineSpan(a.file.Line(int(d.Words[0].Start))).Start
	blank := strings.Trim(a.file.Text[start:d.Words[0].Start], " \t") == ""
	return start, blank && (start == 0 || a.free(start-1))
}

// free reports whether an offset lies outside of words and of blocks that are not nginx's grammar.
func (a *ignoreAdder) free(offset int) bool {
	d := a.file.At(max(0, offset-1))
	if d == nil {
		return true
	}
	if d.Block != nil && d.Block.Raw && offset > int(d.Block.Open) && (d.Block.Close < 0 || offset <= int(d.Block.Close)) {
		return false
	}
	return !slices.ContainsFunc(d.Words, func(w syntax.Word) bool { return int(w.Start) < offset && offset < int(w.End) })
}

// text puts the comments in.
func (a *ignoreAdder) text(reason string) string {
	spots := slices.SortedFunc(maps.Keys(a.rules), func(x, y ignoreSpot) int {
		return cmp.Or(cmp.Compare(x.offset, y.offset), compareBools(y.line, x.line))
	})
	var out strings.Builder
	at := 0
	for _, spot := range spots {
		out.WriteString(a.file.Text[at:spot.offset])
		at = spot.offset + max(0, spot.split)
		out.WriteString(a.comment(spot, reason))
	}
	out.WriteString(a.file.Text[at:])
	return out.String()
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// comment returns what is put in at a spot: with the indentation and the line end of the line that it is put above.
func (a *ignoreAdder) comment(spot ignoreSpot, reason string) string {
	text := fmt.Sprintf("# %s%s[%s] %s", mark, ignore, strings.Join(slices.Sorted(maps.Keys(a.rules[spot])), ", "), reason)
	if !spot.line {
		return " " + text
	}
	rest := a.file.Text[a.file.LineSpan(a.file.Line(spot.offset)).Start:]
	indent := rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
	end := "\n"
	if cut := strings.IndexByte(rest, '\n'); cut > 0 && rest[cut-1] == '\r' {
		end = "\r\n"
	}
	if spot.split >= 0 {
		return end + indent + text + end + indent
	}
	return indent + text + end
}

// sameStatements reports whether two files say the same, comments left aside.
func sameStatements(a, b *syntax.File) bool {
	if len(a.Errors) != len(b.Errors) || len(a.Skipped) != len(b.Skipped) {
		return false
	}
	next, stop := iter.Pull(b.All())
	defer stop()
	for d := range a.All() {
		other, ok := next()
		if !ok || (d.Block == nil) != (other.Block == nil) || !slices.EqualFunc(d.Words, other.Words, func(x, y syntax.Word) bool { return x.Value == y.Value && x.Quote == y.Quote }) {
			return false
		}
	}
	_, more := next()
	return !more
}
