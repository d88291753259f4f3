package lint

import (
	"context"
	"errors"
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

// linter returns a linter of the rules alone.
func linter(t *testing.T, choice Choice, rules ...Rule) *Linter {
	t.Helper()
	set := NewSet("sample", fstest.MapFS{})
	for i, r := range rules {
		r.Code = fmt.Sprintf("S%03d", i+1)
		set.Add(r)
	}
	sel, err := NewRegistry(set).Select(choice)
	if err != nil {
		t.Fatal(err)
	}
	return New(sel, Options{})
}

func load(t *testing.T, files source.Memory) *config.Config {
	t.Helper()
	cfg, err := config.NewLoader(files).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// lines puts findings as "file:line rule level: message".
func lines(findings []diag.Diagnostic) []string {
	var out []string
	for _, d := range findings {
		at := d.At.File.Position(d.At.Span.Start)
		out = append(out, fmt.Sprintf("%s:%d %s %s: %s", d.At.File.Name, at.Line, d.Rule, d.Level, d.Message))
	}
	return out
}

func check(t *testing.T, got []diag.Diagnostic, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Error(diff)
	}
}

var twice = source.Memory{
	"nginx.conf": "events {}\nhttp {\n server {\n  include a.conf;\n  location / {\n   include a.conf;\n  }\n }\n}\n",
	"a.conf":     "root /srv;\nadd_header A b;\n",
}

// says is a rule that says the same of each directive of the names.
func says(name string, level diag.Level, directives ...string) Rule {
	return Rule{
		Name: name, Level: level, Directives: directives,
		OnDirective: func(p *Pass, d *config.Directive) {
			p.Report(diag.Diagnostic{Message: "here", At: Word(d, 0)})
		},
	}
}

// TestSameFindingOnce: a file that is included twice is reported once, with the chain and scope of the first inclusion,
// unless it says another thing in the other place.
func TestSameFindingOnce(t *testing.T) {
	parent := says("parent", diag.Info, "add_header")
	parent.OnDirective = func(p *Pass, d *config.Directive) {
		p.Report(diag.Diagnostic{Message: "in " + d.Parent.Name(), At: Word(d, 0), Level: diag.Warning})
	}
	got, err := linter(t, Choice{}, says("same", diag.Error, "root"), parent).Run(load(t, twice))
	if err != nil {
		t.Fatal(err)
	}
	check(t, got, "a.conf:1 same error: here", "a.conf:2 parent warning: in location", "a.conf:2 parent warning: in server")
	first := got[0]
	if first.Scope != "http/server/root[/srv]" || len(first.Chain) != 1 || first.Chain[0].File.Line(first.Chain[0].Span.Start) != 4 {
		t.Errorf("scope %q, chain %+v", first.Scope, first.Chain)
	}
	if first.Code != "S001" || first.Category != "sample" || first.Confidence != diag.High {
		t.Errorf("not filled in: %+v", first)
	}
}

// TestSupersedes: the cause is left, of a chain of rules the first, and only where it is about the same directive.
func TestSupersedes(t *testing.T) {
	files := source.Memory{"nginx.conf": "events {}\nhttp {\n root /a;\n server {\n  root /b;\n }\n}\n"}
	cause := says("cause", diag.Error, "root")
	cause.Supersedes = []string{"middle"}
	cause.OnDirective = func(p *Pass, d *config.Directive) {
		if d.Arg(1) == "/b" {
			p.Report(diag.Diagnostic{Message: "cause", At: Word(d, 1)})
		}
	}
	middle := says("middle", diag.Error, "root")
	middle.Supersedes = []string{"effect"}
	got, err := linter(t, Choice{}, says("effect", diag.Error, "root"), middle, cause).Run(load(t, files))
	if err != nil {
		t.Fatal(err)
	}
	check(t, got, "nginx.conf:3 middle error: here", "nginx.conf:5 cause error: cause")
	got, err = linter(t, Choice{Ignore: []string{"cause", "middle"}}, says("effect", diag.Error, "root"), middle, cause).Run(load(t, files))
	if err != nil {
		t.Fatal(err)
	}
	check(t, got, "nginx.conf:3 effect error: here", "nginx.conf:5 effect error: here")
}

// TestSupersedesElsewhere: a finding about a definition takes the place of one about its use.
func TestSupersedesElsewhere(t *testing.T) {
	files := source.Memory{"nginx.conf": "events {}\nhttp {\n index a;\n root /b;\n}\n"}
	definition := Rule{Name: "definition", Level: diag.Error, Supersedes: []string{"use"}, OnConfig: func(p *Pass) {
		var index, root *config.Directive
		for d := range p.Config.All() {
			switch d.Name() {
			case "index":
				index = d
			case "root":
				root = d
			}
		}
		p.Report(diag.Diagnostic{Message: "defined wrong", At: Word(index, 0)}, index, root)
	}}
	got, err := linter(t, Choice{}, definition, says("use", diag.Error, "root")).Run(load(t, files))
	if err != nil {
		t.Fatal(err)
	}
	check(t, got, "nginx.conf:3 definition error: defined wrong")
}

func TestOptionalFindings(t *testing.T) {
	rule := says("rule", diag.Info, "root")
	rule.OnDirective = func(p *Pass, d *config.Directive) {
		p.ReportOptional(diag.Diagnostic{Message: "quiet", At: Word(d, 0)})
	}
	cfg := load(t, twice)
	for _, c := range []struct {
		choice Choice
		want   []string
	}{
		{Choice{}, nil},
		{Choice{Select: []string{"sample"}}, nil},
		{Choice{Select: []string{"S001"}}, []string{"a.conf:1 rule info: quiet"}},
		{Choice{Levels: map[string]diag.Level{"rule": diag.Warning}}, []string{"a.conf:1 rule warning: quiet"}},
	} {
		got, err := linter(t, c.choice, rule).Run(cfg)
		if err != nil {
			t.Fatal(err)
		}
		check(t, got, c.want...)
	}
}

// TestUnited: of a finding that two configurations have, the higher level counts, whichever comes first.
func TestUnited(t *testing.T) {
	rule := Rule{Name: "rule", Level: diag.Warning, Directives: []string{"root"}}
	rule.OnDirective = func(p *Pass, d *config.Directive) {
		level := diag.Info
		if p.Config.Entry.Name == "b.conf" {
			level = diag.Warning
		}
		by := diag.Label{Location: Head(p.Config.Root.Children[0]), Message: "included here"}
		p.Report(diag.Diagnostic{Message: "shared", At: Word(d, 0), Level: level, Labels: []diag.Label{by}})
	}
	files := source.Memory{"a.conf": "include s;", "b.conf": "include s;", "s": "root x;"}
	for _, order := range [][]string{{"a.conf", "b.conf"}, {"b.conf", "a.conf"}} {
		got, err := linter(t, Choice{}, rule).RunAll(context.Background(), len(order), func(i int) (*config.Config, error) {
			return config.NewLoader(files).Load(order[i], config.Options{})
		})
		if err != nil {
			t.Fatal(err)
		}
		check(t, got, "s:1 rule warning: shared")
		if len(got) == 1 && (len(got[0].Labels) != 2 || got[0].Labels[0].File.Name == got[0].Labels[1].File.Name) {
			t.Errorf("%v: labels %v", order, got[0].Labels)
		}
	}
}

// TestPanic: a rule that panicks is our bug, once, and the other rules go on.
func TestPanic(t *testing.T) {
	boom := Rule{
		Name: "boom", Level: diag.Error, Directives: []string{"root", "add_header"},
		OnDirective: func(_ *Pass, d *config.Directive) { panic(d.Name()) },
		OnVerdict:   func(*Pass, *config.Directive, *catalog.Entry) { panic("verdict") },
		OnFile:      func(*Pass, *syntax.File) {},
	}
	got, err := linter(t, Choice{}, boom, says("fine", diag.Error, "root")).Run(load(t, twice))
	check(t, got, "a.conf:1 fine error: here")
	var ours *PanicError
	if !errors.As(err, &ours) || ours.Rule != "boom" || ours.File != "nginx.conf" || ours.Value != "root" {
		t.Fatalf("error %v", err)
	}
	if n := strings.Count(err.Error(), "panicked"); n != 1 || !strings.Contains(string(ours.Stack), "linter_test.go") {
		t.Errorf("%d times: %v\n%s", n, err, ours.Stack)
	}
}

// TestTooManyFindings: of what a rule finds beyond any reader's patience the first are kept, and the rest is counted.
func TestTooManyFindings(t *testing.T) {
	many := Rule{Name: "many", Level: diag.Error, OnConfig: func(p *Pass) {
		for i := range MaxFindings + 7 {
			p.Report(diag.Diagnostic{Message: fmt.Sprint(i), At: Word(p.Config.Root.Children[0], 0)})
		}
	}}
	got, err := linter(t, Choice{}, many, says("fine", diag.Error, "root")).Run(load(t, twice))
	var tooMany *TooManyError
	if !errors.As(err, &tooMany) || tooMany.Dropped != 7 || tooMany.Rule != "many" || tooMany.File != "nginx.conf" {
		t.Fatalf("error %v", err)
	}
	if len(got) != MaxFindings+1 {
		t.Errorf("%d findings are kept", len(got))
	}
}

// TestRunAll: what a shared file says in several configurations is one finding, and one configuration that cannot be
// loaded does not stop the others.
func TestRunAll(t *testing.T) {
	loader := config.NewLoader(source.Memory{
		"a.conf": "events {}\nhttp {\n include shared.conf;\n}\n", "b.conf": "events {}\nhttp {\n include shared.conf;\n root /b;\n}\n",
		"shared.conf": "root /s;\n",
	})
	roots := []string{"a.conf", "missing.conf", "b.conf"}
	got, err := linter(t, Choice{}, says("rule", diag.Error, "root")).RunAll(context.Background(), len(roots), func(i int) (*config.Config, error) {
		return loader.Load(roots[i], config.Options{})
	})
	check(t, got, "b.conf:4 rule error: here", "shared.conf:1 rule error: here")
	if err == nil || !strings.Contains(err.Error(), "missing.conf") {
		t.Errorf("error %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = linter(t, Choice{}).RunAll(cancelled, 3, func(int) (*config.Config, error) {
		t.Error("loaded after the end")
		return nil, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPassKnows(t *testing.T) {
	files := source.Memory{"nginx.conf": "load_module a.so;\nevents {}\nhttp {\n root /a;\n}\n"}
	asked := 0
	type key struct{}
	rule := Rule{Name: "rule", Directives: []string{"root"}, OnDirective: func(p *Pass, _ *config.Directive) {
		ask := func() any { asked++; return "answer" }
		if !p.LoadsModules() || p.Closed() || p.Shared(key{}, ask) != "answer" || p.Shared(key{}, ask) != "answer" {
			t.Error("LoadsModules, Closed or Shared is wrong")
		}
		if !p.First("a") || p.First("a") || !p.First(1) {
			t.Error("First is wrong")
		}
		if p.Target.Named() || len(p.Target.Profiles) < 2 {
			t.Errorf("target %+v", p.Target)
		}
	}}
	if _, err := linter(t, Choice{}, rule).Run(load(t, files)); err != nil || asked != 1 {
		t.Error(err, asked)
	}
}

// TestClosed: what is not here, or not nginx's own, may define a variable.
func TestClosed(t *testing.T) {
	for text, want := range map[string]bool{
		"events {}\nhttp {\n root /a;\n}\n":                           true,
		"events {}\nhttp {\n root /a;\n include missing/*.conf;\n}\n": true,
		"events {}\nhttp {\n root /a;\n include missing.conf;\n}\n":   false,
		"events {}\nhttp {\n root /a;\n lua_code_cache on;\n}\n":      false,
		"events {}\nhttp {\n root /a;\n of_nobody on;\n}\n":           false,
		"root /a;\n": false,
	} {
		asked := 0
		rule := Rule{Name: "rule", Directives: []string{"root"}, OnDirective: func(p *Pass, _ *config.Directive) {
			asked++
			if p.Closed() != want {
				t.Errorf("%q: %t", text, p.Closed())
			}
		}}
		if _, err := linter(t, Choice{}, rule).Run(load(t, source.Memory{"nginx.conf": text})); err != nil || asked != 1 {
			t.Error(text, err, asked)
		}
	}
}

func TestOneVersion(t *testing.T) {
	target := OneVersion(catalog.Version{Major: 1, Minor: 24})
	if !target.Named() || len(target.Profiles) != 1 || target.Profiles[0].Representative != target.Version {
		t.Errorf("%+v", target)
	}
}
