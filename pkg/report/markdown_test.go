package report

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// cells splits a row as GitHub does: at every bar without a backslash before it.
func cells(row string) []string {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(row), "|"), "|")
	return regexp.MustCompile(`(?:^|[^\\])\|`).Split(row, -1)
}

// inert puts a space in place of what Markdown writes itself, code, and characters written by their numbers; what is left may
// have nothing that Markdown, HTML or a host gives a meaning to.
var (
	codeSpan  = regexp.MustCompile("`[^`]+`")
	ourMarkup = regexp.MustCompile(`<code>|</code>|<br>|&#\d+;|\[ \]\(https://github\.com/ngxproof/ngxproof/blob/main/rules/[a-z0-9/-]+\.md\)|^### |\*\*Problem:\*\* `)
	meaning   = regexp.MustCompile("[\\\\`*_\\[\\]<>&|~@#!$]|://|www\\.|[\x00-\x1f\x7f]")
)

func inert(text string) string {
	return meaning.FindString(ourMarkup.ReplaceAllString(codeSpan.ReplaceAllString(text, " "), " "))
}

// checkMarkdown reads the heading, the line of numbers, and the table row by row.
func checkMarkdown(t *testing.T, r Result, o Options) {
	t.Helper()
	text := write(t, "markdown", r, o)
	safe(t, text, false)
	head, table, _ := strings.Cut(text, "\n| Level ")
	for line := range strings.SplitSeq(head, "\n") {
		if bad := inert(line); bad != "" {
			t.Errorf("%q in %q", bad, line)
		}
		if strings.HasPrefix(line, "    ") || regexp.MustCompile(`^(\d+[.)]|[-+=]) ?`).MatchString(line) {
			t.Errorf("a line that is not a paragraph: %q", line)
		}
	}
	o.Suppressed = false
	want := len(hostedFindings(r, o))
	rows := strings.Split(strings.TrimSuffix(table, "\n"), "\n")[1:]
	if want == 0 {
		return
	}
	if len(rows) != want+1 {
		t.Fatalf("%d rows for %d findings:\n%s", len(rows)-1, want, text)
	}
	for _, row := range rows[1:] {
		got := cells(row)
		if len(got) != 5 {
			t.Fatalf("%d cells: %q", len(got), row)
		}
		for _, cell := range got {
			if bad := inert(cell); bad != "" {
				t.Errorf("%q in %q", bad, cell)
			}
		}
	}
}

func TestMarkdownText(t *testing.T) {
	for text, want := range map[string]string{
		"`alias` ends in `/`":   "`alias` ends in `/`",
		"a ` alone":             "a &#96; alone",
		"`a|b` and `c\\`":       "<code>a&#124;b</code> and <code>c&#92;</code>",
		"<b> [x](y) *z*":        "&#60;b&#62; &#91;x&#93;(y) &#42;z&#42;",
		"`a``b`":                "`a`<code>b</code>",
		"a``b":                  "a<code></code>b",
		"http://x.test @y #1\n": "http&#58;//x.test &#64;y &#35;1&#92;n",
	} {
		if got := markdownText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestMarkdownLimit ends a table before GitHub drops the summary, and says what is missing.
func TestMarkdownLimit(t *testing.T) {
	text := write(t, "markdown", many(5000), Options{})
	if len(text) > 1<<20 || !strings.HasSuffix(text, " more findings: the table is as long as GitHub takes it.\n") {
		t.Errorf("%d bytes, at the end %q", len(text), text[len(text)-100:])
	}
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	found := hostedFindings(many(1), Options{})
	writeTable(w, found, Options{}, 2*len(markdownRow(found[1], Options{}))+2)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "\n\n1 more finding: the table is as long as GitHub takes it.\n") {
		t.Errorf("%s", out.String())
	}
}

func TestMarkdownOrder(t *testing.T) {
	text := write(t, "markdown", many(1), Options{})
	if e, i := strings.Index(text, "| error "), strings.Index(text, "| info "); e < 0 || e > i {
		t.Error(text)
	}
	if got := markdownFix(&diag.Fix{Safety: diag.Unsafe}) + markdownFix(&diag.Fix{}) + markdownFix(nil); got != "`--unsafe-fixes`" {
		t.Error(got)
	}
}
