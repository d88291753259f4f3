package fix

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// proposal is a fix that may be applied.
type proposal struct {
	finding     diag.Diagnostic
	fingerprint string // the finding's fingerprint
	safe        bool   // whether it is held to what safe fixes may do
}

// proposals returns the fixes to apply next: the safe ones, or, where there are none, the unsafe ones that the user
// wants. Those that failed before are not among them. The gravest findings come first: of fixes in conflict the first is
// applied.
func (w *work) proposals(s *state) []*proposal {
	var safe, unsafe []*proposal
	prints := diag.Fingerprints(s.findings)
	for i, d := range s.findings {
		d.Fix = w.byFirstPath(s, d.Fix)
		if d.Fix == nil || d.Suppressed != nil || w.failed[prints[i]] || w.job.Wanted != nil && !w.job.Wanted(&d) || !s.sound(&d) || !w.editable(d.Fix) {
			continue
		}
		p := &proposal{finding: d, fingerprint: prints[i], safe: d.Fix.Safety == diag.Safe}
		switch w.job.Policy.class(&d) {
		case diag.Safe:
			safe = append(safe, p)
		case diag.Unsafe:
			if w.job.Policy.Unsafe {
				unsafe = append(unsafe, p)
			}
		case diag.Display:
		}
	}
	if len(safe) == 0 {
		safe = unsafe
	}
	slices.SortStableFunc(safe, func(a, b *proposal) int { return cmp.Compare(b.finding.Level, a.finding.Level) })
	return safe
}

// sound reports whether the files that a fix changes parse: what a broken file says is a guess. Only syntax errors
// themselves are mended there.
func (s *state) sound(d *diag.Diagnostic) bool {
	return d.Rule == "syntax" || !slices.ContainsFunc(d.Fix.Edits, func(e diag.Edit) bool { return s.broken[e.File.Path] })
}

// class returns how a fix is applied by the user's word; Display for never.
func (p Policy) class(d *diag.Diagnostic) diag.Safety {
	safety := d.Fix.Safety
	switch {
	case safety == diag.Display || names(p.Disable, d):
		return diag.Display
	case safety == diag.Safe && names(p.Demote, d):
		return diag.Unsafe
	case safety == diag.Unsafe && names(p.Promote, d) && !names(p.Demote, d):
		return diag.Safe
	}
	return safety
}

// names reports whether one of the selectors names the finding's rule.
func names(selectors []string, d *diag.Diagnostic) bool {
	return slices.ContainsFunc(selectors, func(s string) bool {
		return s == d.Rule || strings.EqualFold(s, d.Code) || s == d.Category || slices.Contains(d.Tags, s) || s == "all"
	})
}

// byFirstPath returns a fix whose edits name each file by the path by which it was met first, so that what several
// configurations say of one file are the same edits.
func (w *work) byFirstPath(s *state, fix *diag.Fix) *diag.Fix {
	if fix == nil || !slices.ContainsFunc(fix.Edits, func(e diag.Edit) bool { return w.path(e.File.Path) != e.File.Path }) {
		return fix
	}
	other := *fix
	other.Edits = slices.Clone(fix.Edits)
	for i := range other.Edits {
		if first := s.files[w.path(other.Edits[i].File.Path)]; first != nil && first.Text == other.Edits[i].File.Text {
			other.Edits[i].File = first
		}
	}
	return &other
}

// editable reports whether a fix may change the files that it changes; the others are noted.
func (w *work) editable(fix *diag.Fix) bool {
	ok := true
	for _, e := range fix.Edits {
		if w.job.Editable != nil && !w.job.Editable(e.File.Path) {
			w.outside[e.File.Path] = true
			ok = false
		}
	}
	return ok && len(fix.Edits) > 0
}

// sorted returns the keys of a set in order.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func compare(a, b string) int { return cmp.Compare(a, b) }
