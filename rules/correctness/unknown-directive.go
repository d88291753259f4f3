package correctness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:  "unknown-directive",
	Code:  "NGX002",
	Level: diag.Error,
	LevelNote: " with a did-you-mean (distance <= 2) or an impossible name (`:` at the end, `...`); else info; " +
		"never an error in a configuration with load_module",
	Fix:       diag.Safe,
	FixNote:   " with one candidate, else display",
	Versions:  "all",
	Since:     "0.1.0",
	OnVerdict: unknownDirective,
	Verdicts:  []config.Verdict{config.UnknownDirective},
	OnConfig:  otherVersions,
})

// unknownDirective reports a directive that no module we know has.
func unknownDirective(p *lint.Pass, d *config.Directive, _ *catalog.Entry) {
	report := diag.Diagnostic{
		Message: fmt.Sprintf("unknown directive `%s`", d.Name()),
		At:      lint.Word(d, 0),
	}
	module, foreign := catalog.ThirdParty(d.Name())
	meant := meantDirectives(d)
	switch {
	case foreign && named(p.Modules, module), d.Ellipsis() && refused(d):
		return
	case foreign:
		report.Level, report.Confidence = diag.Info, diag.Medium
		report.Message = fmt.Sprintf("`%s` looks like a directive of %s, which is not part of nginx", d.Name(), module)
		report.Help = "Say that the module is in the build with `modules` in the settings."
	case strings.HasPrefix(d.Name(), byteOrderMark):
		marked(d, &report)
	case d.Ellipsis():
		report.Note = "three dots stand for lines that were left out"
		report.Help = fmt.Sprintf("Remove `%s`, or put the lines in that it stands for.", d.Name())
	case len(meant) > 0 && !commercial(d.Context):
		didYouMean(d, meant, &report)
	case strings.HasSuffix(d.Name(), ":"):
		report.Help = "Remove the colon: nginx separates a directive from its arguments with blanks only."
	default:
		report.Level, report.Confidence = diag.Info, diag.Medium
		report.Message = fmt.Sprintf("no module that ngxproof knows has a directive `%s`", d.Name())
		report.Help = "Declare it with `directives` in the settings if a module of the build has it."
	}
	if p.LoadsModules() {
		report.Level, report.Fix = diag.Info, nil
	}
	explain(d, &report)
	p.Report(report)
}

// commercial reports whether a directive stands where the commercial edition alone has directives, not all of them known.
func commercial(ctx catalog.Context) bool { return ctx != 0 && catalog.CommercialContexts.Has(ctx) }

// byteOrderMark is what some editors put before the first byte of a file. To nginx it is three bytes of the first word.
const byteOrderMark = "\ufeff"

// marked says that the mark is what keeps nginx from knowing the directive, with a fix that removes it.
func marked(d *config.Directive, report *diag.Diagnostic) {
	name := strings.TrimPrefix(d.Name(), byteOrderMark)
	report.Message = fmt.Sprintf("a byte order mark stands before `%s`, and nginx takes it for a part of the name", name)
	report.Help = "Save the file without a byte order mark (UTF-8, no BOM)."
	report.Fix = &diag.Fix{
		Safety: diag.Display,
		Title:  "remove the byte order mark",
		Edits:  []diag.Edit{{Location: report.At, Text: name}},
	}
	if catalog.Lookup(name) != nil && takesForm(name, d) {
		report.Fix.Safety = diag.Safe
	}
}

// refused reports whether nginx's grammar refuses the statement already at its end, as it does `...` before a `}`.
func refused(d *config.Directive) bool {
	return slices.ContainsFunc(d.File.Errors, func(e syntax.Error) bool { return e.Span.Start == d.Head().End })
}

// named reports whether the user named the module among those in the build: "headers-more" names
// headers-more-nginx-module.
func named(modules []string, module string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return catalog.ModuleName(m) == catalog.ModuleName(module) })
}

// meantDirectives returns the directives that d's name may be a misspelling of: those that nginx allows here in this
// form, or, where there are none, those that it allows anywhere.
func meantDirectives(d *config.Directive) []string {
	name := strings.TrimRight(d.Name(), ":")
	if known := catalog.Lookup(name); known != nil {
		return []string{name}
	}
	const most = 5
	meant := slices.DeleteFunc(catalog.SuggestIn(name, d.Context, most), func(s string) bool { return !takesForm(s, d) })
	if len(meant) == 0 {
		meant = catalog.Suggest(name, most)
	}
	return meant
}

// takesForm reports whether the directive of that name may be written as d is, where d is.
func takesForm(name string, d *config.Directive) bool {
	known := catalog.Lookup(name)
	return slices.ContainsFunc(known.Entries, func(e catalog.Entry) bool {
		wrongForm := d.Block == nil && e.Block == catalog.Yes || d.Block != nil && e.Block == catalog.No
		return e.Contexts&d.Context != 0 && !wrongForm && e.Arity.Allows(len(d.Args())) != catalog.No
	})
}

// didYouMean says what was probably meant, with a fix: safe if there is one candidate and it fits here.
func didYouMean(d *config.Directive, meant []string, report *diag.Diagnostic) {
	report.Note = "did you mean " + alternatives(quoted("", meant)) + "?"
	report.Help = fmt.Sprintf("Write `%s`.", meant[0])
	report.Fix = &diag.Fix{
		Safety: diag.Display,
		Title:  fmt.Sprintf("replace `%s` by `%s`", d.Name(), meant[0]),
		Edits:  []diag.Edit{{Location: report.At, Text: meant[0]}},
	}
	if len(meant) == 1 && takesForm(meant[0], d) {
		report.Fix.Safety = diag.Safe
	}
}

// otherVersions reports what the version that the user named does not have yet, or not any more.
func otherVersions(p *lint.Pass) {
	if !p.Target.Named() {
		return
	}
	known := map[*catalog.Entry]release{}
	for d := range p.Config.All() {
		report := diag.Diagnostic{At: lint.Word(d, 0)}
		if since, ok := appears(p.Config, d, known); ok && p.Target.Version.Before(since) {
			report.Message = fmt.Sprintf("`%s` appears in nginx %s, so nginx %s does not know it", d.Name(), since, p.Target.Version)
			report.Help = fmt.Sprintf("Remove `%s`, or aim at nginx %s or later.", d.Name(), since)
			report.Nginx = []string{"<" + since.String()}
		} else if until, ok := removed(p.Config, d); ok && !p.Target.Version.Before(until) {
			report.Message = fmt.Sprintf("`%s` was removed in nginx %s, so nginx %s does not know it", d.Name(), until, p.Target.Version)
			report.Help = fmt.Sprintf("Remove `%s`%s.", d.Name(), instead[d.Name()])
			report.Nginx = []string{">=" + until.String()}
		} else {
			continue
		}
		if p.LoadsModules() {
			report.Level = diag.Info
		}
		p.Report(report, d)
	}
}

// instead says what does the work of a directive that was removed.
var instead = map[string]string{"ssl": ", and write `ssl` behind the port: `listen 443 ssl`"}

// removed returns the first nginx version that does not know a directive any more where it stands.
func removed(cfg *config.Config, d *config.Directive) (catalog.Version, bool) {
	everHad := catalog.Lookup(d.Name())
	if everHad == nil || !slices.ContainsFunc(everHad.Entries, func(e catalog.Entry) bool { return e.Until != "" }) {
		return catalog.Version{}, false // which spares judging most directives
	}
	verdict, entry := cfg.Judge(d)
	if entry == nil || verdict == config.NotAllowedHere || cfg.Declared(d.Name()) {
		return catalog.Version{}, false
	}
	return entry.Removed()
}

// release is what Entry.Appears says.
type release struct {
	version catalog.Version
	ok      bool
}

// appears returns the nginx version since which a directive is known where it stands; known keeps what entries say.
func appears(cfg *config.Config, d *config.Directive, known map[*catalog.Entry]release) (catalog.Version, bool) {
	verdict, entry := cfg.Judge(d)
	switch {
	case d.Context == 0, verdict == config.UnknownDirective, verdict == config.NotAllowedHere, cfg.Declared(d.Name()):
		return catalog.Version{}, false
	case entry == nil:
		return catalog.Appears(d.Name())
	case entry.Kind != catalog.OSS:
		return catalog.Version{}, false
	}
	since, ok := known[entry]
	if !ok {
		since.version, since.ok = entry.Appears()
		known[entry] = since
	}
	return since.version, since.ok
}
