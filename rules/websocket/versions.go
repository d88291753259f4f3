package websocket

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

// aim is the versions aimed at, in groups that send the same heads: neighbouring profiles, oldest first.
type aim struct {
	target lint.Target
	groups []group
}

// group is neighbouring profiles with one version that stands for them.
type group struct {
	version  catalog.Version
	profiles []catalog.Profile
}

func newAim(t lint.Target) *aim {
	a := &aim{target: t}
	for _, p := range t.Profiles {
		if n := len(a.groups); n > 0 && eval.Alike(a.groups[n-1].version, p.Representative) {
			a.groups[n-1].profiles = append(a.groups[n-1].profiles, p)
			continue
		}
		a.groups = append(a.groups, group{p.Representative, []catalog.Profile{p}})
	}
	return a
}

func (a *aim) never() versions  { return versions{aim: a} }
func (a *aim) always() versions { return versions{a, 1<<len(a.groups) - 1} }

// versions are those of the versions aimed at for which something holds.
type versions struct {
	aim *aim
	set uint // bit g: group g
}

func (v versions) with(g int) versions     { return versions{v.aim, v.set | 1<<g} }
func (v versions) has(g int) bool          { return v.set&(1<<g) != 0 }
func (v versions) none() bool              { return v.set == 0 }
func (v versions) every() bool             { return v == v.aim.always() }
func (v versions) and(w versions) versions { return versions{v.aim, v.set & w.set} }

// since returns those from a release on; the release is one at which groups begin.
func (a *aim) since(from catalog.Version) versions {
	v := a.never()
	for g := range a.groups {
		if !a.groups[g].version.Before(from) {
			v = v.with(g)
		}
	}
	return v
}

// span is neighbouring groups: from the first's lower bound to, not including, the last's upper one.
type span struct{ from, to catalog.Version }

// spans joins neighbouring groups.
func (v versions) spans() []span {
	var out []span
	last := -2
	for g := range v.aim.groups {
		if !v.has(g) {
			continue
		}
		profiles := v.aim.groups[g].profiles
		to := profiles[len(profiles)-1].To
		if last == g-1 {
			out[len(out)-1].to = to
		} else {
			out = append(out, span{profiles[0].From, to})
		}
		last = g
	}
	return out
}

// ending returns what a message ends with: "" where something holds for all versions aimed at, else " before nginx
// 1.29.7", " since nginx 1.31.4" or " from nginx 1.29.7 to before 1.31.4".
func (v versions) ending() string {
	if v.every() {
		return ""
	}
	var parts []string
	for _, s := range v.spans() {
		parts = append(parts, s.words())
	}
	return " " + strings.Join(parts, " and ")
}

func (s span) words() string {
	switch {
	case s.from.IsZero():
		return "before nginx " + s.to.String()
	case s.to.IsZero():
		return "since nginx " + s.from.String()
	}
	return fmt.Sprintf("from nginx %s to before %s", s.from, s.to)
}

// ranges returns what Diagnostic.Nginx takes: "<1.29.7", ">=1.31.4", ">=1.29.7 <1.31.4"; none where something holds for
// all versions aimed at.
func (v versions) ranges() []string {
	if v.every() {
		return nil
	}
	var out []string
	for _, s := range v.spans() {
		var ends []string
		if !s.from.IsZero() {
			ends = append(ends, ">="+s.from.String())
		}
		if !s.to.IsZero() {
			ends = append(ends, "<"+s.to.String())
		}
		out = append(out, strings.Join(ends, " "))
	}
	return out
}
