package rules_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// TestPages runs every example of every rule's page with all rules on; lint.Page says what an example asserts.
func TestPages(t *testing.T) {
	for _, rule := range rules.All().Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			page, err := rule.Page()
			if err != nil {
				t.Fatal(err)
			}
			if page.Name != rule.Name {
				t.Errorf("the page is called %q", page.Name)
			}
			for _, section := range page.Sections {
				checkSection(t, rule, section)
			}
			checkFixes(t, rule, page)
		})
	}
}

// checkSection runs the examples of one section.
func checkSection(t *testing.T, rule *lint.Rule, section lint.Section) {
	t.Helper()
	examples := section.Examples
	if len(examples) == 0 && (section.Title == lint.SectionBad || section.Title == lint.SectionGood) {
		t.Errorf("%s has no example", section.Title)
	}
	for i, example := range examples {
		e := read(t, rule, example)
		if got := e.lint(t); !slices.Equal(got, e.asserted) {
			t.Errorf("%s, line %d:\n%s", section.Title, example.Line, cmp.Diff(e.asserted, got))
		}
		switch {
		case section.Title == lint.SectionBad && len(e.asserted) == 0:
			t.Errorf("line %d: a bad example asserts nothing", example.Line)
		case section.Title == lint.SectionGood && len(e.asserted) > 0:
			t.Errorf("line %d: a good example asserts something", example.Line)
		}
		if _, fixed := example.Attributes["fixed"]; fixed {
			e.isFixOf(t, read(t, rule, examples[i-1]))
		}
	}
}

// checkFixes holds Bad, with its safe fixes applied, against Good.
func checkFixes(t *testing.T, rule *lint.Rule, page *lint.Page) {
	t.Helper()
	good := page.Section(lint.SectionGood).Examples
	for i, example := range page.Section(lint.SectionBad).Examples {
		bad := read(t, rule, example)
		_, findings := bad.run(t)
		if !slices.ContainsFunc(findings, func(d diag.Diagnostic) bool { return safe(d) && d.Rule == rule.Name }) {
			continue
		}
		if i >= len(good) {
			t.Errorf("line %d: a fixable example has no good one of the same number", example.Line)
			continue
		}
		read(t, rule, good[i]).isFixOf(t, bad)
	}
}

func safe(d diag.Diagnostic) bool { return d.Fix != nil && d.Fix.Safety == diag.Safe }

// example is an example of a page as it is run.
type example struct {
	rule     *lint.Rule
	line     int
	names    []string
	files    source.Memory
	options  config.Options
	target   lint.Target
	asserted []string // sorted
}

// read takes the assertions out of an example's files.
func read(t *testing.T, rule *lint.Rule, from lint.Example) *example {
	t.Helper()
	e := &example{rule: rule, line: from.Line, files: source.Memory{}, target: lint.AllVersions()}
	archive := &txtar.Archive{Files: []txtar.File{{Name: "nginx.conf", Data: []byte(from.Text)}}}
	if from.Lang == "txtar" {
		archive = txtar.Parse([]byte(from.Text))
	}
	for _, file := range archive.Files {
		text, asserted := assertions(file.Name, string(file.Data))
		e.names = append(e.names, file.Name)
		e.files[file.Name] = text
		e.asserted = append(e.asserted, asserted...)
	}
	slices.Sort(e.asserted)
	for key, value := range from.Attributes {
		e.attribute(t, key, value)
	}
	return e
}

func (e *example) attribute(t *testing.T, key, value string) {
	t.Helper()
	switch key {
	case "context":
		contexts, unknown := catalog.ParseContexts(value)
		if unknown != "" {
			t.Fatalf("line %d: unknown context %q", e.line, unknown)
		}
		e.options.Contexts = contexts
	case "nginx":
		version, err := catalog.ParseTarget(value)
		if err != nil {
			t.Fatalf("line %d: %v", e.line, err)
		}
		e.target = lint.OneVersion(version)
	case "fixed":
	default:
		t.Fatalf("line %d: unknown attribute %q", e.line, key)
	}
}

// run lints the example with all rules on; what a comment silences is left out.
func (e *example) run(t *testing.T) (*config.Config, []diag.Diagnostic) {
	t.Helper()
	all, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.NewLoader(e.files).Load(e.names[0], e.options)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := lint.New(all, lint.Options{Target: e.target}).Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	findings = slices.DeleteFunc(findings, func(d diag.Diagnostic) bool { return d.Suppressed != nil })
	return cfg, findings
}

// lint returns the findings as assertions would put them, sorted.
func (e *example) lint(t *testing.T) []string {
	t.Helper()
	_, findings := e.run(t)
	var got []string
	for _, d := range findings {
		message := d.Message
		if d.Level != e.rule.Level || d.Rule != e.rule.Name {
			if rule := rules.All().Rule(d.Rule); d.Level != rule.Level {
				message = d.Level.String() + ": " + message
			}
		}
		if d.Rule != e.rule.Name {
			message = d.Rule + ": " + message
		}
		got = append(got, assertion(d.At, message))
	}
	slices.Sort(got)
	return got
}

// assertion puts a finding as "nginx.conf:3:5-12: message", columns in characters, the last one inclusive; a finding at
// the end of the file as "nginx.conf:$: message".
func assertion(at diag.Location, message string) string {
	if at.Span.Start >= len(at.File.Text) {
		return fmt.Sprintf("%s:$: %s", at.File.Name, message)
	}
	from := at.File.Position(at.Span.Start)
	width := max(1, len([]rune(at.File.Slice(at.Span))))
	if cut := strings.IndexByte(at.File.Slice(at.Span), '\n'); cut >= 0 { // carets go to the line's end
		width = len([]rune(at.File.Slice(at.Span)[:cut]))
	}
	return fmt.Sprintf("%s:%d:%d-%d: %s", at.File.Name, from.Line, from.Column, from.Column+width-1, message)
}

// assertions splits a file of an example into its text and what the comments with carets assert.
func assertions(name, text string) (string, []string) {
	var kept, asserted []string
	for _, line := range strings.SplitAfter(text, "\n") {
		comment, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		marks := strings.TrimLeft(comment, " ")
		carets := len(marks) - len(strings.TrimLeft(marks, "^"))
		message := strings.TrimSpace(marks[carets:])
		switch {
		case isComment && strings.HasPrefix(comment, "$ "):
			asserted = append(asserted, fmt.Sprintf("%s:$: %s", name, comment[2:]))
		case isComment && carets > 0:
			column := len([]rune(line[:strings.IndexByte(line, '^')])) + 1
			end := column + carets - 1
			if marks == comment { // the # counts as a caret
				column--
			}
			asserted = append(asserted, fmt.Sprintf("%s:%d:%d-%d: %s", name, len(kept), column, end, message))
		default:
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, ""), asserted
}

// isFixOf holds the example against a bad one with its safe fixes applied.
func (e *example) isFixOf(t *testing.T, bad *example) {
	t.Helper()
	all, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: bad.files,
		Load: func(r source.Reader) ([]*config.Config, error) {
			cfg, err := config.NewLoader(r).Load(bad.names[0], bad.options)
			return []*config.Config{cfg}, err
		},
		Rules: all,
		Lint:  lint.Options{Target: bad.target},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range result.Failures {
		t.Errorf("line %d: %v", bad.line, failure)
	}
	got := maps.Clone(bad.files)
	for _, change := range result.Changed {
		got[change.Before.Path] = change.After
	}
	if diff := cmp.Diff(e.files, got); diff != "" {
		t.Errorf("line %d: the fix makes something else of it than line %d:\n%s", bad.line, e.line, diff)
	}
}
