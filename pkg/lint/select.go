package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
)

// Choice is which rules a user wants. A selector is a rule's name or code, a tag, a category, or "all"; the most specific
// one that fits a rule decides, in that order.
type Choice struct {
	// Select turns rules on; none stands for every rule that is not Optional.
	Select []string
	// Ignore turns rules off; it wins over an equally specific Select.
	Ignore []string
	// Levels gives rules another level, or turns them Off (a Select that is as specific wins over that).
	Levels map[string]diag.Level
	// Overrides gives rules other levels in some places; of several that hold in a place the last decides.
	Overrides []Override
}

// Selection is the rules that run, each with its level.
type Selection struct {
	registry *Registry
	chosen   []chosen
}

// SelectorError is a selector that fits no rule.
type SelectorError struct {
	Selector   string
	Suggestion string // the nearest selector, or empty
}

// Error names the selector and what may have been meant.
func (e *SelectorError) Error() string {
	if e.Suggestion != "" {
		return fmt.Sprintf("no rule, code, category or tag is called %q, did you mean %q?", e.Selector, e.Suggestion)
	}
	return fmt.Sprintf("no rule, code, category or tag is called %q", e.Selector)
}

// Select applies a choice. The error is a *SelectorError for the first selector that fits no rule.
func (reg *Registry) Select(c Choice) (Selection, error) {
	selectors := slices.Concat(c.Select, c.Ignore, slices.Sorted(maps.Keys(c.Levels)))
	for _, o := range c.Overrides {
		selectors = append(selectors, slices.Sorted(maps.Keys(o.Levels))...)
	}
	for _, s := range selectors {
		if err := reg.Check(s); err != nil {
			return Selection{}, err
		}
	}
	sel := Selection{registry: reg}
	for _, r := range reg.rules {
		if chosen, on := c.choose(r); on {
			sel.chosen = append(sel.chosen, chosen)
		}
	}
	return sel, nil
}

// Whole reports whether every rule of the category that is on by default is chosen, with findings.
func (s Selection) Whole(category string) bool {
	return !slices.ContainsFunc(s.registry.rules, func(r *Rule) bool {
		return r.Category == category && !r.Optional && !slices.ContainsFunc(s.chosen, func(c chosen) bool { return c.rule == r && c.on(c.wish) })
	})
}

// Check returns a *SelectorError where the selector fits no rule.
func (reg *Registry) Check(selector string) error {
	if !reg.fits(selector) {
		return &SelectorError{selector, reg.suggest(selector)}
	}
	return nil
}

// Matching returns the rules that the selector fits, sorted by code.
func (reg *Registry) Matching(selector string) []*Rule {
	var rules []*Rule
	for _, r := range reg.rules {
		if fit(selector, r) != noFit {
			rules = append(rules, r)
		}
	}
	return rules
}

// specificity is how closely a selector fits a rule.
type specificity int

const (
	noFit specificity = iota
	fitsAll
	fitsCategory
	fitsTag
	fitsRule
)

func fit(selector string, r *Rule) specificity {
	switch {
	case selector == r.Name || strings.EqualFold(selector, r.Code):
		return fitsRule
	case slices.Contains(r.Tags, selector):
		return fitsTag
	case selector == r.Category:
		return fitsCategory
	case selector == "all":
		return fitsAll
	default:
		return noFit
	}
}

// bestFit returns the closest fit of the selectors.
func bestFit(selectors []string, r *Rule) specificity {
	best := noFit
	for _, s := range selectors {
		best = max(best, fit(s, r))
	}
	return best
}

// fits reports whether the selector fits any rule.
func (reg *Registry) fits(selector string) bool {
	return slices.ContainsFunc(reg.rules, func(r *Rule) bool { return fit(selector, r) != noFit })
}

// suggest returns the selector nearest to a mistyped one, or "".
func (reg *Registry) suggest(selector string) string {
	best, limit := "", len(selector)/3
	for _, s := range reg.Selectors() {
		if n := catalog.Distance(strings.ToLower(selector), strings.ToLower(s), limit); n <= limit {
			best, limit = s, n-1
		}
	}
	return best
}

// Selectors returns everything that can be selected by, sorted: names, codes, categories, tags and "all".
func (reg *Registry) Selectors() []string {
	out := []string{"all"}
	for _, r := range reg.rules {
		out = append(out, r.Name, r.Code, r.Category)
		out = append(out, r.Tags...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
