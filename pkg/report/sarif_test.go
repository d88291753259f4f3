package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// sarifSchema is the schema of OASIS, with its formats checked.
var sarifSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, err := os.ReadFile("testdata/third-party/sarif-schema-2.1.0.json")
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("sarif.json")
})

func validateSARIF(t testing.TB, text string) error {
	t.Helper()
	schema, err := sarifSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

func readSARIF(t testing.TB, text string) sarifLog {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var log sarifLog
	if err := d.Decode(&log); err != nil {
		t.Fatal(err)
	}
	return log
}

// checkSARIF validates a log against the schema and then by what code scanning demands beyond it.
func checkSARIF(t *testing.T, r Result, o Options) {
	t.Helper()
	text := write(t, "sarif", r, o)
	if err := validateSARIF(t, text); err != nil {
		t.Errorf("%v\n%s", err, text)
		return
	}
	run := readSARIF(t, text).Runs[0]
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if ids[rule.ID] || rule.ID == rule.Name || rule.Help.Text == "" || rule.Help.Markdown == "" ||
			len(rule.ShortDescription.Text) > 1024 || len(rule.FullDescription.Text) > 1024 || len(rule.Name) > 255 || len(rule.Properties.Tags) > 20 {
			t.Errorf("rule %+v", rule)
		}
		ids[rule.ID] = true
	}
	for i, result := range run.Results {
		checkResult(t, run, result)
		checkFix(t, hostedFindings(r, o)[i], result)
	}
}

// links are what a text message links to.
var links = regexp.MustCompile(`\[(?:[^\[\]\\]|\\.)*\]\((\d+)\)`)

func checkResult(t *testing.T, run sarifRun, result sarifResult) {
	t.Helper()
	if i := result.RuleIndex; i != nil && run.Tool.Driver.Rules[*i].ID != string(result.RuleID) {
		t.Errorf("rule %d is not %s", *i, result.RuleID)
	}
	if result.Message.Text == "" {
		t.Error("a result without a message")
	}
	var linked []string
	for _, m := range links.FindAllStringSubmatch(string(result.Message.Text), -1) {
		linked = append(linked, m[1])
	}
	for i, at := range result.RelatedLocations {
		if at.ID != i+1 || at.Message == nil {
			t.Errorf("place %d: %+v", i, at)
		}
	}
	if len(linked) != len(result.RelatedLocations) || len(linked) > 0 && linked[len(linked)-1] != strconv.Itoa(len(linked)) {
		t.Errorf("%q links to %q, there are %d places", result.Message.Text, linked, len(result.RelatedLocations))
	}
	for _, at := range slices.Concat(result.Locations, result.RelatedLocations) {
		checkURI(t, at.Physical.Artifact)
		checkRegion(t, at.Physical.Region)
	}
}

func checkURI(t *testing.T, at sarifArtifact) {
	t.Helper()
	u, err := url.Parse(at.URI)
	switch {
	case err != nil:
		t.Errorf("uri %q: %v", at.URI, err)
	case at.Base == "" && u.Scheme != "file":
		t.Errorf("uri %q has no base", at.URI)
	case at.Base != "" && (at.Base != "%SRCROOT%" || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || strings.HasPrefix(u.Path, "/")):
		t.Errorf("uri %q is not relative to %s", at.URI, at.Base)
	}
}

func checkRegion(t *testing.T, r sarifRegion) {
	t.Helper()
	if r.StartLine < 1 || r.StartColumn < 1 || r.EndLine < r.StartLine || r.EndLine == r.StartLine && r.EndColumn < r.StartColumn || r.EndColumn < 1 {
		t.Errorf("region %+v", r)
	}
}

// checkFix applies the replacements as a reader of SARIF does, by line and UTF-16 column, and compares with what the
// edits' bytes make of the file.
func checkFix(t *testing.T, d hosted, result sarifResult) {
	t.Helper()
	if len(result.Fixes) == 0 {
		if d.Fix != nil && d.Fix.Safety != diag.Display {
			t.Error("the fix is missing")
		}
		return
	}
	edits := map[string][]diag.Edit{}
	files := map[string]*source.File{}
	s := sarifWriter{}
	for _, edit := range d.Fix.Edits {
		uri := s.artifact(edit.File).URI
		files[uri] = edit.File
		edits[uri] = append(edits[uri], edit)
	}
	if len(result.Fixes[0].Changes) != len(edits) {
		t.Errorf("changes of %d files, want %d", len(result.Fixes[0].Changes), len(edits))
	}
	for _, change := range result.Fixes[0].Changes {
		f := files[change.Artifact.URI]
		if !utf8.ValidString(f.Text) { // no reader counts in bytes that are no text alike
			continue
		}
		want, got := f.Text, f.Text
		all := slices.Clone(edits[change.Artifact.URI])
		slices.SortStableFunc(all, func(a, b diag.Edit) int { return a.Span.Start - b.Span.Start })
		for _, edit := range slices.Backward(all) {
			want = want[:edit.Span.Start] + edit.Text + want[edit.Span.End:]
		}
		for _, r := range slices.Backward(change.Replacements) {
			start, end := offset(f.Text, r.Deleted.StartLine, r.Deleted.StartColumn), offset(f.Text, r.Deleted.EndLine, r.Deleted.EndColumn)
			inserted := ""
			if r.Inserted != nil {
				inserted = r.Inserted.Text + string(r.Inserted.Binary)
			}
			got = got[:start] + inserted + got[end:]
		}
		if got != want {
			t.Errorf("the replacements give %q, the edits %q", got, want)
		}
	}
}

// offset finds a line and UTF-16 column in a text, the slow way.
func offset(text string, line, column int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	for range text[at:] {
		if column <= 1 {
			break
		}
		r, n := utf8.DecodeRuneInString(text[at:])
		column -= utf16.RuneLen(r)
		at += n
	}
	return at
}

// TestSARIFSchemaRefuses makes sure that the schema and its formats say something.
func TestSARIFSchemaRefuses(t *testing.T) {
	text := write(t, "sarif", hostResults()[""], Options{})
	if err := validateSARIF(t, text); err != nil {
		t.Fatal(err)
	}
	for old, broken := range map[string]string{
		`"version": "2.1.0"`: `"version": "2.2.0"`, `"level": "error"`: `"level": "info"`, `"runs":`: `"run":`,
		`"text": "`: `"txt": "`, `"uri": "conf.d/`: `"uri": "::%zz`, `"startLine": `: `"startLine": -`, `"utf16CodeUnits"`: `"bytes"`,
		`"ruleIndex": `: `"ruleIndex": -2`, `"replacements":`: `"edits":`, `"executionSuccessful":`: `"ok":`,
	} {
		if !strings.Contains(text, old) {
			t.Errorf("there is no %s", old)
		} else if validateSARIF(t, strings.Replace(text, old, broken, 1)) == nil {
			t.Errorf("valid with %s", broken)
		}
	}
}

// TestSARIFRules writes all rules, found or not, and the same ones in every run.
func TestSARIFRules(t *testing.T) {
	clean := readSARIF(t, write(t, "sarif", hostResults()["-clean"], Options{})).Runs[0].Tool.Driver
	rules := clean.Rules
	for i, want := range []string{
		"alias-traversal AliasTraversal [SEC001] true warning [security files external/cwe/cwe-022] high warning 5.0",
		"connection-header-wrong ConnectionHeaderWrong [WS002] true error [websocket handshake] high error ",
		"noisy Noisy [WS099] false note [websocket] medium recommendation ",
	} {
		r := rules[i]
		got := fmt.Sprint(r.ID, " ", r.Name, " ", r.DeprecatedIDs, " ", r.Configuration.Enabled, " ", r.Configuration.Level, " ",
			r.Properties.Tags, " ", r.Properties.Precision, " ", r.Properties.ProblemSeverity, " ", r.Properties.SecuritySeverity)
		if got != want {
			t.Errorf("rule %d is %s, want %s", i, got, want)
		}
		if strings.Contains(r.Help.Markdown, "More cases") || !strings.Contains(r.Help.Markdown, "```nginx") || strings.Contains(r.Help.Text, "```") {
			t.Errorf("help of %s:\n%s\n%s", r.ID, r.Help.Markdown, r.Help.Text)
		}
	}
	found := readSARIF(t, write(t, "sarif", hostResults()[""], Options{})).Runs[0].Tool.Driver
	if a, b := fmt.Sprint(clean.Rules), fmt.Sprint(found.Rules); a != b {
		t.Errorf("rules depend on findings:\n%s\n%s", a, b)
	}
	if clean.SemanticVersion != "" || found.SemanticVersion != "1.2.3" {
		t.Errorf("semantic versions %q and %q", clean.SemanticVersion, found.SemanticVersion)
	}
}

func TestBrief(t *testing.T) {
	long := strings.Repeat("ż ", 1000)
	if got := brief(long); len(got) > 1024 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := brief("a\n b."); got != "a b." {
		t.Errorf("%q", got)
	}
}

// TestSARIFLimits cuts a log where GitHub would refuse it: fixes first, then the mildest findings, and says so.
func TestSARIFLimits(t *testing.T) {
	r := many(4)
	tests := []struct {
		limits sarifLimits
		levels string
		kept   int
		fixes  bool
		notes  int
	}{
		{sarifLimits{12, 12, 1 << 20}, "info warning error", 12, true, 0},
		{sarifLimits{25, 5, 1 << 20}, "info warning error", 12, true, 1},
		{sarifLimits{6, 6, 1 << 20}, "warning error", 6, true, 1},
		{sarifLimits{4, 4, 1 << 20}, "error", 4, true, 1},
		{sarifLimits{12, 12, 1000}, "warning error", 6, false, 2},
		{sarifLimits{12, 12, 1}, "", 0, false, 2},
	}
	for _, test := range tests {
		s := &sarifWriter{rules: map[string]int{}, hashes: map[*source.File][]string{}, fixes: true}
		text, notes, err := s.fit(r, []sarifRule{}, test.limits)
		if err != nil {
			t.Fatal(err)
		}
		if err := validateSARIF(t, string(text)); err != nil {
			t.Error(err)
		}
		run := readSARIF(t, string(text)).Runs[0]
		var got []string
		fixes := false
		for _, result := range run.Results {
			got = append(got, map[string]string{"note": "info"}[result.Level]+strings.TrimPrefix(result.Level, "note"))
			fixes = fixes || len(result.Fixes) > 0
		}
		if list := strings.Join(slices.Compact(got), " "); list != test.levels || len(got) != test.kept || fixes != test.fixes ||
			len(notes) != test.notes || len(run.Invocations[0].Notifications) != test.notes {
			t.Errorf("%+v: %d of %s, fixes %v, notes %q", test.limits, len(got), list, fixes, notes)
		}
	}
}

// TestSARIFWarns writes more than GitHub shows, for real.
func TestSARIFWarns(t *testing.T) {
	var said []string
	o := Options{Warn: func(line string) { said = append(said, line) }}
	var out bytes.Buffer
	if err := SARIF(&out, many(2000), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"of the 6000 findings in the SARIF log GitHub shows the worst 5000"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
}

func TestUnlinked(t *testing.T) {
	for text, want := range map[string]string{
		"a `[0-9]+` b": "a `[0-9]+` b", "[a](b)": `\[a\](b)`, "a [ b": `a \[ b`, "] [": `\] \[`, `[\]`: `[\]`, `\[a](1)`: `\\\[a\](1)`,
	} {
		if got := unlinked(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}
