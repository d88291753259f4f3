package settings_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

var update = flag.Bool("update", false, "write the schema anew")

const everyKey = `roots: [nginx/nginx.conf]          # entry files, relative to this file
prefix: nginx
include-map: {/etc/nginx: nginx}
nginx-version: 1.26
modules: [headers-more, lua]
directives:
  - {name: my_directive, contexts: [http, server], arguments: "1"}
  - {name: my_flag, arguments: flag}
  - {name: my_list, arguments: 1+}
  - {name: my_range, arguments: 2-3}
websocket: [/feed, {path: /live, heartbeat: 25s}]
rules: {unknown-variable: error, correctness: warning, ngx006: off}
overrides:
  - files: ["snippets/**"]
    context: [http, server]
  - server-name: ["*.internal"]
    rules: {NGX002: info}
fix: {promote: [NGX002], demote: [], disable: [correctness]}
baseline: .ngxproof-baseline.json
fail-level: never
`

func parse(path, text string) (*settings.Settings, error) {
	return settings.Parse(source.NewFile(".ngxproof.yaml", path, text), rules.All())
}

func TestEveryKey(t *testing.T) {
	got, err := parse("repo/.ngxproof.yaml", everyKey)
	if err != nil {
		t.Fatal(err)
	}
	never := diag.Off
	known := func(least, most int) catalog.Arity { return catalog.Arity{Known: true, Min: least, Max: most} }
	want := &settings.Settings{
		Roots: []string{"repo/nginx/nginx.conf"}, Prefix: "repo/nginx",
		IncludeMap: map[string]string{"/etc/nginx": "repo/nginx"},
		Version:    catalog.Version{Major: 1, Minor: 26, Patch: 3}, Modules: []string{"headers-more", "lua"},
		Directives: map[string]catalog.Entry{
			"my_directive": {Module: "declared", Contexts: catalog.HTTP | catalog.Server, Arity: known(1, 1)},
			"my_flag":      {Module: "declared", Arity: catalog.Arity{Known: true, Flag: true, Min: 1, Max: 1}},
			"my_list":      {Module: "declared", Arity: known(1, -1)},
			"my_range":     {Module: "declared", Arity: known(2, 3)},
		},
		WebSockets: []lint.WebSocket{{Path: "/feed"}, {Path: "/live", Heartbeat: 25 * time.Second}},
		Rules:      map[string]diag.Level{"unknown-variable": diag.Error, "correctness": diag.Warning, "ngx006": diag.Off},
		Overrides: []settings.Override{
			{Files: []string{"snippets/**"}, Contexts: catalog.HTTP | catalog.Server},
			{Servers: []string{"*.internal"}, Rules: map[string]diag.Level{"NGX002": diag.Info}},
		},
		Fix:      settings.Fix{Promote: []string{"NGX002"}, Disable: []string{"correctness"}},
		Baseline: "repo/.ngxproof-baseline.json", FailLevel: &never,
	}
	opts := []cmp.Option{cmpopts.IgnoreUnexported(settings.Settings{}), cmpopts.IgnoreFields(settings.Settings{}, "File")}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Error(diff)
	}
	if got.Line("rules.ngx006") != 12 || got.Line("overrides[1].rules.NGX002") != 17 || got.Line("prefix") != 2 || got.Line("nothing") != 0 {
		t.Error("a value's line is wrong")
	}
}

// mistakes are files with all that is wrong in them.
var mistakes = map[string]struct {
	text string
	want []string
}{
	"everything at once": {"ruels: {}\nfail-level: hint\nrules:\n  short-read-timeuot: error\n  correctness: of\nprefix: [a]\n", []string{
		"1:1: there is no key `ruels`; did you mean `rules`?",
		"2:13: `hint` is no level; it is one of error, warning, info, never",
		"4:3: no rule, code, category or tag is called `short-read-timeuot`; did you mean `short-read-timeout`?",
		"5:16: `of` is no level; did you mean `off`?",
		"6:9: a path is expected here, not a list",
	}},
	"an underscore":        {"fail_level: error", []string{"1:1: there is no key `fail_level`; did you mean `fail-level`?"}},
	"an unlike key":        {"fix: {zzz: []}", []string{"1:7: there is no key `zzz`; the keys here are promote, demote, disable"}},
	"a key twice":          {"prefix: a\nprefix: b", []string{"2:1: `prefix` was already given on line 1"}},
	"a word for a list":    {"roots: nginx.conf", []string{"1:8: a list is expected here, such as `[...]`, not `nginx.conf`"}},
	"a list for a mapping": {"rules: [a]", []string{"1:8: a mapping is expected here, such as `{key: value}`, not a list"}},
	"nothing in a list":    {"roots: [~]", []string{"1:9: a path is expected here, not nothing"}},
	"no mapping":           {"- a", []string{"1:1: a mapping is expected here, such as `{key: value}`, not a list"}},
	"a branch":             {"nginx-version: 1.29", []string{"1:16: which release of nginx 1.29? Those of a mainline branch differ: name one in full, such as 1.29.1"}},
	"a relative map":       {"include-map: {etc/nginx: a}", []string{"1:15: `etc/nginx` is no absolute folder, such as `/etc/nginx`"}},
	"a directive":          {"directives: [{contexts: [htpt], arguments: 3-1}]", []string{"1:26: `htpt` is no context; did you mean `http`?", "1:44: `3-1` is no number of arguments: `1`, `1-3`, `1+` or `flag`", "1:14: the key `name` is missing"}},
	"a name with a blank":  {"modules: [a b]", []string{"1:11: `a b` is no name of a module"}},
	"a module":             {"modules: [header-more, lua, my-own, vts, lux, geoip, Headers_More, ngx_brotly]", []string{"1:11: no module is called `header-more`; did you mean `headers-more`?", "1:68: no module is called `ngx_brotly`; did you mean `brotli`?"}},
	"websocket":            {"websocket: [feed, {path: /a, heartbeat: 25}]", []string{"1:13: `feed` is no path of a request: it begins with a slash", "1:41: `25` is no duration, such as `25s` or `1m`"}},
	"an override nowhere":  {"overrides: [{rules: {NGX001: off}}]", []string{"1:13: an override says where it holds, with `files` or `server-name`"}},
	"an override of what":  {"overrides: [{files: [a]}]", []string{"1:13: an override says what it changes, with `rules` or `context`"}},
	"a context of servers": {"overrides: [{server-name: [a], context: [http]}]", []string{"1:13: `context` is about files, so it needs `files`"}},
	"an open pattern":      {"overrides: [{files: ['a[']}]", []string{"1:22: `a[` is no pattern: a bracket or brace is not closed"}},
	"fix":                  {"fix: {promote: [zz-zz]}", []string{"1:17: no rule, code, category or tag is called `zz-zz`"}},
	"no YAML":              {"rules: {\n  a: [b\n", []string{"1:1: this is no YAML: did not find expected ',' or ']'"}},
	"a tab":                {"rules:\n\tNGX001: off\n", []string{"2:2: this is no YAML: found character that cannot start any token"}},
	"two documents":        {"prefix: a\n---\nprefix: b\n", []string{"2:1: there is a second document; settings are one"}},
	"columns in Unicode":   {"include-map: {/äöü: [], /ü: []}", []string{"1:21: a path is expected here, not a list", "1:29: a path is expected here, not a list"}},
	"a mapping as a key":   {"rules: {{a: b}: off}", []string{"1:9: a key is one word, not a mapping"}},
}

func TestMistakes(t *testing.T) {
	for name, test := range mistakes {
		_, err := parse(".ngxproof.yaml", test.text)
		var all settings.Mistakes
		if !errors.As(err, &all) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, m := range all {
			got = append(got, strings.TrimPrefix(m.Error(), ".ngxproof.yaml:"))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSoundFiles(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "comments": "# nothing\n", "null": "~", "missing values": "roots:\nrules:\nprefix:\n",
		"aliases":  "rules: &r {NGX001: error}\noverrides: [{files: [a], rules: *r}]",
		"template": settings.Template([]string{"it's/nginx.conf"}),
		"samples":  uncommented(settings.Template(nil)),
		"CRLF":     strings.ReplaceAll(everyKey, "\n", "\r\n"),
	} {
		if _, err := parse(".ngxproof.yaml", text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// uncommented makes the samples of a template count.
func uncommented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if key, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(key, ": ") && key[0] >= 'a' && !strings.HasPrefix(key, "yaml-") {
			line = key
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestValues(t *testing.T) {
	s, err := parse(".ngxproof.yaml", "roots: [a, b]\nrules: {NGX002: off}\n")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]settings.Value{}
	for _, v := range s.Values() {
		got[v.Path] = v
	}
	for _, want := range []settings.Value{
		{Path: "roots[1]", Text: "b", File: ".ngxproof.yaml", Line: 1},
		{Path: "rules.NGX002", Text: "off", File: ".ngxproof.yaml", Line: 2},
		{Path: "fail-level", Text: "warning"},
		{Path: "nginx-version", Text: "all versions"},
	} {
		if got[want.Path] != want {
			t.Errorf("%s: %+v, want %+v", want.Path, got[want.Path], want)
		}
	}
	if len((&settings.Settings{}).Values()) != 12 {
		t.Error("without a file not every key has its default")
	}
}

func TestFind(t *testing.T) {
	files := source.Memory{
		"/r/.git/HEAD": "x", "/r/.ngxproof.yaml": "", "/r/a/b/.ngxproof.yaml": "", "/r/sub/.git": "gitdir: x",
		"/r/yml/.ngxproof.yml": "", "/.ngxproof.yaml": "", "/s/.git/HEAD": "",
	}
	for dir, want := range map[string]string{
		"/r/a/b/c": "/r/a/b/.ngxproof.yaml", "/r/a": "/r/.ngxproof.yaml", "/r": "/r/.ngxproof.yaml", "/r/sub/x": "", "/s/x": "",
		"/t": "/.ngxproof.yaml",
	} {
		got, err := settings.Find(files, dir, settings.FileName)
		if err != nil || (got == nil) != (want == "") || got != nil && got.Path != want {
			t.Errorf("%s: %v %v, want %s", dir, got, err, want)
		}
	}
	if _, err := settings.Find(files, "/r/yml", settings.FileName); err == nil {
		t.Error(".ngxproof.yml is passed over")
	}
}

func TestPlaces(t *testing.T) {
	s, err := parse("../.ngxproof.yaml", "overrides:\n- {files: [snippets/**, '*.inc'], context: [server]}\n"+
		"- {files: ['snippets/http-*'], context: [http]}\n- {files: [./snippets/*.conf], server-name: ['*.internal'], rules: {NGX002: off}}")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]catalog.Context{
		"snippets/a/b.conf": 0, "../snippets/a/b.conf": catalog.Server, "../snippets/http-a": catalog.HTTP,
		"/repo/x.inc": catalog.Server, "x.inc": 0, "/repo/sub/x.inc": 0,
	} {
		if got := s.Contexts("/repo/sub", path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	o := s.LintOverrides("/repo/sub")
	if len(o) != 1 || !o[0].File(source.NewFile("x", "/repo/snippets/x.conf", "")) || o[0].File(source.NewFile("x", "/repo/x.conf", "")) ||
		!o[0].Server([]string{"x", "A.B.Internal"}) || o[0].Server([]string{"internal"}) || o[0].Server(nil) {
		t.Error("an override holds elsewhere than it says")
	}
}

// TestSchemaIsFresh: the committed schema is what the registries say; `go test ./pkg/settings -update` writes it.
func TestSchemaIsFresh(t *testing.T) {
	const path = "schema/ngxproof-settings.json"
	want := settings.Schema(rules.All())
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the schema is stale: run `go test ./pkg/settings -update`\n%s", diff)
	}
}
