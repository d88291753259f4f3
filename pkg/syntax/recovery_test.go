package syntax

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestRecovery compares what is made of each broken file in testdata/recovery with the file of that name that ends in
// .golden: the errors with carets, the suspects, and the tree.
func TestRecovery(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "recovery", "*.conf"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range paths {
		f := parseText(strings.ReplaceAll(read(t, path), "\r\n", "\n"))
		checkTree(t, f)
		if diff := compare(f, naiveReading(f.Text)); diff != "" && !strings.Contains(f.Text, "lua_block") {
			t.Errorf("%s: %s than the naive reading", path, diff)
		}
		golden := strings.TrimSuffix(path, ".conf") + ".golden"
		got := picture(f)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want := strings.ReplaceAll(read(t, golden), "\r\n", "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
		}
	}
	t.Logf("%d broken files", len(paths))
}

func picture(f *File) string {
	var b strings.Builder
	for _, e := range f.Errors {
		fmt.Fprintf(&b, "line %d: %s\n", e.Line, e.Message)
		carets(&b, f, e.Span, e.Note)
		if e.Related != (source.Span{}) {
			carets(&b, f, e.Related, e.RelatedNote)
		}
		if e.Insert != "" {
			fmt.Fprintf(&b, "    insert %s after %q\n", e.Insert, f.Text[max(0, e.InsertAt-8):e.InsertAt])
		}
	}
	for _, s := range f.Suspects {
		kind := []string{"missing semicolon before", "swallowed } in", "swallowed { in"}[s.Kind]
		fmt.Fprintf(&b, "suspect: %s\n", kind)
		carets(&b, f, s.Directive.Words[s.Word].Span(), "")
	}
	for _, s := range f.Skipped {
		fmt.Fprintf(&b, "skipped: %q\n", f.Slice(s))
	}
	pictureOf(&b, f.Directives, "")
	return b.String()
}

func carets(b *strings.Builder, f *File, span source.Span, note string) {
	at := f.Position(span.Start)
	width := max(1, min(span.End, f.LineSpan(at.Line).End)-span.Start)
	fmt.Fprintf(b, "%4d| %s\n    | %s%s\n", at.Line, f.Slice(f.LineSpan(at.Line)),
		strings.Repeat(" ", at.Column-1), strings.TrimSpace(strings.Repeat("^", width)+" "+note))
}

func pictureOf(b *strings.Builder, directives []*Directive, indent string) {
	for _, d := range directives {
		b.WriteString(indent)
		for _, w := range d.Words {
			fmt.Fprintf(b, "%q ", w.Value)
		}
		switch {
		case d.Term < 0:
			b.WriteString("(no terminator)\n")
		case d.Block == nil:
			b.WriteString(";\n")
		default:
			b.WriteString("{\n")
			if d.Block.Raw {
				b.WriteString(indent + "    raw\n")
			}
			pictureOf(b, d.Block.Directives, indent+"    ")
			if d.Block.Close < 0 {
				b.WriteString(indent + "(not closed)\n")
			} else {
				b.WriteString(indent + "}\n")
			}
		}
	}
}
