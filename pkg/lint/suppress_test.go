package lint

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// suppressing is a registry of two rules beside those about suppressions: `on` about `root`, `other` about `index`.
func suppressing() *Registry {
	set, own := NewSet("sample", fstest.MapFS{}), NewSet("suppression", fstest.MapFS{})
	for i, r := range []Rule{says("on", diag.Warning, "root"), says("other", diag.Warning, "index")} {
		r.Code, r.Versions, r.Tags = fmt.Sprintf("S%03d", i+1), "all", []string{"files"}
		set.Add(r)
	}
	for _, r := range SuppressionRules() {
		own.Add(r)
	}
	return NewRegistry(set, own)
}

// suppressed lints one file and puts what is left as "line rule", what is silenced as "(line rule: reason)".
func suppressed(t *testing.T, choice Choice, opts Options, text string) []string {
	t.Helper()
	sel, err := suppressing().Select(choice)
	if err != nil {
		t.Fatal(err)
	}
	found, err := New(sel, opts).Run(load(t, source.Memory{"nginx.conf": text}))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range found {
		one := fmt.Sprintf("%d %s", d.At.File.Line(d.At.Span.Start), d.Rule)
		if d.Suppressed != nil {
			one = "(" + one + ": " + d.Suppressed.Reason + ")"
		}
		out = append(out, one)
	}
	return out
}

func TestWhatASuppressionCovers(t *testing.T) {
	const c = "# ngxproof:ignore[on] why"
	for name, test := range map[string]struct{ text, want string }{
		"at a line's end":                    {"events {}\nhttp {\nroot a; " + c + "\nroot b;\n}", "(3 on: why), 4 on"},
		"CRLF":                               {"events {}\r\nhttp {\r\nroot a; " + c + "\r\nroot b;\r\n}", "(3 on: why), 4 on"},
		"several statements on the line":     {"events {}\nhttp { root a; server { root b; } " + c + "\nroot b;\n}", "(2 on: why), (2 on: why), 3 on"},
		"a statement over lines, at its end": {"events {}\nhttp {\nroot\n a; " + c + "\n}", "(3 on: why)"},
		"among its words":                    {"events {}\nhttp {\nroot\n " + c + "\n a;\n}", "(3 on: why)"},
		"above a statement":                  {"events {}\nhttp {\n " + c + "\n\n # another\n root a;\n root b;\n}", "(6 on: why), 7 on"},
		"above a block":                      {"events {}\n" + c + "\nhttp {\n root a;\n server {\n root b;\n}}", "(4 on: why), (6 on: why)"},
		"at a block's opening":               {"events {}\nhttp { " + c + "\n root a;\n}", "2 unused-suppression, 3 on"},
		"at the end of a block":              {"events {}\nhttp {\n root a;\n " + c + "\n}", "3 on, 4 unused-suppression"},
		"at a closing brace":                 {"events {}\nhttp {\n root a;\n} " + c, "3 on, 4 unused-suppression"},
		"stacked":                            {"events {}\nhttp {\n # ngxproof:ignore[other] first\n " + c + "\n server { root a; index b; }\n}", "(5 on: why), (5 other: first)"},
		"the whole file":                     {"# ngxproof:ignore-file[on] why\nevents {}\nhttp { root a; }", "(3 on: why)"},
		"the narrowest is used":              {"# ngxproof:ignore-file[on] wide\nevents {}\nhttp { root a; " + c + "\n}", "1 unused-suppression, (3 on: why)"},
		"in Lua":                             {"events {}\nhttp { content_by_lua_block {\n " + c + "\n}\n root a; }", "5 on"},
		"by code, category and tag": {"events {}\nhttp {\n root a; # ngxproof:ignore[s001] 1\n root a; # ngxproof:ignore[sample] 2\n" +
			"root a; #ngxproof:ignore[ files ]: 3\n}", "(3 on: 1), (4 on: 2), (5 on: 3)"},
		"another rule": {"events {}\nhttp {\nroot a; # ngxproof:ignore[other] why\n}", "3 on, 3 unused-suppression"},
		"not closed":   {"events {}\nhttp {\nroot a; # ngxproof:ignore[on\n}", "(3 on: ), 3 suppression-without-reason"},
	} {
		if got := strings.Join(suppressed(t, Choice{}, Options{}, test.text), ", "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestUnusedOnlyIfItRan: what a rule did not look for in full is not judged.
func TestUnusedOnlyIfItRan(t *testing.T) {
	const whole, part = "events {}\nhttp { # ngxproof:ignore[on] why\n}", "server { # ngxproof:ignore[on] why\n}"
	off := map[string]diag.Level{"on": diag.Off}
	v, err := catalog.ParseVersion("1.26.3")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		choice Choice
		opts   Options
		text   string
		unused bool
	}{
		"all rules":           {Choice{}, Options{}, whole, true},
		"one version":         {Choice{}, Options{Target: OneVersion(v)}, whole, true},
		"a fragment":          {Choice{}, Options{}, part, false},
		"a missing file":      {Choice{}, Options{}, whole[:len(whole)-1] + "include x.conf;\n}", false},
		"ignored":             {Choice{Ignore: []string{"on"}}, Options{}, whole, false},
		"not selected":        {Choice{Select: []string{"SUP001"}}, Options{}, whole, false},
		"off":                 {Choice{Levels: off}, Options{}, whole, false},
		"off in some places":  {Choice{Overrides: []Override{{Levels: off}}}, Options{}, whole, false},
		"off in another file": {Choice{Overrides: []Override{{File: func(*source.File) bool { return false }, Levels: off}}}, Options{}, whole, true},
	} {
		if got := len(suppressed(t, test.choice, test.opts, test.text)); (got == 1) != test.unused {
			t.Errorf("%s: %d findings, unused: want %v", name, got, test.unused)
		}
	}
}

// TestUnusedInEveryConfiguration: a comment in a file of several configurations is needed if it is needed in one.
func TestUnusedInEveryConfiguration(t *testing.T) {
	rule := says("on", diag.Warning, "root")
	rule.OnDirective = func(p *Pass, d *config.Directive) {
		if p.Config.Entry.Name == "b.conf" {
			p.Report(diag.Diagnostic{Message: "here", At: Word(d, 0)})
		}
	}
	set, own := NewSet("sample", fstest.MapFS{}), NewSet("suppression", fstest.MapFS{})
	rule.Code, rule.Versions = "S001", "all"
	set.Add(rule)
	for _, r := range SuppressionRules() {
		own.Add(r)
	}
	sel, err := NewRegistry(set, own).Select(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	entry := "events {}\nhttp { include c.conf; }"
	loader := config.NewLoader(source.Memory{"a.conf": entry, "b.conf": entry, "c.conf": "root a; # ngxproof:ignore[on] why"})
	names := []string{"a.conf", "b.conf"}
	for n, want := range map[int]string{1: "unused-suppression", 2: "on"} {
		found, err := New(sel, Options{}).RunAll(t.Context(), n, func(i int) (*config.Config, error) {
			return loader.Load(names[i], config.Options{})
		})
		if err != nil || len(found) != 1 || found[0].Rule != want {
			t.Errorf("%d configurations: %v %v, want %s", n, lines(found), err, want)
		}
	}
}

// TestOverrides: the last override that holds in a place decides.
func TestOverrides(t *testing.T) {
	servers := func(want string) func([]string) bool {
		return func(names []string) bool { return len(names) > 0 && names[0] == want }
	}
	levels := func(l diag.Level) map[string]diag.Level { return map[string]diag.Level{"on": l} }
	const text = "events {}\nhttp { root a;\n server { server_name a; root a; }\n server { server_name b; location / { root a; } }\n}"
	for name, test := range map[string]struct {
		choice Choice
		want   string
	}{
		"none":           {Choice{}, "2 warning, 3 warning, 4 warning"},
		"everywhere":     {Choice{Overrides: []Override{{Levels: levels(diag.Error)}}}, "2 error, 3 error, 4 error"},
		"by server":      {Choice{Overrides: []Override{{Server: servers("b"), Levels: levels(diag.Off)}}}, "2 warning, 3 warning"},
		"on in a place":  {Choice{Levels: levels(diag.Off), Overrides: []Override{{Server: servers("a"), Levels: levels(diag.Info)}}}, "3 info"},
		"the last":       {Choice{Overrides: []Override{{Levels: levels(diag.Off)}, {Server: servers("a"), Levels: levels(diag.Info)}}}, "3 info"},
		"ignore wins":    {Choice{Ignore: []string{"on"}, Overrides: []Override{{Levels: levels(diag.Error)}}}, ""},
		"another file":   {Choice{Overrides: []Override{{File: func(f *source.File) bool { return f.Name == "x" }, Levels: levels(diag.Off)}}}, "2 warning, 3 warning, 4 warning"},
		"a close select": {Choice{Select: []string{"on"}, Overrides: []Override{{Levels: levels(diag.Off)}}}, "2 warning, 3 warning, 4 warning"},
	} {
		sel, err := suppressing().Select(test.choice)
		if err != nil {
			t.Fatal(err)
		}
		found, err := New(sel, Options{}).Run(load(t, source.Memory{"nginx.conf": text}))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range found {
			got = append(got, fmt.Sprintf("%d %s", d.At.File.Line(d.At.Span.Start), d.Level))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// FuzzSuppressions: whatever a comment says, its parts lie within it and removing it leaves the directives alone.
func FuzzSuppressions(f *testing.F) {
	f.Add("a; # ngxproof:ignore[a, b] why\n# ngxproof:ignore-file[x\r\nb { # ngxproof:ignore ]\n}")
	f.Fuzz(func(t *testing.T, text string) {
		file := syntax.Parse(source.NewFile("f", "f", text))
		for _, s := range Suppressions(file) {
			for _, name := range s.Names {
				if file.Slice(name.Span) != name.Name || name.Span.Start < s.List.Start || name.Span.End > s.List.End {
					t.Fatalf("%q: name %+v, list %+v", text, name, s.List)
				}
			}
			edit := s.removal()
			left := syntax.Parse(source.NewFile("f", "f", text[:edit.Span.Start]+text[edit.Span.End:]))
			if got, want := words(left), words(file); got != want {
				t.Fatalf("%q without %+v: %q, want %q", text, edit.Span, got, want)
			}
		}
	})
}

func words(f *syntax.File) string {
	var b strings.Builder
	for d := range f.All() {
		for _, w := range d.Words {
			fmt.Fprintf(&b, "%q ", w.Value)
		}
	}
	return b.String()
}
