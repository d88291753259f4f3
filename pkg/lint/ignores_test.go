package lint

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// ignored lints a file, adds comments and lints it again; it returns the text and what is left.
func ignored(t *testing.T, text string) (string, []diag.Diagnostic) {
	t.Helper()
	sel, err := suppressing().Select(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	lint := func(text string) (*config.Config, []diag.Diagnostic) {
		cfg := load(t, source.Memory{"nginx.conf": text})
		found, err := New(sel, Options{}).Run(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return cfg, found
	}
	cfg, found := lint(text)
	after := AddIgnores(cfg.Entry, found, "why")
	_, left := lint(after)
	var open []diag.Diagnostic
	for _, d := range left {
		if d.Suppressed == nil {
			open = append(open, d)
		}
	}
	return after, open
}

func TestAddIgnores(t *testing.T) {
	const on = "# ngxproof:ignore[on] why"
	for name, test := range map[string]struct{ text, want string }{
		"nothing":                   {"events {}\nhttp {\n}\n", "events {}\nhttp {\n}\n"},
		"at the line's end":         {"http {\n root a;\n}\n", "http {\n root a; " + on + "\n}\n"},
		"CRLF":                      {"http {\r\n root a;\r\n}\r\n", "http {\r\n root a; " + on + "\r\n}\r\n"},
		"blanks at the end":         {"http {\n root a; \t\n}\n", "http {\n root a; \t " + on + "\n}\n"},
		"no line end":               {"http { root a; }", "http { root a; } " + on},
		"two rules, one line":       {"http { root a; index b; }\n", "http { root a; index b; } # ngxproof:ignore[on, other] why\n"},
		"a comment is there":        {"http {\n\troot a; # old\n}\n", "http {\n\t" + on + "\n\troot a; # old\n}\n"},
		"a comment, CRLF":           {"http {\r\n\troot a; # old\r\n}\r\n", "http {\r\n\t" + on + "\r\n\troot a; # old\r\n}\r\n"},
		"over two lines":            {"http {\n root\n  a;\n}\n", "http {\n root\n  a; " + on + "\n}\n"},
		"a quoted line end":         {"http {\n root a; log_format x 'b\nc';\n}\n", "http {\n " + on + "\n root a; log_format x 'b\nc';\n}\n"},
		"behind a quoted line end":  {"http {\n log_format x 'b\nc'; root a; log_format y 'b\nc'; # old\n}\n", "http {\n log_format x 'b\nc';\n" + on + "\nroot a; log_format y 'b\nc'; # old\n}\n"},
		"two statements, a comment": {"http {\r\n  gzip on;  root a; # old\r\n}\r\n", "http {\r\n  gzip on;\r\n  " + on + "\r\n  root a; # old\r\n}\r\n"},
		"a block's, a comment":      {"http {root a;} # old\n", "http {\n" + on + "\nroot a;} # old\n"},
		"before Lua":                {"http {\n root a; content_by_lua_block {\n x = 1\n}\n}\n", "http {\n " + on + "\n root a; content_by_lua_block {\n x = 1\n}\n}\n"},
	} {
		got, left := ignored(t, test.text)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(left) > 0 {
			t.Errorf("%s: left: %q", name, lines(left))
		}
	}
}

// TestAddIgnoresLeavesComments: what a comment is blamed for is not silenced by another one.
func TestAddIgnoresLeavesComments(t *testing.T) {
	const text = "http {\n root a; # ngxproof:ignore[onn] x\n}\n"
	got, left := ignored(t, text)
	if want := strings.Replace(text, " root", " # ngxproof:ignore[on] why\n root", 1); got != want || len(left) != 1 || left[0].Rule != unknownSuppression {
		t.Errorf("%q, left %q", got, lines(left))
	}
}

// TestAddIgnoresNarrowly: a finding about no statement is left, since a comment for what is around it would silence more.
func TestAddIgnoresNarrowly(t *testing.T) {
	const text = "http {\n    gzip on\n}\n"
	file := syntax.Parse(source.NewFile("f", "f", text))
	brace := strings.Index(text, "}")
	for _, at := range []int{brace, len(text)} {
		found := []diag.Diagnostic{{Rule: "on", At: diag.Location{File: file.File, Span: source.Span{Start: at, End: at}}}}
		if got := AddIgnores(file, found, "why"); got != text {
			t.Errorf("%d: %q", at, got)
		}
	}
}

// FuzzAddIgnores: comments never change what a file says, and only findings about comments stay where some were added.
func FuzzAddIgnores(f *testing.F) {
	f.Add("http { root a; server {\n root 'b\n'; # c\n index x; } }\r\n", 5)
	f.Add("root a; b_by_lua_block { root a; }\n}", 0)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		file := syntax.Parse(source.NewFile("f", "f", text))
		at := max(0, min(offset, len(text)))
		found := []diag.Diagnostic{{Rule: "on", At: diag.Location{File: file.File, Span: source.Span{Start: at, End: at}}}}
		for d := range file.All() {
			found = append(found, diag.Diagnostic{Rule: "on", At: diag.Location{File: file.File, Span: d.Head()}})
		}
		after := syntax.Parse(source.NewFile("f", "f", AddIgnores(file, found, "why")))
		if got, want := words(after), words(file); got != want {
			t.Fatalf("%q became %q", text, after.Text)
		}
	})
}
