package mend

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Merged are the edits of several fixes of one state of the files. The zero Merged has none.
type Merged struct {
	files map[string][]diag.Edit // by path, sorted by place
}

// Add takes a fix's edits in, and reports whether it could: it is all of them or none. An edit that is there already is
// shared; one that touches another in any other way is in conflict, and so is an insertion where another text goes in.
func (m *Merged) Add(edits []diag.Edit) bool {
	added := make([]diag.Edit, 0, len(edits))
	for _, e := range edits {
		if m.conflicts(e) {
			for _, back := range added {
				m.take(back)
			}
			return false
		}
		if m.put(e) {
			added = append(added, e)
		}
	}
	return true
}

// put takes an edit in and reports whether it was not there.
func (m *Merged) put(e diag.Edit) bool {
	if m.files == nil {
		m.files = map[string][]diag.Edit{}
	}
	list := m.files[e.File.Path]
	at, there := slices.BinarySearchFunc(list, e, inOrder)
	if !there {
		m.files[e.File.Path] = slices.Insert(list, at, e)
	}
	return !there
}

// take takes an edit out.
func (m *Merged) take(e diag.Edit) {
	list := m.files[e.File.Path]
	if at, there := slices.BinarySearchFunc(list, e, inOrder); there {
		m.files[e.File.Path] = slices.Delete(list, at, at+1)
	}
	if len(m.files[e.File.Path]) == 0 {
		delete(m.files, e.File.Path)
	}
}

// conflicts reports whether an edit can't be made together with those that are there.
func (m *Merged) conflicts(e diag.Edit) bool {
	if e.File == nil || e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(e.File.Text) {
		return true
	}
	list := m.files[e.File.Path]
	at, there := slices.BinarySearchFunc(list, e, inOrder)
	if there {
		return list[at].Text != e.Text
	}
	for _, i := range []int{at - 1, at} {
		if i >= 0 && i < len(list) && touch(list[i].Span, e.Span) {
			return true
		}
	}
	return false
}

// touch reports whether two spans share a byte or an empty one lies at the edge or inside of the other.
func touch(a, b source.Span) bool {
	if a.Len() == 0 || b.Len() == 0 {
		return a.Start <= b.End && b.Start <= a.End
	}
	return a.Start < b.End && b.Start < a.End
}

// Paths returns the paths of the files that change, sorted.
func (m *Merged) Paths() []string {
	var paths []string
	for path := range m.files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// Of returns the edits of the file at path, sorted by place.
func (m *Merged) Of(path string) []diag.Edit { return m.files[path] }

// Apply returns a text with edits made, which are those of one file in Merged.
func Apply(text string, edits []diag.Edit) string {
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(text[at:e.Span.Start])
		b.WriteString(e.Text)
		at = e.Span.End
	}
	b.WriteString(text[at:])
	return b.String()
}
