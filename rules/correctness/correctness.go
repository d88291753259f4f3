// Package correctness answers: what does nginx refuse? Its rules repeat the verdict of nginx's own parser, directive
// table and includes, each with what was probably meant.
package correctness

import (
	"embed"

	"github.com/ngxproof/ngxproof/pkg/lint"
)

//go:embed *.md
var pages embed.FS

var set = lint.NewSet("correctness", pages)

// Rules returns the category's rules.
func Rules() *lint.Set { return set }
