package correctness

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

var _ = set.Add(lint.Rule{
	Name:      "include-not-found",
	Code:      "NGX006",
	Level:     diag.Error,
	LevelNote: "; info for a path outside the root's folder",
	Fix:       diag.Display,
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  includesNotFound,
})

// includesNotFound reports the includes that could not be followed.
func includesNotFound(p *lint.Pass) {
	for _, problem := range p.Config.Problems {
		if problem.At.Name() != "include" {
			continue // a file that is by itself too much for us: the program says so
		}
		report := diag.Diagnostic{At: diag.Location{File: problem.At.File.File, Span: problem.Span()}}
		var ok bool
		switch problem.Kind {
		case config.NotFound:
			ok = notFound(problem, &report)
		case config.OutsideRoot:
			ok = outsideRoot(p.Config, problem, &report)
		case config.Cycle:
			ok = cycle(problem, &report)
		case config.Unreadable, config.TooMany:
			ok = unreadable(problem, &report)
		}
		if ok {
			p.Report(report, problem.At)
		}
	}
}

// shipped are the files that nginx's own packages put beside nginx.conf: a repository seldom has them, and where the
// configuration is used they are there.
var shipped = []string{
	"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params", "koi-utf", "koi-win",
	"win-utf", "snippets/fastcgi-php.conf",
}

func notFound(problem config.Problem, report *diag.Diagnostic) bool {
	if slices.Contains(shipped, problem.At.Arg(1)) {
		report.Level = diag.Info
		report.Message = fmt.Sprintf("the included file `%s` is not here, but nginx's packages bring it", problem.At.Arg(1))
		report.Help = "Add the file if the configuration is used without such a package."
		return true
	}
	report.Message = fmt.Sprintf("the included file `%s` is not there", problem.At.Arg(1))
	report.Note = fmt.Sprintf("looked for at `%s`", source.Printable(problem.Path))
	report.Help = "Add the file, correct the path, or say with `--prefix` where relative paths start."
	return true
}

// outsideRoot reports a file that may well stand where the configuration is going to be used. A pattern that matches
// nothing is fine with nginx, and where a fragment's relative includes start is not known.
func outsideRoot(cfg *config.Config, problem config.Problem, report *diag.Diagnostic) bool {
	arg := problem.At.Arg(1)
	if strings.ContainsAny(arg, "*?[") || cfg.Fragment && !filepath.IsAbs(arg) && !strings.HasPrefix(arg, "/") {
		return false
	}
	report.Level = diag.Info
	report.Message = fmt.Sprintf("the included file `%s` is not here, so what it sets is not known", arg)
	report.Help = "Map its folder with `include-map` in the settings if the repository has it."
	return true
}

func cycle(problem config.Problem, report *diag.Diagnostic) bool {
	first := problem.Cycle[0]
	report.Message = fmt.Sprintf("`%s` includes itself", first.File.Name)
	if len(problem.Cycle) > 1 {
		report.Message = fmt.Sprintf("`%s` includes itself by way of `%s`", first.File.Name, problem.At.File.Name)
	}
	report.Help = "Remove one of the includes."
	for _, include := range problem.Cycle {
		if include != problem.At {
			report.Labels = append(report.Labels, diag.Label{Location: lint.Word(include, 1), Message: "from here"})
		}
	}
	return true
}

// unreadable reports a file that is there but can't be read by us. nginx may be able to where permissions or our limits
// are the reason, so then it is no error of the configuration.
func unreadable(problem config.Problem, report *diag.Diagnostic) bool {
	reason := problem.Err
	if inner := errors.Unwrap(reason); inner != nil {
		reason = inner // without the path
	}
	report.Message = fmt.Sprintf("the included file `%s` cannot be read: %s", problem.At.Arg(1), reason)
	if errors.Is(problem.Err, config.ErrTooDeep) || errors.Is(problem.Err, config.ErrTooMuch) {
		report.Level = diag.Info
		report.Message = fmt.Sprintf("the included file `%s` is not read to its end: %s", problem.At.Arg(1), reason)
		report.Help = "Include each file less often: what is not read is not checked."
	}
	for _, ours := range []error{fs.ErrPermission, source.ErrTooLarge, source.ErrTooMany} {
		if errors.Is(problem.Err, ours) {
			report.Level = diag.Info
			report.Help = "Make it readable, since what it sets is not known."
		}
	}
	return true
}
