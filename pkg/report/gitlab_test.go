package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// codeClimate is the schema that GitLab checks a report with, as its documentation puts it: what is there must have
// these types, and one of the two forms of a place.
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type codeClimate struct {
	Description *string `json:"description"`
	CheckName   *string `json:"check_name"`
	Fingerprint *string `json:"fingerprint"`
	Severity    *string `json:"severity"`
	Location    *struct {
		Path  *string `json:"path"`
		Lines *struct {
			Begin *int `json:"begin"`
			End   *int `json:"end"`
		} `json:"lines"`
	} `json:"location"`
}

// checkGitLab reads a report as GitLab does, which drops findings without a fingerprint or with one that it had before.
func checkGitLab(t *testing.T, r Result, o Options) {
	t.Helper()
	text := write(t, "gitlab", r, o)
	if !utf8.ValidString(text) || strings.HasPrefix(text, "\ufeff") {
		t.Errorf("not UTF-8 without a mark: %q", text)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var issues []codeClimate
	if err := d.Decode(&issues); err != nil || issues == nil || d.More() {
		t.Fatalf("%v: %s", err, text)
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if i.Description == nil || i.CheckName == nil || i.Fingerprint == nil || i.Severity == nil || i.Location == nil ||
			i.Location.Path == nil || i.Location.Lines == nil || i.Location.Lines.Begin == nil {
			t.Fatalf("something is missing: %s", text)
		}
		if seen[*i.Fingerprint] || len(*i.Fingerprint) < 32 {
			t.Errorf("fingerprint %s", *i.Fingerprint)
		}
		seen[*i.Fingerprint] = true
		if !strings.Contains(" info minor major critical blocker ", " "+*i.Severity+" ") {
			t.Errorf("severity %s", *i.Severity)
		}
		if strings.HasPrefix(*i.Location.Path, "./") || *i.Location.Lines.Begin < 1 || *i.Location.Lines.End < *i.Location.Lines.Begin {
			t.Errorf("place %s %d", *i.Location.Path, *i.Location.Lines.Begin)
		}
	}
	o.Suppressed = false
	if want := len(hostedFindings(r, o)); len(issues) != want {
		t.Errorf("%d issues, want %d", len(issues), want)
	}
}

func TestGitLabClean(t *testing.T) {
	if got := write(t, "gitlab", Result{}, Options{}); got != "[]\n" {
		t.Errorf("%q", got)
	}
}

func TestGitLabSeverity(t *testing.T) {
	for want, d := range map[string]diag.Diagnostic{
		"blocker": {Level: diag.Error, Category: "correctness"}, "critical": {Level: diag.Error, Tags: []string{"security"}},
		"major": {Level: diag.Error, Category: "websocket"}, "minor": {Level: diag.Warning, Category: "correctness"},
		"info": {Level: diag.Info, Tags: []string{"security"}},
	} {
		if got := gitLabSeverity(&d); got != want {
			t.Errorf("%+v is %s, want %s", d, got, want)
		}
	}
}

// TestGitLabStable keeps fingerprints when lines move: GitLab tells new findings from old ones by them.
func TestGitLabStable(t *testing.T) {
	prints := func(before string) []string {
		r := Result{Diagnostics: []diag.Diagnostic{websocket(), websocket()}}
		for i := range r.Diagnostics {
			at := &r.Diagnostics[i].At
			at.File = file(at.File.Name, before+at.File.Text)
			at.Span.Start += len(before)
			at.Span.End += len(before)
		}
		var out bytes.Buffer
		if err := GitLab(&out, r, Options{}); err != nil {
			t.Fatal(err)
		}
		var issues []gitLabIssue
		if err := json.Unmarshal(out.Bytes(), &issues); err != nil {
			t.Fatal(err)
		}
		return []string{issues[0].Fingerprint, issues[1].Fingerprint}
	}
	if diff := cmp.Diff(prints(""), prints("# a comment\n\n")); diff != "" {
		t.Error(diff)
	}
}
