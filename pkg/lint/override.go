package lint

import (
	"maps"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Override gives rules other levels, or turns them Off, in some places.
type Override struct {
	// File reports whether it holds in a file; nil for every file.
	File func(*source.File) bool
	// Server reports whether it holds in a server block of these names; nil for everywhere.
	Server func(names []string) bool
	// Levels is by selector, the most specific one deciding.
	Levels map[string]diag.Level
}

// chosen is a rule that runs.
type chosen struct {
	rule              *Rule
	everything        bool // no Select was given
	selected, ignored specificity
	wish              wish
	overrides         []placed
}

// wish is the level that a user gives a rule, and by how close a selector.
type wish struct {
	level diag.Level
	fit   specificity
}

// placed is what an override wishes of the rule.
type placed struct {
	override *Override
	wish     wish
}

// choose says whether the rule runs, be it in some places only, and how.
func (c *Choice) choose(r *Rule) (chosen, bool) {
	how := chosen{
		rule: r, everything: len(c.Select) == 0, wish: wished(c.Levels, r),
		selected: bestFit(c.Select, r), ignored: bestFit(c.Ignore, r),
	}
	if how.everything {
		how.selected = fitsAll
	}
	on := how.on(how.wish)
	for i := range c.Overrides {
		if w := wished(c.Overrides[i].Levels, r); w.fit != noFit {
			how.overrides = append(how.overrides, placed{&c.Overrides[i], w})
			on = on || how.on(w)
		}
	}
	return how, on
}

// LevelFor returns the level that a rule is given by selectors, and the one that decides: the most specific, of equally
// specific ones that of the higher level. The selector is "" where none fits.
func LevelFor(levels map[string]diag.Level, r *Rule) (level diag.Level, selector string) {
	best := noFit
	for _, s := range slices.Sorted(maps.Keys(levels)) {
		if f := fit(s, r); f > best || f == best && f != noFit && levels[s] > level {
			level, selector, best = levels[s], s, f
		}
	}
	return level, selector
}

// wished returns what the levels wish of the rule.
func wished(levels map[string]diag.Level, r *Rule) wish {
	level, selector := LevelFor(levels, r)
	if selector == "" {
		return wish{}
	}
	return wish{level, fit(selector, r)}
}

// on reports whether the rule runs under a wish.
func (c *chosen) on(w wish) bool {
	switch {
	case c.selected == noFit, c.ignored != noFit && c.ignored >= c.selected, c.rule.Optional && !c.named(w):
		return false
	case w.fit == noFit || w.level != diag.Off:
		return true
	}
	return !c.everything && c.selected >= w.fit
}

// named reports whether the user selected the rule by name or code, or gave it a level so.
func (c *chosen) named(w wish) bool {
	return c.selected == fitsRule || w.fit == fitsRule && w.level != diag.Off
}

// at returns what is wished of the rule at a place: in a file, and in the server block around a directive, which may be
// nil.
func (c *chosen) at(f *source.File, d *config.Directive) wish {
	w := c.wish
	for _, p := range c.overrides {
		if p.override.holds(f, d) {
			w = p.wish
		}
	}
	return w
}

func (o *Override) holds(f *source.File, d *config.Directive) bool {
	if o.File != nil && (f == nil || !o.File(f)) {
		return false
	}
	return o.Server == nil || d != nil && o.Server(serverNames(d))
}

// serverNames returns the names of the server block around d, as they are written.
func serverNames(d *config.Directive) []string {
	server := d.Within("server")
	if server == nil {
		return nil
	}
	var names []string
	for _, child := range server.Children {
		if child.Name() != "server_name" {
			continue
		}
		for _, word := range child.Args() {
			names = append(names, word.Value)
		}
	}
	return names
}

// mayBeOff reports whether the rule is off in some part of the file.
func (c *chosen) mayBeOff(f *source.File) bool {
	if !c.on(c.wish) {
		return true
	}
	for _, p := range c.overrides {
		if (p.override.File == nil || p.override.File(f)) && !c.on(p.wish) {
			return true
		}
	}
	return false
}
