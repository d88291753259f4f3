package diag

import (
	"cmp"
	"slices"
)

// Sort puts findings in the order in which they are shown: by file name, place, rule and message.
func Sort(diagnostics []Diagnostic) {
	slices.SortStableFunc(diagnostics, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.At.name(), b.At.name()),
			cmp.Compare(a.At.Span.Start, b.At.Span.Start),
			cmp.Compare(a.At.Span.End, b.At.Span.End),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

// name returns the name of the location's file, "" where it has none.
func (l Location) name() string {
	if l.File == nil {
		return ""
	}
	return l.File.Name
}
