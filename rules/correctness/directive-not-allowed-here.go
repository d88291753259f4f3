package correctness

import (
	"fmt"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:      "directive-not-allowed-here",
	Code:      "NGX003",
	Level:     diag.Error,
	Fix:       diag.Display,
	Versions:  "all",
	Since:     "0.1.0",
	OnVerdict: notAllowedHere,
	Verdicts:  []config.Verdict{config.NotAllowedHere},
})

// notAllowedHere reports a directive in a block whose context it does not have. Where braces are out of balance, only
// the first of a file is reported: the others follow from the same brace.
func notAllowedHere(p *lint.Pass, d *config.Directive, _ *catalog.Entry) {
	if unbalanced(d.File) && !p.First(d.File) {
		return
	}
	report := diag.Diagnostic{
		Message: fmt.Sprintf("`%s` is not allowed in %s", d.Name(), place(d.Context)),
		At:      lint.Word(d, 0),
	}
	if d.Context == catalog.Main {
		report.Message = fmt.Sprintf("`%s` is not allowed at the top level", d.Name())
	}
	if known := catalog.Lookup(d.Name()); known != nil {
		allowed := allowedAs(d, known)
		report.Note = "allowed in " + place(allowed)
		report.Help = fmt.Sprintf("Move `%s` into %s.", d.Name(), place(allowed))
	}
	if d.Parent.Directive != nil {
		label := diag.Label{Location: lint.Head(d.Parent), Message: "it stands in this block"}
		report.Labels = append(report.Labels, label)
	}
	p.Report(report)
}

// allowedAs returns where a directive may stand as the block or simple directive that it is: `server` is both.
func allowedAs(d *config.Directive, known *catalog.Directive) catalog.Context {
	wrong := catalog.Yes
	if d.Block != nil {
		wrong = catalog.No
	}
	var allowed catalog.Context
	for i := range known.Entries {
		if known.Entries[i].Block != wrong {
			allowed |= known.Entries[i].Contexts
		}
	}
	if allowed == 0 {
		return known.Contexts()
	}
	return allowed
}

// unbalanced reports whether a file has a brace too many or too few.
func unbalanced(file *syntax.File) bool {
	for _, e := range file.Errors {
		switch e.Reason {
		case syntax.UnexpectedEnd, syntax.UnexpectedEndIn, syntax.UnexpectedByte:
			return true
		}
	}
	return false
}
