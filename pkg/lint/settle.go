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
	out := make([]diag.Diagnostic, 0, len(found))
	seen := make(map[sameKey]bool, len(found))
	for i := range found {
		d := &found[i].diagnostic
		if key := keyOf(d); !seen[key] {
			seen[key] = true
			out = append(out, *d)
		}
	}
	diag.Sort(out)
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
	for _, f := range found {
		for _, at := range f.about {
			places[place{f.diagnostic.Rule, at}] = true
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
