package correctness

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// explain adds to a finding about d what the parser suspects of it: a `;` or brace that nginx read as something else
// than was meant, which is then the reason for the finding.
func explain(d *config.Directive, report *diag.Diagnostic) {
	suspect, ok := suspectIn(d)
	if !ok {
		return
	}
	switch at := lint.Word(d, suspect.Word); suspect.Kind {
	case syntax.MissingSemicolon:
		missingSemicolon(d, suspect.Word, report)
	case syntax.SwallowedClose:
		report.Labels = append(report.Labels, diag.Label{Location: at, Message: "nginx takes the `}` for a part of this word"})
		report.Help = "Put a `;` before the `}`."
	case syntax.SwallowedOpen:
		report.Labels = append(report.Labels, diag.Label{Location: at, Message: "nginx takes the `{` for a part of this word"})
		report.Help = "Put a blank before the `{`."
	}
}

// suspectIn returns the first suspect of d.
func suspectIn(d *config.Directive) (syntax.Suspect, bool) {
	suspects := d.File.Suspects
	i, found := slices.BinarySearchFunc(suspects, d.Words[0].Start, func(s syntax.Suspect, start int32) int {
		return cmp.Compare(s.Directive.Words[0].Start, start)
	})
	if !found {
		return syntax.Suspect{}, false
	}
	return suspects[i], true
}

// missingSemicolon says that a `;` was probably left out before word i of d, which is the name of a directive.
func missingSemicolon(d *config.Directive, i int, report *diag.Diagnostic) {
	end := int(d.Words[i-1].End)
	report.Help = fmt.Sprintf("End line %d with `;`.", d.File.Line(end))
	report.Labels = append(report.Labels, diag.Label{
		Location: lint.Word(d, i),
		Message:  fmt.Sprintf("nginx takes this for an argument of `%s`", d.Name()),
	})
	report.Fix = &diag.Fix{
		Safety: diag.Display,
		Title:  "insert `;`",
		Edits:  []diag.Edit{{Location: diag.Location{File: d.File.File, Span: source.Span{Start: end, End: end}}, Text: ";"}},
	}
}
