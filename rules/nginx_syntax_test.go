package rules_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/rules"
)

// TestCorpusSyntax holds the rule syntax to real nginx over the corpus. Each file without template markers is included,
// by its structure, where it belongs: what nginx's lexer or grammar refuses first must be our first finding, with
// nginx's line and reason; up to the line of another error, and where there is none, we must have nothing to say.
func TestCorpusSyntax(t *testing.T) {
	if testing.Short() {
		t.Skip("runs nginx over the corpus")
	}
	linter := syntaxLinter(t)
	for _, server := range realServers(t) {
		t.Run(server.version, func(t *testing.T) {
			dir := t.TempDir()
			counts := map[string]int{}
			for _, row := range corpusRows(t) {
				if row.template {
					counts["templates left out"]++
					continue
				}
				entry := wrap(t, dir, row)
				theirs := server.check(t, dir, entry, row.path)
				c, err := config.NewLoader(source.Disk{}).Load(entry, config.Options{})
				if err != nil {
					t.Fatal(err)
				}
				found, err := linter.Run(c)
				if err != nil {
					t.Fatal(err)
				}
				counts[compareSyntax(t, row.path, theirs, found)]++
			}
			t.Logf("nginx %s: %v", server.version, counts)
			if counts["lexer or grammar"] == 0 || counts["other error"] == 0 || counts["ok"] == 0 {
				t.Error("one of the three kinds of verdict never occurred")
			}
		})
	}
}

// compareSyntax holds our findings against nginx's verdict and returns the verdict's kind.
func compareSyntax(t *testing.T, path string, theirs complaint, found []diag.Diagnostic) string {
	t.Helper()
	first, line := "", 0
	if len(found) > 0 {
		first, line = found[0].Message, reportedLine(found[0])
	}
	switch {
	case theirs.message == "":
		if line != 0 {
			t.Errorf("%s: nginx says ok, we say %q at line %d", path, first, line)
		}
		return "ok"
	case !theirs.syntax():
		if line != 0 && line <= theirs.line && !behind(found[0], theirs.line) {
			t.Errorf("%s: nginx goes on to line %d (%s), we say %q at line %d", path, theirs.line, theirs.message, first, line)
		}
		return "other error"
	}
	if line != theirs.line || !strings.Contains(first, theirs.message) {
		t.Errorf("%s: nginx says %q at line %d, we say %q at line %d", path, theirs.message, theirs.line, first, line)
	}
	return "lexer or grammar"
}

// behind reports whether a finding stands behind the first statement that ends on the line: nginx stopped there, and
// never read what follows on the same line.
func behind(d diag.Diagnostic, line int) bool {
	for statement := range syntax.Parse(d.At.File).All() {
		if statement.Term >= 0 && d.At.File.Line(int(statement.Term)) == line {
			return d.At.Span.Start > int(statement.Term)
		}
	}
	return false
}

// nginxLine finds the line that nginx names in a finding's message or note, where it is not that of the carets.
var nginxLine = regexp.MustCompile(`nginx (?:says|names|reports)[^0-9]*line (\d+)`)

// reportedLine returns the line of nginx that a syntax finding names.
func reportedLine(d diag.Diagnostic) int {
	for _, text := range []string{d.Message, d.Note, d.Help} {
		if m := nginxLine.FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
	}
	return d.At.File.Line(d.At.Span.Start)
}

// syntaxLinter returns a linter with the rule syntax only.
func syntaxLinter(t *testing.T) *lint.Linter {
	t.Helper()
	sel, err := rules.All().Select(lint.Choice{Select: []string{"syntax"}})
	if err != nil {
		t.Fatal(err)
	}
	return lint.New(sel, lint.Options{})
}

// corpusRow is one file of the corpus.
type corpusRow struct {
	path      string // absolute
	structure string
	template  bool
}

// corpusRows reads the corpus' index; the test is skipped where it is not there.
func corpusRows(t *testing.T) []corpusRow {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "shared", "corpus"))
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Skip("no ../shared/corpus")
	}
	var rows []corpusRow
	for i, line := range strings.Split(strings.TrimSpace(string(index)), "\n") {
		if cells := strings.Split(line, "\t"); i > 0 {
			rows = append(rows, corpusRow{filepath.Join(dir, "files", cells[0]), cells[5], cells[6] != "-"})
		}
	}
	return rows
}

// wrap writes a configuration that includes a corpus file where its structure says, and returns its path.
func wrap(t *testing.T, dir string, row corpusRow) string {
	t.Helper()
	if row.structure == "full" {
		return row.path
	}
	around := map[string][2]string{
		"http-fragment": {"http {", "}"},
		"server":        {"http {", "}"},
		"location":      {"http { server {", "} }"},
		"directives":    {"http { server { location / {", "} } }"},
	}[row.structure]
	if around[0] == "" {
		t.Fatalf("unknown structure %q", row.structure)
	}
	entry := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf("events {}\n%s\ninclude %q;\n%s\n", around[0], row.path, around[1])
	if err := os.WriteFile(entry, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return entry
}

// realServer is an nginx to ask.
type realServer struct{ version, path string }

// realServers returns the real servers; the test is skipped where they are not there.
func realServers(t *testing.T) []realServer {
	t.Helper()
	tool := filepath.Join("..", "..", "shared", "tools", "real-nginx")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("no ../shared/tools")
	}
	out, err := exec.Command(tool).Output()
	if err != nil {
		t.Fatalf("real-nginx: %v", err)
	}
	var servers []realServer
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		version, path, _ := strings.Cut(s.Text(), "\t")
		servers = append(servers, realServer{version, path})
	}
	return servers
}

// complaint is what nginx -t says first about one file; message is empty where it says nothing about it.
type complaint struct {
	message string
	line    int
}

// emerg matches a line of nginx's error output that names a place.
var emerg = regexp.MustCompile(`(?m)\[emerg\] \d+#\d+: (.*) in (\S.*):(\d+)$`)

// check runs nginx -t on entry and returns its first complaint if it is about file.
func (s realServer) check(t *testing.T, dir, entry, file string) complaint {
	t.Helper()
	cmd := exec.Command(s.path, "-t", "-p", dir, "-c", entry, "-g", "user root;")
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	m := emerg.FindStringSubmatch(string(out))
	if m == nil || m[2] != file {
		return complaint{}
	}
	line, err := strconv.Atoi(m[3])
	if err != nil {
		t.Fatal(err)
	}
	return complaint{m[1], line}
}

// syntax reports whether the complaint is nginx's lexer's or grammar's.
func (c complaint) syntax() bool {
	for _, text := range []string{"unexpected ", "too long parameter", "too long lua", "is not terminated by", "has no opening"} {
		if strings.Contains(c.message, text) {
			return true
		}
	}
	return false
}
