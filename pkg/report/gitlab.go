package report

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// GitLab writes a Code Quality report: an array of findings, empty where there is nothing to report.
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
func GitLab(w io.Writer, r Result, o Options) error {
	o.Suppressed = false // GitLab knows no suppressed findings
	issues := []gitLabIssue{}
	for _, d := range hostedFindings(r, o) {
		issues = append(issues, newGitLabIssue(d, o))
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(issues)
}

type gitLabIssue struct {
	Description text           `json:"description"`
	CheckName   text           `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitLabLocation `json:"location"`
}

type gitLabLocation struct {
	Path  text        `json:"path"`
	Lines gitLabLines `json:"lines"`
}

type gitLabLines struct {
	Begin int `json:"begin"`
	End   int `json:"end"`
}

func newGitLabIssue(d hosted, o Options) gitLabIssue {
	start, end := shown(d.At)
	path := ""
	if d.At.File != nil {
		path = o.path(d.At.File.Name)
	}
	return gitLabIssue{
		Description: text(d.Message), CheckName: text(d.Rule), Fingerprint: d.print, Severity: gitLabSeverity(d.Diagnostic),
		Location: gitLabLocation{text(path), gitLabLines{start.Line, end.Line}},
	}
}

// gitLabSeverity is one of info, minor, major, critical, blocker. What nginx does not start with is a blocker: the errors
// of category correctness.
func gitLabSeverity(d *diag.Diagnostic) string {
	switch {
	case d.Level == diag.Warning:
		return "minor"
	case d.Level != diag.Error:
		return "info"
	case d.Category == "correctness":
		return "blocker"
	case slices.Contains(d.Tags, securityTag) || d.Category == securityTag:
		return "critical"
	default:
		return "major"
	}
}
