package fix_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// site is what the made-up rules of this file look at: /ws has the finding as long as it has `# broken`, all else works.
const site = `events {
}
http {
    map $http_upgrade $connection_upgrade {
        default close;
        websocket upgrade;
    }
    map $uri $page {
        default a;
    }
    proxy_set_header Host $host;
    access_log logs/a.log;
    access_log logs/b.log;
    server {
        listen 127.0.0.1:8080;
        location /ws { # broken
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 1h;
        }
        location /live {
            proxy_pass http://127.0.0.1:9002;
            proxy_http_version  1.1;
            proxy_set_header Upgrade ${http_upgrade};
            proxy_set_header Connection ${connection_upgrade};
        }
        location /api {
            proxy_pass http://127.0.0.1:9001;
        }
        location /page {
            return 200 $page;
        }
    }
}
`

// rule makes a rule whose finding at "# broken" has the fix that mend proposes. It is set up as a websocket rule.
func rule(name string, safety diag.Safety, propose func(p *lint.Pass, ws *config.Directive) []diag.Edit) lint.Rule {
	return lint.Rule{Name: name, Code: strings.ToUpper(name), Level: diag.Error, Fix: safety, OnConfig: func(p *lint.Pass) {
		for _, location := range p.Config.Locations() {
			f := location.File
			comment, ok := f.CommentAfter(location.Directive)
			if !ok || f.Slice(comment) != "# broken" {
				continue
			}
			edits := append(propose(p, location), diag.Edit{Location: diag.Location{File: f.File, Span: comment}, Text: "# mended"})
			if strings.HasPrefix(name, "keeps-finding") {
				edits = edits[:len(edits)-1]
			}
			p.Report(diag.Diagnostic{
				Message: "broken",
				At:      lint.Head(location),
				Fix:     &diag.Fix{Safety: safety, Title: name, Edits: edits, Sites: []diag.Location{lint.Head(location)}},
			}, location)
		}
	}}
}

// swap proposes to replace the only occurrence of a text by another.
func swap(old, by string) func(*lint.Pass, *config.Directive) []diag.Edit {
	return func(_ *lint.Pass, ws *config.Directive) []diag.Edit {
		f := ws.File.File
		at := strings.Index(f.Text, old)
		switch strings.Count(f.Text, old) {
		case 0:
			return nil // it is mended
		case 1:
		default:
			panic(fmt.Sprintf("%q is there several times", old))
		}
		return []diag.Edit{{Location: diag.Location{File: f, Span: source.Span{Start: at, End: at + len(old)}}, Text: by}}
	}
}

// warnsOfNull is a rule that speaks of any header with the value NULL, at level warning.
var warnsOfNull = lint.Rule{Name: "null", Code: "N", Level: diag.Warning, Directives: []string{"proxy_send_timeout"},
	OnDirective: func(p *lint.Pass, d *config.Directive) {
		p.Report(diag.Diagnostic{Message: "null", At: lint.Word(d, 1)}, d)
	}}

// run fixes the files with the rules.
func run(t *testing.T, files source.Memory, policy fix.Policy, rules ...lint.Rule) *fix.Result {
	t.Helper()
	set := lint.NewSet("websocket", fstest.MapFS{})
	for _, r := range rules {
		set.Add(r)
	}
	sel, err := lint.NewRegistry(set).Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: files,
		Load: func(r source.Reader) ([]*config.Config, error) {
			c, err := config.NewLoader(r).Load("nginx.conf", config.Options{})
			return []*config.Config{c}, err
		},
		Rules:  sel,
		Policy: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestHarmIsRolledBack applies fixes that do harm, each in one way, together with one that does none: the harm is undone
// and reported, and the other fix stays.
func TestHarmIsRolledBack(t *testing.T) {
	for name, c := range map[string]struct {
		propose func(*lint.Pass, *config.Directive) []diag.Edit
		reason  string
	}{
		"does-not-parse":           {swap("proxy_read_timeout 1h;", "proxy_read_timeout 1h; }"), "does not parse"},
		"nests-a-location":         {swap("9001;\n        }\n        location /page {\n            return 200 $page;\n        }", "9001;\n        location /page {\n            return 200 $page;\n        }\n        }"), "location"},
		"keeps-finding":            {swap("proxy_read_timeout 1h;", "proxy_read_timeout 2h;"), "still there"},
		"brings-up-another":        {swap("proxy_read_timeout 1h;", "proxy_send_timeout NULL;"), "brings up null"},
		"drops-inherited-headers":  {swap("http://127.0.0.1:9001;", `http://127.0.0.1:9001; proxy_set_header Connection "";`), "it changes what the backend gets: location /api"},
		"empty-connection-in-site": {swap("proxy_set_header Connection $connection_upgrade;", `proxy_set_header Connection "";`), "it breaks the handshake"},
		"changes-a-shared-map":     {swap("default close;", "default upgrade;"), "it changes what the backend gets: location /"},
		"changes-the-outer-set":    {swap("    proxy_set_header Host $host;\n    access_log logs/a.log;", "    access_log logs/a.log;"), "it changes what the backend gets: location /api"},
		"changes-the-sites-host":   {swap("            proxy_set_header Host $host;\n", ""), "it changes what the backend gets: location /ws, client plain"},
		"removes-an-access-log":    {swap("    access_log logs/b.log;\n", ""), "access_log"},
		"another-backend":          {swap("http://127.0.0.1:9001;", "http://127.0.0.1:9000;"), ""},
		"http-1.0":                 {swap("proxy_http_version 1.1;", "proxy_http_version 1.0;"), "it breaks the handshake"},
		"another-listener":         {swap("127.0.0.1:8080;", "127.0.0.1:8081;"), "listen"},
		"another-map":              {swap("default a;", "default b;"), "map"},
		"moves-a-location":         {swap("location /page", "location /pages"), "location"},
		"removes-a-location":       {swap("        location /page {\n            return 200 $page;\n        }\n", ""), ""},
		"second-upgrade":           {swap("proxy_read_timeout 1h;", "proxy_set_header Upgrade websocket;"), "it breaks the handshake"},
		"drops-the-key":            {swap("proxy_read_timeout 1h;", `proxy_set_header Sec-WebSocket-Key "";`), "it breaks the handshake"},
		"edits-in-conflict": {func(p *lint.Pass, ws *config.Directive) []diag.Edit {
			return append(swap("1h", "2h")(p, ws), swap("1h", "3h")(p, ws)...)
		}, "conflict"},
		"outside-of-the-file": {func(_ *lint.Pass, ws *config.Directive) []diag.Edit {
			return []diag.Edit{{Location: diag.Location{File: ws.File.File, Span: source.Span{Start: 1 << 20, End: 1 << 20}}}}
		}, "conflict"},
		"includes-what-is-not-there": {swap("proxy_read_timeout 1h;", "include other.conf;"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := source.Memory{"nginx.conf": site, "other.conf": "proxy_read_timeout 1h;"}
			good := lint.Rule{Name: "good", Code: "GOOD", Level: diag.Warning, Fix: diag.Safe, Directives: []string{"events"},
				OnDirective: func(p *lint.Pass, d *config.Directive) {
					at := diag.Location{File: d.File.File, Span: source.Span{Start: int(d.Block.Open) + 1, End: int(d.Block.Open) + 1}}
					if len(d.Children) == 0 && d.File.Text[at.Span.Start] == '\n' {
						p.Report(diag.Diagnostic{Message: "m", At: lint.Head(d), Fix: &diag.Fix{Safety: diag.Safe, Edits: []diag.Edit{{Location: at, Text: " "}}}}, d)
					}
				}}
			result := run(t, files, fix.Policy{}, rule(name, diag.Safe, c.propose), warnsOfNull, good)
			if len(result.Failures) != 1 || result.Failures[0].Rule != name || !strings.Contains(result.Failures[0].Reason, c.reason) {
				t.Fatalf("failures: %v", result.Failures)
			}
			want := strings.Replace(site, "events {\n", "events { \n", 1)
			if len(result.Changed) != 1 || result.Changed[0].After != want {
				t.Errorf("changed: %s", cmp.Diff(want, fmt.Sprint(result.Changed)))
			}
			if !slices.ContainsFunc(result.Left, func(d diag.Diagnostic) bool { return d.Rule == name }) {
				t.Error("the finding is not reported as left")
			}
		})
	}
}

// TestHarmOfManyIsFound applies many fixes of which a few do harm: those alone are rolled back.
func TestHarmOfManyIsFound(t *testing.T) {
	var text strings.Builder
	text.WriteString("events {}\nhttp {\nserver {\n")
	for i := range 40 {
		fmt.Fprintf(&text, "location /%d { # broken\nproxy_pass http://127.0.0.1:9000;\nproxy_read_timeout %ds;\n}\n", i, i)
	}
	text.WriteString("}\n}\n")
	many := rule("many", diag.Safe, func(_ *lint.Pass, l *config.Directive) []diag.Edit {
		d := l.Own("proxy_read_timeout")[0]
		by := "1h"
		if n := l.Arg(1); n == "/7" || n == "/29" {
			by = "1h } #"
		}
		return []diag.Edit{{Location: lint.Word(d, 1), Text: by}}
	})
	result := run(t, source.Memory{"nginx.conf": text.String()}, fix.Policy{}, many)
	if len(result.Failures) != 2 || len(result.Applied) != 38 {
		t.Fatalf("%d applied, failures %v", len(result.Applied), result.Failures)
	}
	for _, c := range result.Changed {
		if n := strings.Count(c.After, "# broken"); n != 2 {
			t.Errorf("%d are left", n)
		}
	}
}

// TestPolicy says which fixes are applied by class and by the user's word.
func TestPolicy(t *testing.T) {
	harmless := swap("proxy_read_timeout 1h;", "proxy_read_timeout 2h;")
	for name, c := range map[string]struct {
		safety diag.Safety
		policy fix.Policy
		want   bool
	}{
		"safe":                   {diag.Safe, fix.Policy{}, true},
		"unsafe":                 {diag.Unsafe, fix.Policy{}, false},
		"unsafe, wanted":         {diag.Unsafe, fix.Policy{Unsafe: true}, true},
		"display":                {diag.Display, fix.Policy{Unsafe: true, Promote: []string{"all"}}, false},
		"promoted by name":       {diag.Unsafe, fix.Policy{Promote: []string{"x"}}, true},
		"promoted by category":   {diag.Unsafe, fix.Policy{Promote: []string{"websocket"}}, true},
		"demoted":                {diag.Safe, fix.Policy{Demote: []string{"X"}}, false},
		"demoted, unsafe wanted": {diag.Safe, fix.Policy{Demote: []string{"x"}, Unsafe: true}, true},
		"demote wins":            {diag.Unsafe, fix.Policy{Demote: []string{"x"}, Promote: []string{"x"}}, false},
		"disabled":               {diag.Safe, fix.Policy{Disable: []string{"x"}, Unsafe: true}, false},
	} {
		result := run(t, source.Memory{"nginx.conf": site}, c.policy, rule("x", c.safety, harmless))
		if got := len(result.Applied) == 1 && len(result.Changed) == 1; got != c.want {
			t.Errorf("%s: applied is %v", name, got)
		}
	}
}

// TestRoundsEnd stops fixes that bring each other up.
func TestRoundsEnd(t *testing.T) {
	set := lint.NewSet("websocket", fstest.MapFS{})
	moving := lint.Rule{Name: "moving", Code: "M", Level: diag.Info, OnConfig: func(p *lint.Pass) {
		f := p.Config.Entry.File
		at := len(f.Text)
		p.Report(diag.Diagnostic{Message: fmt.Sprint(at), At: diag.Location{File: f, Span: source.Span{Start: at - 1, End: at}},
			Fix: &diag.Fix{Safety: diag.Safe, Edits: []diag.Edit{{Location: diag.Location{File: f, Span: source.Span{Start: at, End: at}}, Text: "\n"}}}})
	}}
	set.Add(moving)
	sel, err := lint.NewRegistry(set).Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: source.Memory{"nginx.conf": site},
		Load: func(r source.Reader) ([]*config.Config, error) {
			c, err := config.NewLoader(r).Load("nginx.conf", config.Options{})
			return []*config.Config{c}, err
		},
		Rules: sel,
	})
	if err == nil || !strings.Contains(err.Error(), "after 10 rounds") || !strings.Contains(err.Error(), "moving") || result.Rounds != fix.MaxRounds {
		t.Errorf("%v after %d rounds", err, result.Rounds)
	}
}

// TestNotEditable leaves files alone that may not be changed, and says so.
func TestNotEditable(t *testing.T) {
	set := lint.NewSet("websocket", fstest.MapFS{})
	set.Add(rule("x", diag.Safe, swap("1h", "2h")))
	sel, err := lint.NewRegistry(set).Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: source.Memory{"nginx.conf": "events {}\nhttp { include in/*.conf; }\n", "in/a.conf": site[strings.Index(site, "    server"):strings.LastIndex(site, "}")]},
		Load: func(r source.Reader) ([]*config.Config, error) {
			c, err := config.NewLoader(r).Load("nginx.conf", config.Options{})
			return []*config.Config{c}, err
		},
		Rules:    sel,
		Editable: func(path string) bool { return path != "in/a.conf" },
	})
	if err != nil || len(result.Changed) > 0 || !slices.Equal(result.Outside, []string{"in/a.conf"}) {
		t.Errorf("%+v, %v", result, err)
	}
}

// FuzzMerged wants merged edits never to overlap.
func FuzzMerged(f *testing.F) {
	f.Add([]byte{0, 1, 1, 2, 2, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		file := source.NewFile("a", "a", strings.Repeat("x", 16))
		var m mend.Merged
		for i := 0; i+1 < len(in); i += 2 {
			a, b := int(in[i]%18), int(in[i+1]%18)
			m.Add([]diag.Edit{{Location: diag.Location{File: file, Span: source.Span{Start: a, End: b}}, Text: "y"}})
		}
		last := -1
		for _, e := range m.Of("a") {
			if e.Span.Start < last || e.Span.End < e.Span.Start || e.Span.End > 16 {
				t.Fatalf("%v", m.Of("a"))
			}
			last = e.Span.End
		}
		mend.Apply(file.Text, m.Of("a"))
	})
}
