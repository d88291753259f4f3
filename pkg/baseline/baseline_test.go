package baseline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/baseline"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// findings are one finding at each occurrence of the words given in a file's text; the scope is what the test says.
func findings(path, text string, words ...string) []diag.Diagnostic {
	f := source.NewFile(path, path, text)
	var all []diag.Diagnostic
	for _, w := range words {
		for at := 0; ; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			all = append(all, diag.Diagnostic{Rule: "r", Scope: "http/" + w, Message: "m " + w, At: diag.Location{File: f, Span: source.Span{Start: at + i, End: at + i + len(w)}}})
			at += i + len(w)
		}
	}
	return all
}

func plain(f *source.File) string { return f.Name }

func unsilenced(found []baseline.Finding) (n int) {
	for _, f := range found {
		if f.Suppressed == nil {
			n++
		}
	}
	return n
}

func TestSilence(t *testing.T) {
	known := baseline.Of(baseline.Findings(findings("a.conf", "one; two; two;", "one", "two"), plain))
	for name, test := range map[string]struct {
		text      string
		new, gone int
	}{
		"the same":        {"one; two; two;", 0, 0},
		"moved, indented": {"\n\n  two;\n # x\n\ttwo; one;", 0, 0},
		"one less":        {"one; two;", 0, 1},
		"one more":        {"one; two; two; two;", 1, 0},
		"a swap":          {"one; two; three;", 1, 1},
		"all mended":      {"", 0, 3},
	} {
		found := baseline.Findings(findings("a.conf", test.text, "one", "two", "three"), plain)
		gone := known.Silence(found)
		if got := unsilenced(found); got != test.new || baseline.Total(gone) != test.gone {
			t.Errorf("%s: %d new and %d gone, want %d and %d", name, got, baseline.Total(gone), test.new, test.gone)
		}
		if left := known.Without(gone); left.Silence(baseline.Findings(findings("a.conf", test.text, "one", "two"), plain)) != nil {
			t.Errorf("%s: pruned, there are still findings that are gone", name)
		}
	}
}

// TestFolderMakesNoDifference: what a file is called depends on the working folder, its name in the baseline does not.
func TestFolderMakesNoDifference(t *testing.T) {
	base := func(f *source.File) string { return f.Name[strings.LastIndexByte(f.Name, '/')+1:] }
	known := baseline.Of(baseline.Findings(findings("x/a.conf", "one;", "one"), base))
	found := baseline.Findings(findings("../a.conf", "one;", "one"), base)
	if known.Silence(found); unsilenced(found) != 0 || known.Entries[0].File != "a.conf" {
		t.Error("another folder makes another finding")
	}
}

func TestSuppressedIsNotKnown(t *testing.T) {
	all := findings("a.conf", "one; two;", "one", "two")
	all[0].Suppressed = &diag.Suppression{By: "comment"}
	if b := baseline.Of(baseline.Findings(all, plain)); len(b.Entries) != 1 || b.Entries[0].Message != "m two" {
		t.Errorf("%+v", b.Entries)
	}
}

func TestText(t *testing.T) {
	all := append(findings("b.conf", "two; one; two;", "one", "two"), findings("a.conf", "one \"<é>", "one")...)
	b := baseline.Of(baseline.Findings(all, plain))
	text := b.Text()
	lines := strings.Split(text, "\n")
	if len(lines) != 9 || !strings.Contains(lines[3], `"file":"a.conf"`) || !strings.Contains(text, `"count":2,"rule":"r","file":"b.conf","message":"m two"}`) {
		t.Errorf("the file is\n%s", text)
	}
	read, err := baseline.Parse(source.NewFile("b", "b", text))
	if diff := cmp.Diff(b, read); diff != "" || err != nil || read.Text() != text {
		t.Errorf("%v %s", err, diff)
	}
	empty := (&baseline.Baseline{}).Text()
	if read, err := baseline.Parse(source.NewFile("b", "b", empty)); err != nil || len(read.Entries) != 0 {
		t.Errorf("an empty baseline %q: %v", empty, err)
	}
}

func TestBrokenFiles(t *testing.T) {
	const entry = `{"fingerprint":"0123456789abcdef0123456789abcdef","count":1,"rule":"r","file":"f","message":"m"}`
	for text, want := range map[string]string{
		"":                              "b:1:1: the file is empty",
		"{\n  x":                        "b:2:3: invalid character 'x'",
		`{"version":2,"findings":[]}`:   "b: this is version 2",
		`{"version":1}`:                 "b: the key `findings` is missing",
		`{"version":1,"findings":[{}]}`: "b: finding 1 is none",
		`{"version":1,"findings":[` + strings.Replace(entry, `1,"r`, `0,"r`, 1) + `]}`:    "b: finding 1 is none",
		`{"version":1,"findings":[` + entry + `],"more":1}`:                               `unknown field "more"`,
		`{"version":1,"findings":[]} x`:                                                   "something follows",
		`{"version":"1"}`:                                                                 "cannot unmarshal string",
		"{\"version\":1,\"findings\":[\n<<<<<<< a\n" + entry + "\n=======\n>>>>>>> b\n]}": "b:2:1: invalid character '<' looking for beginning of value; resolve the conflict",
	} {
		if _, err := baseline.Parse(source.NewFile("b", "b", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse: no file makes the reader panic, and what it reads it writes and reads again.
func FuzzParse(f *testing.F) {
	f.Add(`{"version":1,"findings":[{"fingerprint":"0123456789abcdef0123456789abcdef","count":1,"rule":"r","file":"f","message":"m"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		b, err := baseline.Parse(source.NewFile("b", "b", text))
		if err != nil {
			return
		}
		again, err := baseline.Parse(source.NewFile("b", "b", b.Text()))
		if err != nil || again.Text() != b.Text() {
			t.Fatalf("%q: %v\n%s\n%s", text, err, b.Text(), again.Text())
		}
	})
}
