package lint

import (
	"cmp"
	"slices"
	"sort"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// suppressor silences findings by the comments of the files that they stand in, and judges those comments.
type suppressor struct {
	linter *Linter
	files  map[*source.File]*suppressedFile
	order  []*suppressedFile
	// suggested is how often a suggestion was looked for.
	suggested int
}

// suppressedFile is a file with suppressions.
type suppressedFile struct {
	file         *syntax.File
	suppressions []*Suppression
	used         map[*Suppression][]bool // by name
	byRule       map[string]*coveredRule // what silences a rule
	configs      []*config.Config        // the configurations that have the file
}

// covered is a part of a file in which a name of a suppression silences a rule.
type covered struct {
	span source.Span
	by   *Suppression
	name int
}

// coveredRule is the parts in which a rule is silenced, by their start, and up to where those so far reach.
type coveredRule struct {
	whole *covered
	parts []covered
	reach []int
}

// newSuppressor gathers the suppressions of all files.
func (l *Linter) newSuppressor(configs []*config.Config) *suppressor {
	s := &suppressor{linter: l, files: map[*source.File]*suppressedFile{}}
	plain := map[*source.File]bool{}
	for _, cfg := range configs {
		for _, f := range cfg.Files {
			if plain[f.File] {
				continue
			}
			known := s.files[f.File]
			if known == nil {
				list := Suppressions(f)
				if len(list) == 0 {
					plain[f.File] = true
					continue
				}
				known = &suppressedFile{file: f, suppressions: list, used: map[*Suppression][]bool{}}
				s.files[f.File] = known
				s.order = append(s.order, known)
			}
			known.configs = append(known.configs, cfg)
		}
	}
	for _, f := range s.order {
		f.index(l.registry)
	}
	return s
}

// index sorts what a file's suppressions cover by rule.
func (f *suppressedFile) index(registry *Registry) {
	f.byRule = map[string]*coveredRule{}
	for _, by := range f.suppressions {
		f.used[by] = make([]bool, len(by.Names))
		for i, name := range by.Names {
			for _, rule := range silenced(registry, name.Name) {
				f.cover(rule.Name, by, i)
			}
		}
	}
	for _, c := range f.byRule {
		slices.SortStableFunc(c.parts, func(a, b covered) int { return cmp.Compare(a.span.Start, b.span.Start) })
		reach := 0
		for _, part := range c.parts {
			reach = max(reach, part.span.End)
			c.reach = append(c.reach, reach)
		}
	}
}

func (f *suppressedFile) cover(rule string, by *Suppression, name int) {
	c := f.byRule[rule]
	if c == nil {
		c = &coveredRule{}
		f.byRule[rule] = c
	}
	if by.Whole && c.whole == nil {
		c.whole = &covered{by: by, name: name}
	}
	for _, span := range by.Covers {
		c.parts = append(c.parts, covered{span, by, name})
	}
}

// silenced returns the rules that a name in brackets stands for: "all" is none, since nobody knows what it will hide.
func silenced(registry *Registry, name string) []*Rule {
	if name == "all" {
		return nil
	}
	return registry.Matching(name)
}

// at returns what silences the rule at an offset: the narrowest comment, or nil.
func (c *coveredRule) at(offset int, own func(*Suppression) bool) *covered {
	if c == nil {
		return nil
	}
	after := sort.Search(len(c.parts), func(i int) bool { return c.parts[i].span.Start > offset })
	for i := after - 1; i >= 0 && c.reach[i] > offset; i-- {
		if p := &c.parts[i]; p.span.End > offset && !own(p.by) {
			return p
		}
	}
	if c.whole != nil && !own(c.whole.by) {
		return c.whole
	}
	return nil
}

// silence marks the findings that a comment silences.
func (s *suppressor) silence(found []diag.Diagnostic) {
	for i := range found {
		d := &found[i]
		f := s.files[d.At.File]
		if f == nil || d.Suppressed != nil {
			continue
		}
		at := d.At.Span.Start
		own := func(by *Suppression) bool { return at >= by.Span.Start && at < by.Span.End }
		if c := f.byRule[d.Rule].at(at, own); c != nil {
			f.used[c.by][c.name] = true
			d.Suppressed = &diag.Suppression{At: c.by.location(), By: "comment", Reason: c.by.Reason}
		}
	}
}

// suppress silences findings and adds those about the comments that silence.
func (l *Linter) suppress(found []diag.Diagnostic, configs []*config.Config) []diag.Diagnostic {
	s := l.newSuppressor(configs)
	if len(s.order) == 0 {
		return found
	}
	own := append(s.unknown(), s.withoutReason()...)
	s.silence(found)
	s.silence(own)
	own = append(own, s.idle(false)...)
	s.silence(own)
	own = append(own, s.idle(true)...)
	found = append(found, own...)
	diag.Sort(found)
	return found
}
