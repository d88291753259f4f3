package cli

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/lint"
)

// TestPanic: a panic is our bug, is said so, and ends with 2.
func TestPanic(t *testing.T) {
	var out, problems bytes.Buffer
	code := Main([]string{"version"}, strings.NewReader(""), &out, &problems, func(string) string { panic("a\x1bb") })
	if code != Failed {
		t.Errorf("exit code %d, want %d", code, Failed)
	}
	if text := problems.String(); !strings.Contains(text, `this is a bug in ngxproof`) || !strings.Contains(text, `a\x1bb`) {
		t.Errorf("it says\n%s", text)
	}
}

// TestPanickingRule: the rule and the file are named, and what else went wrong is said too.
func TestPanickingRule(t *testing.T) {
	var problems bytes.Buffer
	a := &app{err: newWriter(&problems)}
	panicked := &lint.PanicError{Rule: "syntax", File: "nginx.conf", Value: "index out of range", Stack: []byte("stack")}
	a.fail(errors.Join(errors.New("x.conf: not there"), errors.Join(fmt.Errorf("lint: %w", panicked))))
	if err := a.err.Flush(); err != nil {
		t.Fatal(err)
	}
	text := problems.String()
	for _, want := range []string{"ngxproof: x.conf: not there\n", "bug in ngxproof", "rule syntax on nginx.conf: index out of range", "stack"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if a.code != Failed {
		t.Errorf("exit code %d", a.code)
	}
}

// TestBuild: what the Go tool records is what is shown, for a module that was installed and for a working copy.
func TestBuild(t *testing.T) {
	installed := &debug.BuildInfo{Main: debug.Module{Path: "github.com/ngxproof/ngxproof", Version: "v1.2.3"}}
	if b := buildOf(installed); b.Version != "v1.2.3" || b.Commit != "" {
		t.Errorf("go install: %+v", b)
	}
	working := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-22T00:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	b := buildOf(working)
	if b.Version != "devel" || b.Commit != "abc" || !b.Modified {
		t.Errorf("go build: %+v", b)
	}
	var text bytes.Buffer
	b.write(&text)
	if !strings.Contains(text.String(), "commit abc (2026-11-22T00:00:00Z, with changes)\n") {
		t.Errorf("it prints\n%s", text.String())
	}
	if b := buildOf(nil); b.Version != "devel" || b.Go == "" {
		t.Errorf("without information: %+v", b)
	}
}

// TestSize: sizes are written as they are read.
func TestSize(t *testing.T) {
	for text, want := range map[string]size{"1": 1, "1000": 1000, "64MiB": 64 << 20, "512 KiB": 512 << 10, "1GiB": 1 << 30} {
		var s size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
		var again size
		if err := again.Set(s.String()); err != nil || again != want {
			t.Errorf("%s is written as %s, which is read as %d, %v", text, s.String(), again, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "1KB", "2GiB", "9999999999999999999", "1.5MiB"} {
		var s size
		if err := s.Set(text); err == nil {
			t.Errorf("%q is read as %d", text, s)
		}
	}
}

// TestPage: a page is filled to the width, its code is left alone.
func TestPage(t *testing.T) {
	const markdown = "One two three four.\n\n## Bad\n\n```nginx context=http\n\tlisten  80;\n\n```\n\n* first item\n  of two\n* second\n"
	var text bytes.Buffer
	writePage(&text, markdown, painter{}, 12)
	const want = "One two\nthree four.\n\nBad\n\n        listen  80;\n\n\n* first item\n  of two\n* second\n"
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

// TestNearest: a slip of one or two letters finds its name, anything else none.
func TestNearest(t *testing.T) {
	names := []string{"select", "ignore", "root"}
	for word, want := range map[string]string{"selct": "select", "Select": "select", "igonre": "ignore", "rot": "root", "x": "", "": "", "prefix": ""} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
