package correctness

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

var _ = set.Add(lint.Rule{
	Name:      "wrong-argument-count",
	Code:      "NGX004",
	Level:     diag.Error,
	Fix:       diag.Display,
	Versions:  "all",
	Since:     "0.1.0",
	OnVerdict: wrongCount,
	Verdicts:  []config.Verdict{config.WrongCount},
})

// wrongCount reports a directive with more or fewer arguments than it takes, or a flag that is neither on nor off.
func wrongCount(p *lint.Pass, d *config.Directive, entry *catalog.Entry) {
	report := diag.Diagnostic{At: lint.Head(d)}
	n := len(d.Args())
	if entry == nil { // several modules have the directive, and none takes so many
		report.Message = fmt.Sprintf("`%s` does not take %s", d.Name(), arguments(n))
		p.Report(report)
		return
	}
	if entry.Syntax != "" {
		report.Help = fmt.Sprintf("Write it as `%s;`.", strings.TrimSuffix(entry.Syntax, ";"))
	}
	arity := entry.Arity
	switch {
	case arity.Flag && n == 1:
		report.At = lint.Word(d, 1)
		report.Message = fmt.Sprintf("`%s` is `on` or `off`, not `%s`", d.Name(), d.Arg(1))
	default:
		report.Message = fmt.Sprintf("`%s` takes %s, not %d", d.Name(), takes(arity), n)
		if arity.Max >= 0 && n > arity.Max {
			report.At.Span = source.Span{Start: int(d.Words[arity.Max+1].Start), End: int(d.Words[n].End)}
			report.Note = "too many"
		}
	}
	explain(d, &report)
	p.Report(report)
}

// takes returns an arity as "2 arguments", "1 to 3 arguments", "no argument".
func takes(a catalog.Arity) string {
	switch {
	case a.Flag:
		return "1 argument"
	case a.Max == a.Min:
		return arguments(a.Max)
	case a.Min == 1 && a.Max < 0:
		return "1 argument or more"
	default:
		return a.String() + " arguments"
	}
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	default:
		return fmt.Sprintf("%d arguments", n)
	}
}
