package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/rules"
)

// TestCorpusCorrectness holds the errors of the category correctness to a real nginx over the corpus. nginx stops at its
// first error, so what it names is blanked out, line by line, and nginx asked again until it has nothing more to say:
// then every error of ours must be one of nginx's.
func TestCorpusCorrectness(t *testing.T) {
	if testing.Short() {
		t.Skip("runs nginx over the corpus, several times a file")
	}
	all := realServers(t)
	server := all[len(all)-1]
	linter := correctness(t)
	dir := t.TempDir()
	counts, levels := map[string]int{}, map[string]int{}
	for _, row := range corpusRows(t) {
		if row.template {
			continue
		}
		a := newAudit(t, server, linter, dir, row)
		for _, d := range a.ours {
			levels[d.Rule+" "+d.Level.String()]++
		}
		a.ask(t)
		a.compare(t, counts)
	}
	t.Logf("nginx %s: findings %v; errors %v", server.version, levels, counts)
	if counts["unknown-directive confirmed"] == 0 || counts["unknown-variable confirmed"] == 0 {
		t.Error("nginx confirmed no error")
	}
}

func correctness(t *testing.T) *lint.Linter {
	t.Helper()
	sel, err := rules.All().Select(lint.Choice{Select: []string{"correctness"}})
	if err != nil {
		t.Fatal(err)
	}
	return lint.New(sel, lint.Options{})
}

// audit is one corpus file before nginx.
type audit struct {
	row     corpusRow
	server  realServer
	dir     string
	entry   string // what nginx loads
	file    string // the copy of the corpus file
	tree    *syntax.File
	text    []byte
	ours    []diag.Diagnostic
	theirs  []verdict
	blanked []source.Span // what was taken out
	reached int           // the line up to which nginx read; 0 for all
	ended   bool          // nginx got as far as looking up the variables
}

// newAudit copies the file and its neighbours, so that its includes are there, and lints it where it belongs.
func newAudit(t *testing.T, server realServer, linter *lint.Linter, dir string, row corpusRow) *audit {
	t.Helper()
	a := &audit{row: row, server: server, dir: dir, file: row.path + ".ngxproof"}
	a.entry = wrap(t, dir, row)
	c, err := config.NewLoader(source.Disk{}).Load(a.entry, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Run(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if d.At.File.Path == row.path {
			a.ours = append(a.ours, d)
		}
	}
	i := slices.IndexFunc(c.Files, func(f *syntax.File) bool { return f.Path == row.path })
	if i < 0 {
		t.Fatalf("%s is not in its own configuration", row.path)
	}
	a.tree, a.text = c.Files[i], []byte(c.Files[i].Text)
	return a
}

// ask runs nginx until it has nothing to say of the file, or something that can't be blanked out.
func (a *audit) ask(t *testing.T) {
	t.Helper()
	a.file = filepath.Join(a.dir, "audited.conf")
	entry := filepath.Join(a.dir, "root.conf")
	include := `include "` + a.file + `";`
	root := include
	if a.entry != a.row.path {
		text, err := os.ReadFile(a.entry)
		if err != nil {
			t.Fatal(err)
		}
		root = strings.Replace(string(text), `include "`+a.row.path+`";`, include, 1)
	}
	for range 200 {
		write(t, a.file, string(a.text))
		write(t, entry, root)
		v := a.server.first(t, a.dir, entry)
		if v.message == "" || v.line == 0 && late.MatchString(v.message) {
			a.ended = true
			return
		}
		if v.file != "" && v.file != a.file {
			return
		}
		a.theirs = append(a.theirs, v)
		if !a.blank(v) {
			a.reached = v.line
			return
		}
	}
	a.reached = 1
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// late matches what nginx says when it has looked up all variables.
var late = regexp.MustCompile(`^(mkdir|open|bind|chown)\(\)|getpwnam`)

var unknownVariable = regexp.MustCompile(`unknown "(\w+)" variable$`)

// blank takes out of the text what nginx refused, every line staying where it is. It reports whether there was
// something to take out; nginx's error was the last that it could have if there was not and it names no line.
func (a *audit) blank(v verdict) bool {
	if m := unknownVariable.FindStringSubmatch(v.message); m != nil && v.line == 0 {
		use := regexp.MustCompile(`(?i)\$(\{` + m[1] + `\}|` + m[1] + `\b)`)
		if !use.Match(a.text) {
			return false
		}
		a.text = use.ReplaceAllFunc(a.text, func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) })
		return true
	}
	if v.line == 0 {
		return false
	}
	d := a.statement(a.tree.Directives, v)
	if d == nil {
		return false
	}
	span := d.Span()
	a.blanked = append(a.blanked, span)
	if d.Block != nil && d.Block.Close < 0 { // that it is never closed goes with it
		a.blanked[len(a.blanked)-1].End = len(a.text)
	}
	blanked := false
	for i := span.Start; i < span.End; i++ {
		if c := a.text[i]; c != '\n' && c != ' ' {
			a.text[i], blanked = ' ', true
		}
	}
	return blanked
}

// statement returns the directive that nginx names the line of.
func (a *audit) statement(in []*syntax.Directive, v verdict) *syntax.Directive {
	var found *syntax.Directive
	for _, d := range in {
		if d.Term >= 0 && a.tree.Line(int(d.Term)) == v.line && a.text[d.Words[0].Start] != ' ' {
			if found == nil || strings.Contains(v.message, `"`+d.Name()+`"`) {
				found = d
			}
		}
		if d.Block != nil {
			if inner := a.statement(d.Block.Directives, v); inner != nil && (found == nil || strings.Contains(v.message, `"`+inner.Name()+`"`)) {
				found = inner
			}
		}
	}
	return found
}

// compare says what only one side found.
func (a *audit) compare(t *testing.T, counts map[string]int) {
	t.Helper()
	counts["files"]++
	if a.reached == 0 {
		counts["files read to the end"]++
	}
	left := slices.Clone(a.theirs)
	for _, d := range a.ours {
		if d.Level != diag.Error {
			continue
		}
		line := d.At.File.Line(d.At.Span.Start)
		i := slices.IndexFunc(left, func(v verdict) bool {
			if v.file != "" {
				v.file = d.At.File.Name
			}
			return v.confirms(d, "", 0)
		})
		switch {
		case i >= 0:
			counts[d.Rule+" confirmed"]++
		case a.reached != 0 && line >= a.reached, d.Rule == "unknown-variable" && !a.ended:
			counts[d.Rule+" beyond nginx's last word"]++
		case slices.ContainsFunc(a.blanked, func(s source.Span) bool { return s.Start <= d.At.Span.Start && d.At.Span.Start <= s.End }):
			counts[d.Rule+" inside of what nginx refused"]++
		default:
			counts[d.Rule+" not confirmed"]++
			t.Errorf("%s:%d: %s: %s: nginx does not say so", a.row.path, line, d.Rule, d.Message)
		}
	}
	for _, v := range left {
		if v.line == 0 && !unknownVariable.MatchString(v.message) || !slices.ContainsFunc(reasons, func(r struct{ rule, ours, theirs string }) bool {
			return r.rule != "syntax" && regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(r.theirs), "%s", ".*")).MatchString(v.message)
		}) {
			continue
		}
		if !slices.ContainsFunc(a.ours, func(d diag.Diagnostic) bool {
			if v.file != "" {
				v.file = d.At.File.Name
			}
			return v.confirms(d, "", 0)
		}) {
			counts["only nginx, mostly modules that it does not have"]++
		}
	}
}
