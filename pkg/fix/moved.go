package fix

import (
	"sort"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// shift is an edit and how far it and those before it move what stands behind them.
type shift struct {
	start, end int // of the edit
	before     int // what the edits in front of it add
	after      int // what they and it add
}

// shiftsOf sums up the edits of each file.
func (w *work) shiftsOf(edits *mend.Merged) map[string][]shift {
	all := map[string][]shift{}
	for _, path := range edits.Paths() {
		total := 0
		for _, e := range edits.Of(path) {
			grown := len(e.Text) - e.Span.Len()
			all[w.path(path)] = append(all[w.path(path)], shift{e.Span.Start, e.Span.End, total, total + grown})
			total += grown
		}
	}
	return all
}

// moved returns where a place is after the edits: before what is inserted there, and behind it; nothing where it was
// taken out.
func (c *check) moved(at diag.Location) []int {
	list, from := c.shifts[c.path(at.File.Path)], at.Span.Start
	i := sort.Search(len(list), func(i int) bool { return list[i].start >= from })
	before := 0
	if i > 0 {
		last := list[i-1]
		switch before = last.after; {
		case last.end <= from:
		case last.takesOut(at.Span):
			return nil
		default: // inside of what is replaced
			before = last.start - from + last.before
		}
	}
	behind := before
	for ; i < len(list) && list[i].start == from; i++ {
		switch {
		case list[i].end == from:
			behind = list[i].after
		case list[i].takesOut(at.Span):
			return nil
		}
	}
	return []int{from + before, from + behind}
}

// takesOut reports whether an edit removes a span and puts nothing in its place.
func (s shift) takesOut(span source.Span) bool {
	return s.start <= span.Start && span.End <= s.end && s.after-s.before == s.start-s.end
}

// written reports whether a place, after the edits, stands in what they wrote.
func (c *check) written(at diag.Location) bool {
	for _, e := range c.shifts[c.path(at.File.Path)] {
		from := e.start + e.before
		if size := e.end - e.start + e.after - e.before; from <= at.Span.Start && at.Span.Start < from+size {
			return true
		}
	}
	return false
}
