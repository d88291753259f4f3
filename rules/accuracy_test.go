package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

var update = flag.Bool("update", false, "write docs/accuracy.md anew")

const (
	corpusFolder = "../../shared/corpus"
	accuracyPage = "../docs/accuracy.md"
)

// label is a location of the corpus that a person judged.
type label struct {
	path, location, verdict, why, rule string
	line                               int
	round1                             string // "yes", "-", or why not
}

func labels(t *testing.T) []label {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpusFolder, "labels.tsv"))
	if err != nil {
		t.Skip("no ../shared/corpus")
	}
	var out []label
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 8 || f[0] == "path" {
			continue
		}
		n, _ := strconv.Atoi(f[1]) // empty where no line is known
		out = append(out, label{path: f[0], line: n, location: f[2], verdict: f[3], why: f[5], rule: f[6], round1: f[7]})
	}
	return out
}

// judged is what the rules say about a labelled location.
type judged struct {
	label
	found []diag.Diagnostic // of the category websocket, and those of the rule that is to find it
}

// judge lints the label's file by itself, as what it is, and keeps what concerns the location.
func judge(t *testing.T, l label) judged {
	t.Helper()
	sel, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.NewLoader(source.Disk{}).Load(filepath.Join(corpusFolder, "files", l.path), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.New(sel, lint.Options{}).Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	place := locationAt(cfg, l.line)
	if l.location == "server" {
		place = nil // what the server sets for all of its locations
	}
	j := judged{label: l}
	for i := range found {
		d := &found[i]
		if (d.Category == "websocket" || d.Code == l.rule) && (place == nil || concerns(d, place)) {
			j.found = append(j.found, *d)
		}
	}
	return j
}

// locationAt returns the location that begins on a line, or nil.
func locationAt(cfg *config.Config, line int) *config.Directive {
	for _, location := range cfg.Locations() {
		if location.File == cfg.Entry && location.File.Line(location.Directive.Head().Start) == line {
			return location
		}
	}
	return nil
}

// concerns reports whether the finding or one of its labels stands in the location.
func concerns(d *diag.Diagnostic, location *config.Directive) bool {
	whole := location.Span()
	in := func(at diag.Location) bool {
		return at.File == location.File.File && whole.Start <= at.Span.Start && at.Span.Start < whole.End
	}
	return in(d.At) || slices.ContainsFunc(d.Labels, func(l diag.Label) bool { return in(l.Location) })
}

// hit reports whether the rule that the label names found it.
func (j *judged) hit() bool {
	return slices.ContainsFunc(j.found, func(d diag.Diagnostic) bool { return d.Code == j.rule })
}

// bad returns the names of the findings of level warning or above.
func (j *judged) bad(except string) []string {
	var names []string
	for _, d := range j.found {
		if d.Level >= diag.Warning && d.Rule != except {
			names = append(names, d.Rule)
		}
	}
	return names
}

// TestLabels holds the rules to the locations of the corpus that people judged, and writes docs/accuracy.md with -update.
func TestLabels(t *testing.T) {
	var all []judged
	for _, l := range labels(t) {
		all = append(all, judge(t, l))
	}
	missed := 0
	for _, j := range all {
		switch {
		case j.verdict == "wrong" && j.round1 == "yes":
			if !j.hit() {
				missed++
				t.Errorf("%s:%d: %s says nothing: %s; found %v", j.path, j.line, j.rule, j.why, j.bad(""))
			}
		case j.verdict == "right":
			if bad := j.bad(""); len(bad) > 0 {
				t.Errorf("%s:%d is right (%s), but found %v", j.path, j.line, j.why, bad)
			}
		case strings.Contains(j.round1, "treat as right"):
			if bad := j.bad("host-not-forwarded"); len(bad) > 0 {
				t.Errorf("%s:%d is to be treated as right, but found %v", j.path, j.line, bad)
			}
		}
	}
	t.Logf("%d labels, %d missed", len(all), missed)
	compareSection(t, "labels", tableOf(all))
}

// compareSection writes, or compares, the part of docs/accuracy.md between the markers of that name.
func compareSection(t *testing.T, name, now string) {
	t.Helper()
	begin, end := "<!-- "+name+": written by a test -->\n", "<!-- end of "+name+" -->\n"
	text, err := os.ReadFile(accuracyPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	was, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for %s", accuracyPage, name)
	}
	if *update {
		if err := os.WriteFile(accuracyPage, []byte(before+begin+now+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if was != now {
		t.Errorf("docs/accuracy.md is not what the rules say (-update writes it):\n%s", cmp.Diff(was, now))
	}
}

// tableOf is the table in Markdown: a row for each label.
func tableOf(all []judged) string {
	var b strings.Builder
	b.WriteString("\n| location | judged | to be found by | in this release | found (level warning or above; info in brackets) |\n|---|---|---|---|---|\n")
	for _, j := range all {
		var names []string
		for _, d := range j.found {
			name := d.Rule
			if d.Level == diag.Info {
				name = "(" + name + ")"
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		fmt.Fprintf(&b, "| `%s:%d` | %s: %s | %s | %s | %s |\n", j.path, j.line, j.verdict, cell(j.why), j.rule, cell(j.round1), strings.Join(names, ", "))
	}
	return b.String() + "\n"
}

// cell keeps text within its cell.
func cell(text string) string { return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text) }
