package lint

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// maxLabels is how many places a finding of several configurations points at beside its own.
const maxLabels = 3

// unite adds a finding to one that says the same of the same place, because two configurations have it or it is about
// several locations: the higher level counts.
func unite(first, d *diag.Diagnostic) {
	fix, labels := join(first.Fix, d.Fix), d.Labels
	if d.Level > first.Level {
		labels = first.Labels
		*first = *d
	}
	first.Fix = fix
	for _, l := range labels {
		known := func(o diag.Label) bool { return sameLocation(o.Location, l.Location) }
		if len(first.Labels) < maxLabels && !slices.ContainsFunc(first.Labels, known) {
			first.Labels = append(slices.Clone(first.Labels), l)
		}
	}
}

// join returns the fix of a finding that two configurations have, or two places that include its file: the edits of both,
// since one may put a map into one root and the other into another. Where they want different things of one place it is
// shown only.
func join(a, b *diag.Fix) *diag.Fix {
	if a == nil || b == nil {
		return nil // one of them can't be mended
	}
	both := *a
	both.Safety = min(a.Safety, b.Safety)
	both.Edits, both.Sites = slices.Clone(a.Edits), slices.Clone(a.Sites)
	for _, e := range b.Edits {
		i := slices.IndexFunc(both.Edits, func(o diag.Edit) bool { return sameLocation(o.Location, e.Location) })
		switch {
		case i < 0:
			both.Edits = append(both.Edits, e)
		case both.Edits[i].Text != e.Text:
			both.Safety, both.Risk = diag.Display, "the configurations that include this file need different edits"
			both.Edits, both.Sites = a.Edits, a.Sites
			return &both
		}
	}
	for _, at := range b.Sites {
		if !slices.ContainsFunc(both.Sites, func(o diag.Location) bool { return sameLocation(o, at) }) {
			both.Sites = append(both.Sites, at)
		}
	}
	return &both
}

func sameLocation(a, b diag.Location) bool { return a.File.Path == b.File.Path && a.Span == b.Span }
