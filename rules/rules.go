// Package rules answers: which rules does ngxproof have? It joins the categories, each a package below this one.
package rules

import (
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/rules/correctness"
	"github.com/ngxproof/ngxproof/rules/suppression"
	"github.com/ngxproof/ngxproof/rules/websocket"
)

// All returns every rule.
func All() *lint.Registry {
	return lint.NewRegistry(correctness.Rules(), suppression.Rules(), websocket.Rules())
}
