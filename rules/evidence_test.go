package rules_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/rules"
)

// withoutEvidence are the findings of level warning or above that no head shows, by their messages, and why.
var withoutEvidence = []struct{ rule, message, why string }{
	{"conflicting-maps", "", "which of the definitions was meant is not known, so no head can be called wrong"},
	{"http2-upstream-for-websocket", "^`grpc_pass` speaks HTTP/2", "the heads of grpc_pass are not evaluated"},
}

// TestEvidence holds every example of a page's to the promise that a finding of category websocket shows what it rests
// on: a head or a line of the log, with at least one line that is wrong or was kept back.
func TestEvidence(t *testing.T) {
	used := map[string]int{}
	shown := map[diag.EvidenceKind]int{}
	for _, rule := range rules.All().Rules() {
		page, err := rule.Page()
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range page.Sections {
			for _, from := range section.Examples {
				_, findings := read(t, rule, from).run(t)
				for _, d := range findings {
					if d.Category != "websocket" || d.Level < diag.Warning {
						continue
					}
					if why := excused(d); why != "" {
						used[why]++
						continue
					}
					if problem := evident(d.Evidence); problem != "" {
						t.Errorf("%s, line %d: %s: %s: %s", rule.Name, from.Line, d.Rule, d.Message, problem)
						continue
					}
					shown[d.Evidence.Kind]++
				}
			}
		}
	}
	for _, one := range withoutEvidence {
		if used[one.why] == 0 {
			t.Errorf("%s: no finding needs the excuse %q", one.rule, one.why)
		}
	}
	t.Logf("evidence shown: %v", shown)
	if len(shown) != 3 {
		t.Error("not all kinds of evidence were seen")
	}
}

// excused says why a finding has no evidence; "" where it must have some.
func excused(d diag.Diagnostic) string {
	for _, one := range withoutEvidence {
		if one.rule == d.Rule && regexp.MustCompile(one.message).MatchString(d.Message) {
			return one.why
		}
	}
	return ""
}

// evident says what is wrong with evidence; "" where nothing is.
func evident(e *diag.Evidence) string {
	switch {
	case e == nil:
		return "no evidence"
	case len(e.Lines) == 0:
		return "no lines"
	case (e.Head == "") != (e.Kind == diag.Log):
		return "a head and a log exclude each other"
	case e.Kind != diag.Log && !strings.HasSuffix(e.Head, "\r\n\r\n"):
		return "the head has no end"
	case (e.Kind == diag.Answer) != strings.HasPrefix(e.Head, "HTTP/"):
		return "an answer has a status line, and nothing else has"
	}
	for _, line := range e.Lines {
		if line.DroppedBy == "" && e.Kind != diag.Log && !strings.Contains(e.Head, line.Text) {
			return "the head has no " + line.Text
		}
	}
	if !slices.ContainsFunc(e.Lines, func(l diag.EvidenceLine) bool { return l.Wrong || l.DroppedBy != "" }) {
		return "no line is pointed at"
	}
	return ""
}
