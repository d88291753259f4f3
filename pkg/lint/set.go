package lint

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// Set is the rules of one category, which is one Go package, with their pages.
type Set struct {
	category string
	pages    fs.FS
	rules    []*Rule
}

// NewSet returns an empty set; pages holds a NAME.md for each rule.
func NewSet(category string, pages fs.FS) *Set { return &Set{category: category, pages: pages} }

// Add puts a rule into the set. It is called once for a rule, when the rule's package is initialised.
func (s *Set) Add(r Rule) *Rule {
	r.Category, r.set = s.category, s
	if r.Confidence == diag.Low {
		r.Confidence = diag.High
	}
	s.rules = append(s.rules, &r)
	return &r
}

// Category returns the category's name.
func (s *Set) Category() string { return s.category }

func (s *Set) page(name string) (*Page, error) {
	text, err := fs.ReadFile(s.pages, name+".md")
	if err != nil {
		return nil, fmt.Errorf("page of rule %s: %w", name, err)
	}
	page, err := ParsePage(string(text))
	if err != nil {
		return nil, fmt.Errorf("page of rule %s: %w", name, err)
	}
	return page, nil
}

// Registry is all rules that a program has, sorted by code.
type Registry struct {
	rules  []*Rule
	byName map[string]*Rule // names and codes
}

// NewRegistry joins sets.
func NewRegistry(sets ...*Set) *Registry {
	reg := &Registry{byName: map[string]*Rule{}}
	for _, s := range sets {
		reg.rules = append(reg.rules, s.rules...)
	}
	slices.SortFunc(reg.rules, func(a, b *Rule) int { return cmp.Compare(a.Code, b.Code) })
	for _, r := range reg.rules {
		reg.byName[r.Name] = r
		reg.byName[r.Code] = r
	}
	return reg
}

// Rules returns the rules, sorted by code.
func (reg *Registry) Rules() []*Rule { return slices.Clone(reg.rules) }

// Rule returns the rule of that name or code (codes in any case), or nil.
func (reg *Registry) Rule(nameOrCode string) *Rule {
	if r := reg.byName[nameOrCode]; r != nil {
		return r
	}
	for _, r := range reg.rules {
		if strings.EqualFold(r.Code, nameOrCode) {
			return r
		}
	}
	return nil
}
