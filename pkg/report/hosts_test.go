package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// known are rules as a program has them, one about security and one that is off by default.
func known() []*lint.Rule {
	pages := fstest.MapFS{}
	for _, name := range []string{"connection-header-wrong", "alias-traversal", "noisy"} {
		pages[name+".md"] = &fstest.MapFile{Data: []byte(rulePage(name))}
	}
	ws, security := lint.NewSet("websocket", pages), lint.NewSet("security", pages)
	ws.Add(lint.Rule{Name: "connection-header-wrong", Code: "WS002", Level: diag.Error, Tags: []string{"handshake"}})
	ws.Add(lint.Rule{Name: "noisy", Code: "WS099", Level: diag.Info, Confidence: diag.Medium, Optional: true})
	security.Add(lint.Rule{Name: "alias-traversal", Code: "SEC001", Level: diag.Warning, Tags: []string{"files"}, CWE: 22})
	return lint.NewRegistry(ws, security).Rules()
}

// rulePage is a page with all sections, and cases that are not to be shown.
func rulePage(name string) string {
	page := "# " + name + "\n\nThe summary of `" + name + "`.\n"
	for _, title := range append(lint.PageSections(), lint.SectionMoreCases) {
		page += "\n## " + title + "\n\n"
		if title == lint.SectionBad || title == lint.SectionGood {
			page += "```nginx context=http\nserver {\n}\n```\n"
			continue
		}
		page += "What there is to say about " + strings.ToLower(title) + ".\n\nA second paragraph.\n"
	}
	return page
}

// hostResults are results as every format for hosts must write them.
func hostResults() map[string]Result {
	found, odd, clean, failed := result(), Result{Diagnostics: hard(), Entries: []string{"a", "b"}, Files: 2}, Result{}, Result{}
	found.Known, clean.Known = known(), known()
	clean.Entries, clean.Files, clean.Rules = []string{"nginx.conf"}, 1, 3
	clean.Tool = Tool{"ngxproof", "(devel)"}
	failed.Problems = []string{"secret.conf: permission denied", "b\nad: no such file"}
	return map[string]Result{"": found, "-hard": odd, "-clean": clean, "-failed": failed}
}

func TestHostGolden(t *testing.T) {
	for name, suffix := range map[string]string{
		"sarif": ".json", "github": ".txt", "gitlab": ".json", "junit": ".xml", "markdown": ".md",
	} {
		for kind, r := range hostResults() {
			t.Run(name+kind, func(t *testing.T) {
				golden(t, name+kind+suffix, write(t, name, r, Options{FailLevel: failFrom(diag.Warning)}))
			})
		}
	}
}

// write writes a result twice, which must give the same.
func write(t testing.TB, name string, r Result, o Options) string {
	t.Helper()
	format, ok := Lookup(name)
	if !ok {
		t.Fatalf("no format %s", name)
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := format(out, r, o); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Errorf("%s: two runs differ", name)
	}
	return first.String()
}

// TestRepository writes files by the names that the repository has for them, in every format for hosts.
func TestRepository(t *testing.T) {
	r := Result{Diagnostics: []diag.Diagnostic{websocket()}, Entries: []string{"conf.d/ws.conf"}, Files: 1}
	o := Options{FailLevel: failFrom(diag.Error), Repository: func(name string) string { return "./deploy/" + name }}
	for _, name := range []string{"sarif", "github", "gitlab", "junit", "markdown"} {
		got := write(t, name, r, o)
		if all, moved := strings.Count(got, "conf.d/ws.conf"), strings.Count(got, "deploy/conf.d/ws.conf"); all == 0 || all != moved {
			t.Errorf("%s: %d of %d names are the repository's", name, moved, all)
		}
		if strings.Contains(got, "./deploy") {
			t.Errorf("%s: a name begins with ./", name)
		}
	}
}

// TestSuppressedLeftOut makes sure that no host is told of what was silenced, but for SARIF on request.
func TestSuppressedLeftOut(t *testing.T) {
	r := Result{Diagnostics: []diag.Diagnostic{alias(), websocket()}}
	for i := range r.Diagnostics {
		r.Diagnostics[i].Suppressed = &diag.Suppression{By: "baseline", Reason: "known"}
	}
	r.Diagnostics[0].Suppressed = &diag.Suppression{By: "comment", Reason: "not served", At: r.Diagnostics[0].At}
	for _, name := range []string{"sarif", "github", "gitlab", "junit", "markdown"} {
		for _, asked := range []bool{false, true} {
			got := write(t, name, r, Options{Suppressed: asked})
			if told := strings.Contains(got, "alias-traversal"); told != (asked && name == "sarif") {
				t.Errorf("%s, suppressed %v: told of %v", name, asked, told)
			}
		}
	}
	log := readSARIF(t, write(t, "sarif", r, Options{Suppressed: true}))
	var kinds []string
	for _, result := range log.Runs[0].Results {
		kinds = append(kinds, result.Suppressions[0].Kind+" "+string(result.Suppressions[0].Justification))
	}
	if diff := cmp.Diff([]string{"inSource not served", "external known"}, kinds); diff != "" {
		t.Error(diff)
	}
}

// many returns n findings of each level, the mildest first, at lines of one file.
func many(n int) Result {
	f := file("many.conf", strings.Repeat("directive;\n", 3*n))
	var r Result
	for level := diag.Info; level <= diag.Error; level++ {
		for i := range n {
			at := (int(level-diag.Info)*n + i) * len("directive;\n")
			r.Diagnostics = append(r.Diagnostics, diag.Diagnostic{
				Rule: "many", Category: "test", Level: level, Message: fmt.Sprintf("%s number %d", level, i),
				At: diag.Location{File: f, Span: source.Span{Start: at, End: at + 9}}, Scope: fmt.Sprintf("%s%d", level, i),
				Fix: &diag.Fix{Safety: diag.Safe, Title: "mend it", Edits: []diag.Edit{
					{Location: diag.Location{File: f, Span: source.Span{Start: at, End: at}}, Text: "# "}}},
			})
		}
	}
	return r
}

// TestPlaces moves what is after the last line onto it, and leaves everything else.
func TestPlaces(t *testing.T) {
	tests := []struct {
		text       string
		start, end int
		want       string
	}{
		{"a;\nb {\n", 7, 7, "2:4-2:4"},
		{"a;\nb {\r\n", 8, 8, "2:4-2:4"},
		{"a;\nb {\n", 3, 7, "2:1-2:4"},
		{"a;\nb {", 6, 6, "2:4-2:4"},
		{"\n", 1, 1, "1:1-1:1"},
		{"", 0, 0, "1:1-1:1"},
		{"a", 9, 3, "1:2-1:2"},
		{"a \U0001F468 b", 7, 8, "1:5-1:6"},
	}
	for _, test := range tests {
		f := file("f", test.text)
		start, end := shown(diag.Location{File: f, Span: source.Span{Start: test.start, End: test.end}})
		if got := fmt.Sprintf("%d:%d-%d:%d", start.Line, start.Column, end.Line, end.Column); got != test.want {
			t.Errorf("%q, %d to %d: %s, want %s", test.text, test.start, test.end, got, test.want)
		}
	}
}

// TestThirdParty makes sure that what others wrote is there with its licence.
func TestThirdParty(t *testing.T) {
	notes, err := os.ReadFile("testdata/third-party/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("testdata/third-party")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "README.md" && !strings.Contains(string(notes), "`"+f.Name()+"`") {
			t.Errorf("%s: no word about its licence", filepath.Join("testdata/third-party", f.Name()))
		}
	}
}

// hostile are strings that try to get out of each format.
func hostile() []string {
	return []string{
		"%,:\r\n::error::x%0A", "##[error]x", "::stop-commands::x", "]]>", "</failure>", "<!-- -->", "&amp;", "\x00\x1b[31m\x85\u2028\ufffe\uffff",
		"\xff\xfe", "| a | b |", "`a|b\\`", "`` ` ```", "[a](b)", "](1)", "[", "\\[\\](", "*_~#@x!$$", "http://a.test www.a.test a@b.test", "<script>",
		"{0} {{", "\U0001F468\u200D\U0001F469", "- x", "1. x", "    x", "\t", "", "a:b\\c", "C:/x", "/abs/x", "../up", "./here", "//host/share", "%41",
	}
}

// hostileResults are findings in which every text is a hostile one.
func hostileResult(s string) Result {
	d := websocket()
	f := file(s, s+"\n"+s)
	whole := diag.Location{File: f, Span: source.Span{End: len(f.Text)}}
	d.Rule, d.Category, d.Message, d.Help, d.Note, d.At, d.Nginx = s, s, s, s, s, whole, []string{s}
	d.Labels = append(d.Labels, label(whole, s))
	d.Chain = []diag.Label{label(whole, s)}
	d.Fix = &diag.Fix{Safety: diag.Unsafe, Title: s, Risk: s, Edits: []diag.Edit{{Location: whole, Text: s}}}
	silenced := d
	silenced.Suppressed = &diag.Suppression{At: whole, By: "comment", Reason: s}
	milder := d
	milder.Level = diag.Info
	return Result{Diagnostics: []diag.Diagnostic{d, silenced, milder}, Entries: []string{s}, Files: 1,
		Problems: []string{s}, Tool: Tool{s, s}}
}

// checkHosts reads what every format for hosts writes as its host does.
func checkHosts(t *testing.T, r Result, o Options) {
	t.Helper()
	checkSARIF(t, r, o)
	checkGitHub(t, r, o)
	checkGitLab(t, r, o)
	checkJUnit(t, r, o)
	checkMarkdown(t, r, o)
}

func TestHostile(t *testing.T) {
	for _, s := range hostile() {
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) {
			checkHosts(t, hostileResult(s), Options{Suppressed: true, FailLevel: failFrom(diag.Warning)})
		})
	}
	for kind, r := range hostResults() {
		t.Run("result"+kind, func(t *testing.T) { checkHosts(t, r, Options{FailLevel: failFrom(diag.Info)}) })
	}
}

func FuzzHosts(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s, s, s, 0, len(s))
	}
	f.Add("server {\n\tlisten 80;\n}\n", "a.conf", "message `x`", 8, 10)
	f.Add("\U0001F468\n\xff\r\n\U0001F468", "a b", "x", 0, 11)
	f.Fuzz(func(t *testing.T, text, name, message string, a, b int) {
		if len(text)+len(name)+len(message) > 1<<12 {
			return
		}
		r := hostileResult(message)
		config := source.NewFile(name, name, text)
		span := source.Span{Start: max(0, min(a, len(text)))}
		span.End = max(span.Start, min(b, len(text)))
		d := &r.Diagnostics[0]
		d.At = diag.Location{File: config, Span: span}
		d.Fix.Edits = []diag.Edit{{Location: d.At, Text: message}}
		checkHosts(t, r, Options{FailLevel: failFrom(diag.Warning)})
	})
}

// TestMissingPage is our own mistake: it is an error, not a log without a rule.
func TestMissingPage(t *testing.T) {
	set := lint.NewSet("websocket", fstest.MapFS{})
	rule := set.Add(lint.Rule{Name: "x"})
	var out bytes.Buffer
	if err := SARIF(&out, Result{Known: []*lint.Rule{rule}}, Options{}); !errors.Is(err, os.ErrNotExist) || out.Len() > 0 {
		t.Errorf("error %v, %d bytes written", err, out.Len())
	}
}
