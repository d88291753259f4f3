package syntax

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

func parseText(text string) *File { return Parse(source.NewFile("test.conf", "test.conf", text)) }

// exact reads a text as nginx does, even if it looks like a template.
func exact(text string) *File { return parse(source.NewFile("test.conf", "test.conf", text), MaxSize) }

// checkTree fails where the tree does not own each byte once, or its values are not those of its text.
func checkTree(t testing.TB, f *File) {
	t.Helper()
	at := 0
	for span := range f.Owned() {
		if span.Start < at || span.End <= span.Start {
			t.Fatalf("span %v after offset %d of %.300q", span, at, f.Text)
		}
		checkBlank(t, f, at, span.Start)
		at = span.End
	}
	checkBlank(t, f, at, len(f.Text))
	if printed := Print(f); printed != f.Text {
		t.Fatalf("prints as %.300q, not %.300q", printed, f.Text)
	}
	for d := range f.All() {
		checkDirective(t, f, d)
	}
	for i := 1; i < len(f.Errors); i++ {
		if f.Errors[i].Span.Start < f.Errors[i-1].Span.Start {
			t.Fatalf("errors out of order: %+v in %.300q", f.Errors, f.Text)
		}
	}
}

func checkBlank(t testing.TB, f *File, start, end int) {
	t.Helper()
	if strings.Trim(f.Text[start:end], " \t\r\n") != "" {
		t.Fatalf("nothing owns %q at %d of %.300q", f.Text[start:end], start, f.Text)
	}
}

func checkDirective(t testing.TB, f *File, d *Directive) {
	t.Helper()
	for _, w := range d.Words {
		raw := f.Slice(w.Span())
		if w.Placeholder {
			continue
		}
		if w.Quote != Bare {
			raw = raw[1:]
		}
		if naiveValue(raw) != w.Value && (w.Quote == Bare || naiveValue(raw[:len(raw)-1]) != w.Value) {
			t.Fatalf("%q has value %q", raw, w.Value)
		}
	}
	if d.Term >= 0 && !strings.Contains(";{", f.Text[d.Term:d.Term+1]) {
		t.Fatalf("ends with %q", f.Text[d.Term:d.Term+1])
	}
	if b := d.Block; b != nil && (b.Open != d.Term || b.Close >= 0 && f.Text[b.Close] != '}') {
		t.Fatalf("block %+v of %q", b, d.Name())
	}
	for _, child := range d.Children() {
		if child.Parent != d {
			t.Fatalf("%q has another parent than %q", child.Name(), d.Name())
		}
	}
	if found := f.At(int(d.Words[0].Start)); found != d {
		t.Fatalf("At(%d) is not %q in %.300q", d.Words[0].Start, d.Name(), f.Text)
	}
}

func TestCorpusPrintsBack(t *testing.T) {
	files, bytes, deepest := 0, 0, 0
	err := filepath.WalkDir(shared(t, "corpus", "files"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text := read(t, path)
		f := parseText(text)
		checkTree(t, f)
		for d := range f.All() {
			if len(f.Errors) == 0 {
				deepest = max(deepest, depth(d))
			}
		}
		files++
		bytes += len(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 1428 {
		t.Errorf("%d files, want 1428", files)
	}
	t.Logf("%d files, %d bytes print back; the deepest directive of those without an error is in %d blocks", files, bytes, deepest)
}

func depth(d *Directive) int {
	n := 0
	for at := d.Parent; at != nil; at = at.Parent {
		n++
	}
	return n
}
