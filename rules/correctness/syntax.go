package correctness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:      "syntax",
	Code:      "NGX001",
	Level:     diag.Error,
	Fix:       diag.Safe,
	FixNote:   " where the mend is certain (missing ; before }), else display",
	Versions:  "all",
	Since:     "0.1.0",
	OnFile:    syntaxErrors,
	OnVerdict: wrongForm,
	Verdicts:  []config.Verdict{config.NotTerminated, config.NoOpening},
})

// syntaxErrors reports what nginx's lexer and grammar refuse in one file.
func syntaxErrors(p *lint.Pass, file *syntax.File) {
	for _, e := range file.Errors {
		d := diag.Diagnostic{
			Message: e.Message,
			Help:    syntaxHelp(file, e),
			Fix:     insertion(file, e),
			Chain:   inclusion(p.Config, file),
		}
		onNginxLine(file.File, e, &d)
		p.Report(d)
	}
	if file.MoreErrors > 0 {
		last := file.Errors[len(file.Errors)-1]
		p.Report(diag.Diagnostic{
			Message: fmt.Sprintf("the file has %d more errors, which are not shown", file.MoreErrors),
			Chain:   inclusion(p.Config, file),
			At:      diag.Location{File: file.File, Span: last.Span},
		})
	}
}

// onNginxLine places a finding on the line that nginx names, so that it can be found by nginx's message; what is wrong,
// where that is another place, gets a label.
func onNginxLine(file *source.File, e syntax.Error, d *diag.Diagnostic) {
	cause := diag.Label{Location: diag.Location{File: file, Span: e.Span}, Message: e.Note}
	related := diag.Label{Location: diag.Location{File: file, Span: e.Related}, Message: e.RelatedNote}
	switch {
	case file.Line(e.Span.Start) == e.Line:
		d.At, d.Note = cause.Location, cause.Message
	case e.Related.Len() > 0 && file.Line(e.Related.Start) == e.Line:
		d.At, d.Note = related.Location, related.Message
		d.Labels = []diag.Label{cause}
		return
	default:
		d.At = diag.Location{File: file, Span: lineEnd(file, e.Line)}
		d.Note = "nginx gives up here"
		d.Labels = []diag.Label{cause}
	}
	if e.Related.Len() > 0 {
		d.Labels = append(d.Labels, related)
	}
}

// lineEnd returns the empty span at the end of a line.
func lineEnd(file *source.File, line int) source.Span {
	end := file.LineSpan(line).End
	return source.Span{Start: end, End: end}
}

func syntaxHelp(file *syntax.File, e syntax.Error) string {
	before := file.Text[:e.Span.Start]
	switch {
	case strings.HasSuffix(before, "...") || strings.HasSuffix(before, "…"):
		return "Remove the dots, or put the lines in that they stand for."
	case e.Insert != "":
		return fmt.Sprintf("Insert `%s`.", e.Insert)
	case e.Reason == syntax.UnexpectedEndIn:
		return "Close the block with `}`."
	default:
		return ""
	}
}

// insertion is the fix of an error whose mend is certain. It is shown only where the file has other errors too: then it may
// be no configuration at all but a template, and what was meant is not that sure.
func insertion(file *syntax.File, e syntax.Error) *diag.Fix {
	if e.Insert == "" {
		return nil
	}
	safety := diag.Safe
	if file.MoreErrors > 0 || slices.ContainsFunc(file.Errors, func(o syntax.Error) bool { return o.Insert == "" }) {
		safety = diag.Display
	}
	at := diag.Location{File: file.File, Span: source.Span{Start: e.InsertAt, End: e.InsertAt}}
	return &diag.Fix{
		Safety: safety,
		Title:  fmt.Sprintf("insert `%s`", e.Insert),
		Edits:  []diag.Edit{{Location: at, Text: e.Insert}},
	}
}

// inclusion returns the include chain of a file that may hold no directive at all.
func inclusion(cfg *config.Config, file *syntax.File) []diag.Label {
	if file == cfg.Entry {
		return nil
	}
	for d := range cfg.All() {
		for _, via := range cfg.Brought(d) {
			if via.File == file {
				return append(lint.Chain(d), lint.Included(d))
			}
		}
	}
	return nil
}

// wrongForm reports a block where nginx wants a `;`, and the reverse.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_handler.
func wrongForm(p *lint.Pass, d *config.Directive, _ *catalog.Entry) {
	end := diag.Location{File: d.File.File, Span: source.Span{Start: int(d.Term), End: int(d.Term) + 1}}
	name := diag.Label{Location: lint.Word(d, 0)}
	if d.Block == nil {
		name.Message = "this opens a block"
		p.Report(diag.Diagnostic{
			Message: fmt.Sprintf("directive \"%s\" has no opening \"{\"", d.Name()),
			Help:    fmt.Sprintf("Give `%s` a block.", d.Name()),
			At:      end,
			Note:    "nginx expects `{` here",
			Labels:  []diag.Label{name},
		})
		return
	}
	name.Message = "this takes no block"
	report := diag.Diagnostic{
		Message: fmt.Sprintf("directive \"%s\" is not terminated by \";\"", d.Name()),
		Help:    fmt.Sprintf("End `%s` with `;`.", d.Name()),
		At:      end,
		Note:    "nginx expects `;` here",
		Labels:  []diag.Label{name},
	}
	explain(d, &report)
	p.Report(report)
}
