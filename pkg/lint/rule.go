// Package lint answers: how are rules run?
//
// A rule is a value with a function of a Pass and a page that explains it. Sets of rules make a Registry, a Selection
// of it runs in a Linter: one walk over a configuration calls every rule, and one cause leaves one finding.
package lint

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Rule is one thing that can be wrong with a configuration. Its name is its identity and never reused.
type Rule struct {
	Name string // kebab-case: connection-header-wrong
	Code string // an alias accepted wherever the name is: WS002
	// Category is the name of the rule's package; Set.Add fills it in.
	Category string
	// Level is what a finding has unless the rule reports another.
	Level diag.Level
	// LevelNote says in words when a finding has another level; empty for never. Level and LevelNote together are
	// what rules.tsv says: "error" and "; info for a path outside the root's folder".
	LevelNote string
	// Optional marks a rule that runs only where the user names it: info, off by default.
	Optional bool
	// Confidence is what a finding has unless the rule reports another; Add makes it High where it is left out.
	Confidence diag.Confidence
	// Fix is the best class of fix that the rule proposes.
	Fix diag.Safety
	// FixNote says in words when a fix is of that class and what it is else; empty for always.
	FixNote string
	// Versions says which nginx versions the rule is about: "all" or a range in words.
	Versions string
	// Since is the first ngxproof release with this rule.
	Since string
	Tags  []string // sorted
	// CWE is the weakness's number, 0 where none fits.
	CWE int
	// Supersedes names the rules whose findings about the same directive have the same cause (see Pass.Report).
	Supersedes []string

	// What a rule is called on: any number of these. Rules run side by side, the functions of one rule do not.

	// OnConfig is called once for a configuration.
	OnConfig func(*Pass)
	// OnFile is called once for each file of a configuration, however often it is included.
	OnFile func(*Pass, *syntax.File)
	// OnDirective is called for each directive with a name in Directives, in each place that includes it.
	OnDirective func(*Pass, *config.Directive)
	Directives  []string
	// OnVerdict is called for each directive that nginx's directive table refuses with one of Verdicts; the entry is
	// the one it was judged by, or nil.
	OnVerdict func(*Pass, *config.Directive, *catalog.Entry)
	Verdicts  []config.Verdict

	set *Set
}

// Page returns the rule's page as it is written, Markdown, and parsed. The error is ours: a page is missing or malformed.
func (r *Rule) Page() (*Page, error) { return r.set.page(r.Name) }
