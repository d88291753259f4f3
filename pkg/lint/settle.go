package lint

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// settle makes the findings about configurations what a user sees: one for one cause, each once, sorted, those that a
// comment silences marked.
func (l *Linter) settle(found []finding, configs []*config.Config) []diag.Diagnostic {
	found = l.withoutSuperseded(found)
	distinct := make([]*diag.Diagnostic, 0, len(found))
	seen := make(map[sameKey]*diag.Diagnostic, len(found))
	for i := range found {
		d := found[i].diagnostic
		key := keyOf(d)
		if first := seen[key]; first != nil {
			unite(first, d)
			continue
		}
		seen[key] = d
		distinct = append(distinct, d)
	}
	slices.SortStableFunc(distinct, diag.Compare)
	out := make([]diag.Diagnostic, len(distinct))
	for i, d := range distinct {
		out[i] = *d
	}
	return l.suppress(out, configs)
}

// sameKey tells findings apart: a file that is included several times says the same thing each time.
type sameKey struct {
	rule, file, message string
	span                source.Span
}

func keyOf(d *diag.Diagnostic) sameKey {
	return sameKey{d.Rule, d.At.File.Name, d.Message, d.At.Span}
}

// withoutSuperseded drops each finding that is about a directive which a finding of a superseding rule is about too. A
// finding that is dropped still supersedes: of a chain of rules only the first cause is left.
func (l *Linter) withoutSuperseded(found []finding) []finding {
	if len(l.supersedes) == 0 {
		return found
	}
	type place struct {
		rule string
		at   *syntax.Directive
	}
	places := map[place]bool{}
	for i := range found {
		if rule := found[i].diagnostic.Rule; l.superseding[rule] {
			for _, at := range found[i].about {
				places[place{rule, at}] = true
			}
		}
	}
	return slices.DeleteFunc(found, func(f finding) bool {
		for _, rule := range l.supersedes[f.diagnostic.Rule] {
			for _, at := range f.about {
				if places[place{rule, at}] {
					return true
				}
			}
		}
		return false
	})
}
