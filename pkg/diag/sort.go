package diag

import (
	"cmp"
	"slices"
)

// Sort puts findings in the order in which they are shown: by file name, place, rule and message.
func Sort(diagnostics []Diagnostic) {
	slices.SortStableFunc(diagnostics, func(a, b Diagnostic) int { return Compare(&a, &b) })
}

// Compare compares findings by the order of Sort.
func Compare(a, b *Diagnostic) int {
	if a.At.File != b.At.File {
		if order := cmp.Compare(a.At.name(), b.At.name()); order != 0 {
			return order
		}
	}
	if order := cmp.Or(cmp.Compare(a.At.Span.Start, b.At.Span.Start), cmp.Compare(a.At.Span.End, b.At.Span.End)); order != 0 {
		return order
	}
	return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
}

// name returns the name of the location's file, "" where it has none.
func (l Location) name() string {
	if l.File == nil {
		return ""
	}
	return l.File.Name
}
