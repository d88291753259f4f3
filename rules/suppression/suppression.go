// Package suppression answers: which comments that silence findings are wrong themselves? The linter runs these rules,
// since only it knows what was silenced; the pages are here.
package suppression

import (
	"embed"

	"github.com/ngxproof/ngxproof/pkg/lint"
)

//go:embed *.md
var pages embed.FS

var set = newSet()

func newSet() *lint.Set {
	set := lint.NewSet("suppression", pages)
	for _, rule := range lint.SuppressionRules() {
		set.Add(rule)
	}
	return set
}

// Rules returns the category's rules.
func Rules() *lint.Set { return set }
