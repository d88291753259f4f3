package prove_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// subject is a configuration to be proved.
type subject struct {
	reader  source.Reader
	entry   string
	options config.Options
}

func (s subject) load(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.NewLoader(s.reader).Load(s.entry, s.options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// findings are the linter's for one version.
func findings(t *testing.T, c *config.Config, target lint.Target) []diag.Diagnostic {
	t.Helper()
	found, err := lint.New(selection(t), lint.Options{Target: target}).Run(c)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func selection(t *testing.T) lint.Selection {
	t.Helper()
	all, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fixed returns the configuration with its safe fixes.
func (s subject) fixed(t *testing.T, target lint.Target) subject {
	t.Helper()
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: s.reader,
		Load: func(r source.Reader) ([]*config.Config, error) {
			c, err := config.NewLoader(r).Load(s.entry, s.options)
			return []*config.Config{c}, err
		},
		Rules: selection(t), Lint: lint.Options{Target: target},
	})
	if err != nil {
		t.Fatal(err)
	}
	var over []*source.File
	for _, c := range result.Changed {
		over = append(over, source.NewFile(c.Before.Name, c.Before.Path, c.After))
	}
	return subject{source.NewOverlay(s.reader, "", over...), s.entry, s.options}
}

// engines are the reference proxy as a version, and the real nginx of it where there is one.
func engines(t *testing.T, v catalog.Version, found []diag.Diagnostic) []prove.Engine {
	t.Helper()
	all := []prove.Engine{prove.Reference(v, found)}
	for _, s := range difftest.Servers(t) {
		if s.Version == v.String() {
			e, err := prove.Nginx(context.Background(), s.Path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
	}
	return all
}

// proofs proves a configuration with every engine, and wants them to agree on every cell.
func proofs(t *testing.T, s subject, v catalog.Version, o prove.Options) []*prove.Report {
	t.Helper()
	c := s.load(t)
	o.Findings = findings(t, c, lint.OneVersion(v))
	var all []*prove.Report
	for _, e := range engines(t, v, o.Findings) {
		r, err := prove.Run(context.Background(), c, e, o)
		if err != nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		all = append(all, r)
	}
	for _, r := range all[1:] {
		agree(t, all[0], r)
	}
	return all
}

// agree compares two tables cell by cell.
func agree(t *testing.T, a, b *prove.Report) {
	t.Helper()
	if len(a.Rows) != len(b.Rows) {
		t.Errorf("%s has %d rows, %s %d", a.Engine, len(a.Rows), b.Engine, len(b.Rows))
		return
	}
	for i, row := range a.Rows {
		for _, scenario := range prove.Scenarios() {
			x, y := row.Cell(scenario), b.Rows[i].Cell(scenario)
			switch {
			case (x == nil) != (y == nil):
				t.Errorf("%s, %s: one engine has a cell", row.Location, scenario)
			case x != nil && (x.State != y.State || said(x) != said(y)):
				t.Errorf("%s, %s:\n%s: %s: %s\n%s: %s: %s", row.Location, scenario, a.Engine, x.State, x.Reason, b.Engine, y.State, y.Reason)
			}
		}
	}
}

// said is what a cell says, but for scaled times and nginx's words about a configuration that it refuses.
func said(c *prove.Cell) string {
	text := differing.ReplaceAllString(c.Reason, "")
	if strings.HasPrefix(text, "nginx refuses the configuration") {
		return "refused"
	}
	return text
}

// differing is what differs from run to run: scaled times, and the serial numbers of connections.
var differing = regexp.MustCompile(` \(scaled to [^)]*\)|\d+-?upgrade`)

// failures lists what failed, for a message.
func failures(r *prove.Report) string {
	var lines []string
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if c.State == prove.Fail || c.State == prove.Unknown {
				lines = append(lines, fmt.Sprintf("%s, %s: %s: %s [%s]", row.Location, c.Scenario, c.State, c.Reason, c.Rule))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// closes wants a proof to fail before the fixes and to succeed after them.
func closes(t *testing.T, s subject, target lint.Target, v catalog.Version) {
	t.Helper()
	for _, r := range proofs(t, s, v, prove.Options{}) {
		if r.Failed == 0 {
			t.Errorf("%s %s: nothing fails before the fix", r.Engine, r.Nginx)
		}
		for _, row := range r.Rows {
			for _, c := range row.Cells {
				if c.State == prove.Fail && c.Rule == "" {
					t.Errorf("%s: no rule explains %s: %s", r.Engine, c.Scenario, c.Reason)
				}
			}
		}
	}
	for _, r := range proofs(t, s.fixed(t, target), v, prove.Options{}) {
		if r.Failed > 0 || r.Unknown > 0 || r.Passed == 0 {
			t.Errorf("%s %s, after the fix:\n%s", r.Engine, r.Nginx, failures(r))
		}
	}
}

var v126 = catalog.Version{Major: 1, Minor: 26, Patch: 3}

// TestQuickstart: the configuration of the README.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	s := subject{source.Disk{}, filepath.Join("..", "..", "testdata", "quickstart", "nginx.conf"), config.Options{}}
	closes(t, s, lint.OneVersion(v126), v126)
}

// TestLoopCloses: every bad example of a WebSocket rule of level error that has a safe fix.
func TestLoopCloses(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, rule := range rules.All().Rules() {
		if rule.Category != "websocket" {
			continue
		}
		page, err := rule.Page()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Section(lint.SectionBad).Examples {
			s, target, v := subjectOf(t, e)
			found := findings(t, s.load(t), target)
			if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
				return d.Rule == rule.Name && d.Level == diag.Error && d.Fix != nil && d.Fix.Safety == diag.Safe
			}) {
				continue
			}
			tried++
			t.Run(fmt.Sprintf("%s:%d", rule.Name, e.Line), func(t *testing.T) {
				t.Parallel()
				closes(t, s, target, v)
			})
		}
	}
	t.Logf("%d examples", tried)
	if tried < 15 {
		t.Error("hardly any example")
	}
}

// subjectOf reads an example of a page, without the comments that assert something.
func subjectOf(t *testing.T, e lint.Example) (subject, lint.Target, catalog.Version) {
	t.Helper()
	archive := &txtar.Archive{Files: []txtar.File{{Name: "nginx.conf", Data: []byte(e.Text)}}}
	if e.Lang == "txtar" {
		archive = txtar.Parse([]byte(e.Text))
	}
	files := source.Memory{}
	for _, f := range archive.Files {
		files[f.Name] = withoutAssertions(string(f.Data))
	}
	s := subject{reader: files, entry: archive.Files[0].Name}
	if text := e.Attributes["context"]; text != "" {
		s.options.Contexts, _ = catalog.ParseContexts(text)
	}
	target, v := lint.AllVersions(), v126
	if text := e.Attributes["nginx"]; text != "" {
		var err error
		if v, err = catalog.ParseTarget(text); err != nil {
			t.Fatal(err)
		}
		target = lint.OneVersion(v)
	}
	return s, target, v
}

func withoutAssertions(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		comment, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !isComment || !strings.HasPrefix(strings.TrimLeft(comment, " "), "^") && !strings.HasPrefix(comment, "$ ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// TestPresets: what `new` writes works at once, for every application and version.
func TestPresets(t *testing.T) {
	t.Parallel()
	presets, err := scaffold.Presets()
	if err != nil {
		t.Fatal(err)
	}
	versions := []catalog.Version{}
	for _, p := range catalog.Profiles() {
		versions = append(versions, p.Representative)
	}
	for _, s := range difftest.Servers(t) {
		v, err := catalog.ParseVersion(s.Version)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	for _, preset := range presets {
		t.Run(preset.Name, func(t *testing.T) {
			t.Parallel()
			tree, err := scaffold.New(scaffold.Site, scaffold.Spec{Preset: preset, ServerNames: []string{"app.example.com"}})
			if err != nil {
				t.Fatal(err)
			}
			text, err := scaffold.Print(tree)
			if err != nil {
				t.Fatal(err)
			}
			s := subject{reader: source.Memory{"site.conf": text}, entry: "site.conf", options: config.Options{Contexts: catalog.HTTP}}
			for _, v := range versions {
				for _, r := range proofs(t, s, v, prove.Options{}) {
					if r.Failed > 0 || r.Unknown > 0 || r.Passed == 0 {
						t.Errorf("%s %s:\n%s", r.Engine, r.Nginx, failures(r))
					}
				}
			}
		})
	}
}

// TestMain looks whether anything is left behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // most of the time is spent waiting for timeouts
		panic(err)
	}
	folder, err := os.MkdirTemp("", "prove-test-")
	if err != nil {
		panic(err)
	}
	if err := os.Setenv("TMPDIR", folder); err != nil {
		panic(err)
	}
	code := m.Run()
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
		fmt.Fprintln(os.Stderr, "left behind:", left, err)
		code = max(code, 1)
	}
	_ = os.RemoveAll(folder) // it has said what is in it
	os.Exit(code)
}
