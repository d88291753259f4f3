package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// command is a workflow command as GitHub's runner reads it.
type command struct {
	name, data string
	properties map[string]string
}

// commandNames are those that the runner knows among what could be written by mistake.
var commandNames = []string{"error", "warning", "notice", "group", "endgroup", "debug", "add-mask", "set-output", "stop-commands", "echo"}

// parseCommand reads a line as actions/runner does (src/Runner.Common/ActionCommand.cs, TryParseV2).
func parseCommand(line string) (c command, ok bool) {
	line = strings.TrimLeft(line, " \t")
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return c, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return c, false
	}
	name, properties, _ := strings.Cut(info, " ")
	if !slices.Contains(commandNames, name) {
		return c, false
	}
	c = command{name: name, data: unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%"), properties: map[string]string{}}
	for pair := range strings.SplitSeq(strings.TrimSpace(properties), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			c.properties[key] = unescape(value, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		}
	}
	return c, true
}

// unescape replaces one after the other, as the runner does.
func unescape(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return s
}

// oldCommand is a command of the older form, which the runner takes from anywhere in a line (TryParse).
var oldCommand = regexp.MustCompile(`##\[[^\]]*\]`)

// checkGitHub reads every line as the runner does: those that are no command are in the group and say what they are, and
// every finding is there once, with its file, place and words.
func checkGitHub(t *testing.T, r Result, o Options) {
	t.Helper()
	text := write(t, "github", r, o)
	var annotations []command
	listed, grouped := 0, false
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		c, ok := parseCommand(line)
		switch {
		case line == "":
		case !ok && (!grouped || oldCommand.MatchString(line)):
			t.Errorf("no command: %q", line)
		case !ok:
			listed++
		case c.name == "group" || c.name == "endgroup":
			grouped = c.name == "group"
		case grouped:
			t.Errorf("a command in the group: %q", line)
		default:
			annotations = append(annotations, c)
		}
	}
	safe(t, text, false)
	checkAnnotations(t, r, o, annotations, listed)
}

func checkAnnotations(t *testing.T, r Result, o Options, got []command, listed int) {
	t.Helper()
	if n := len(r.Problems); n > 0 {
		got = got[n:]
	}
	o.Suppressed = false
	want := hostedFindings(r, o)
	if listed > 0 {
		got = got[:len(got)-1] // the notice about them
	}
	if len(got)+listed != len(want) {
		t.Fatalf("%d annotations and %d lines for %d findings", len(got), listed, len(want))
	}
	slices.SortStableFunc(want, worstFirst)
	if listed > 0 {
		return
	}
	for i, c := range got {
		checkAnnotation(t, want[i], o, c)
	}
}

func checkAnnotation(t *testing.T, d hosted, o Options, got command) {
	t.Helper()
	want := command{name: commandOf(d.Level), properties: map[string]string{"title": strings.TrimSpace("ngxproof: " + source.Printable(d.Rule))}}
	if d.At.File != nil {
		start, end := shown(d.At)
		want.properties["line"], want.properties["endLine"] = fmt.Sprint(start.Line), fmt.Sprint(end.Line)
		if start.Line == end.Line {
			want.properties["col"], want.properties["endColumn"] = fmt.Sprint(start.Column), fmt.Sprint(end.Column)
		}
		// CR and LF come through as they are, everything else that is unsafe is made visible.
		name := got.properties["file"]
		if source.Printable(name) != source.Printable(o.path(d.At.File.Name)) {
			t.Errorf("file %q, want %q", name, d.At.File.Name)
		}
		if name != "" {
			want.properties["file"] = name
		}
		if _, ok := got.properties["file"]; ok && name == "" {
			delete(got.properties, "file")
		}
	}
	want.data = got.data
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(command{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	message, help, _ := strings.Cut(got.data, "\nhelp: ")
	if !strings.HasSuffix(message, source.Printable(d.Message)) || help != source.Printable(d.Help) {
		t.Errorf("message %q", got.data)
	}
}

// TestGitHubLimits annotates ten of a level at most, the worst first, and lists the others.
func TestGitHubLimits(t *testing.T) {
	for _, test := range []struct{ each, errors, warnings, notices, listed int }{
		{0, 0, 0, 0, 0}, {3, 3, 3, 3, 0}, {10, 10, 10, 10, 0}, {11, 10, 10, 10, 4}, {50, 10, 10, 10, 121},
	} {
		text := write(t, "github", many(test.each), Options{})
		got := map[string]int{}
		for line := range strings.SplitSeq(text, "\n") {
			if c, ok := parseCommand(line); ok {
				got[c.name]++
			} else if line != "" {
				got["listed"]++
			}
		}
		if got["error"] != test.errors || got["warning"] != test.warnings || got["notice"] != test.notices || got["listed"] != test.listed {
			t.Errorf("%d of each level: %v", test.each, got)
		}
		last := text[strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1:]
		if test.listed > 0 && last != fmt.Sprintf("::notice title=ngxproof::%d more findings: GitHub keeps 10 annotations of a level; the log has all\n", test.listed) {
			t.Errorf("it ends with %q", last)
		}
	}
	if first := strings.Split(write(t, "github", many(1), Options{}), "\n"); !strings.HasPrefix(first[0], "::error ") || !strings.HasPrefix(first[2], "::notice ") {
		t.Errorf("order: %q", first)
	}
}

// TestGitHubProblems leaves their place among the ten errors to what could not be done.
func TestGitHubProblems(t *testing.T) {
	r := many(10)
	r.Problems = []string{"a", "b"}
	if got := strings.Count(write(t, "github", r, Options{}), "::error "); got != 10 {
		t.Errorf("%d errors", got)
	}
}

// TestGitHubListed makes sure that no listed line is a command, whatever the files are called.
func TestGitHubListed(t *testing.T) {
	for _, s := range hostile() {
		r := Result{}
		for range 30 {
			r.Diagnostics = append(r.Diagnostics, diag.Diagnostic{Rule: s, Level: diag.Error, Message: s, At: diag.Location{File: file(s, s)}})
		}
		checkGitHub(t, r, Options{})
	}
}
