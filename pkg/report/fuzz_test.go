package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// ours are the colour sequences that the report itself writes.
var ours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func FuzzFull(f *testing.F) {
	f.Add("server {\n\tlisten 80;\n}\n", "a.conf", "message", 8, 10, 0, 6, 2, 9, 80, true)
	f.Add("\ufeff\x00\x1b[31m\xff\u0301\t例\r\n", "a\n\x1b", "\x1b]0;x\x07", 2, 1, -5, 99, 3, 3, 0, false)
	f.Add("", "", "", 0, 0, 0, 0, 0, 0, 21, true)
	f.Add(strings.Repeat("0123456789", 1000), "l", "m", 5000, 5004, 9999, 10000, 0, 10000, 40, false)
	f.Fuzz(func(t *testing.T, text, name, message string, a, b, c, d, e, g, width int, color bool) {
		if len(text) > 1<<16 {
			return
		}
		file := source.NewFile(name, name, text)
		loc := func(start, end int) diag.Location {
			return diag.Location{File: file, Span: source.Span{Start: start, End: end}}
		}
		finding := diag.Diagnostic{
			Rule: message, Message: message, Level: diag.Level(uint(a) % 4), At: loc(a, b), Note: message, Help: message,
			Nginx:  []string{message},
			Labels: []diag.Label{{Location: loc(c, d), Message: message}, {Location: loc(e, g), Message: name}, {Location: loc(b, c)}},
			Chain:  []diag.Label{{Location: loc(g, a), Message: message}},
			Fix: &diag.Fix{Title: message, Risk: name, Edits: []diag.Edit{
				{Location: loc(a, b), Text: message}, {Location: loc(c, d), Text: name}, {Location: loc(e, g), Text: text}}},
			Evidence: &diag.Evidence{Client: message, Head: text, Lines: []diag.EvidenceLine{
				{Text: message, Origin: "client", At: loc(d, e), DroppedBy: name, Wrong: color}, {Text: name, Wrong: true, At: loc(a, c)}}},
		}
		r := Result{Diagnostics: []diag.Diagnostic{finding}, Entries: []string{name}, Files: 1}
		for _, format := range []Format{Full, Concise} {
			var out bytes.Buffer
			if err := format(&out, r, Options{Color: color, Width: width}); err != nil {
				t.Fatal(err)
			}
			safe(t, out.String(), color)
		}
		var out bytes.Buffer
		if err := JSON(&out, r, Options{}); err != nil || !utf8.Valid(out.Bytes()) {
			t.Fatalf("json: %v: %q", err, out.String())
		}
	})
}

// safe fails where text would do anything to a terminal but write lines in our colours.
func safe(t *testing.T, text string, color bool) {
	t.Helper()
	if color {
		text = ours.ReplaceAllString(text, "")
	}
	if !utf8.ValidString(text) {
		t.Fatalf("not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || r == '\u202e' || r == '\u2028' {
			t.Fatalf("%U in %q", r, text)
		}
	}
}

// TestFrameCost writes findings in a file of one endless line: each looks at a part of it only.
func TestFrameCost(t *testing.T) {
	f := source.NewFile("one.conf", "one.conf", strings.Repeat("a 例; ", 200_000))
	var r Result
	for at := 0; at < len(f.Text); at += 6000 {
		r.Diagnostics = append(r.Diagnostics, diag.Diagnostic{Rule: "r", Level: diag.Error, Message: "m",
			At: diag.Location{File: f, Span: source.Span{Start: at, End: at + 1}}})
	}
	var out bytes.Buffer
	if err := Full(&out, r, Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if per := out.Len() / len(r.Diagnostics); per > 400 {
		t.Errorf("%d bytes a finding", per)
	}
}
