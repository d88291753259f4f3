package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

var updateDocs = flag.Bool("update", false, "write the documents that come from the rules' pages and the commands anew")

// docs is the folder of the documents, seen from here.
const docs = "../../docs"

// written are the documents that are made of the rules' pages, the tree of commands and the schema of the settings.
var written = map[string]func(t *testing.T) string{
	"README.md":       indexDoc,
	"rules.md":        rulesDoc,
	"commands.md":     commandsDoc,
	"formats.md":      formatsDoc,
	"exit-codes.md":   exitCodesDoc,
	"settings.md":     settingsDoc,
	"suppressions.md": suppressionsDoc,
}

// TestDocs: the documents are what the program says. -update writes them.
func TestDocs(t *testing.T) {
	for name, write := range written {
		path := filepath.Join(docs, name)
		want := write(t)
		if *updateDocs {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("docs/%s is stale: `go test ./pkg/cli -run TestDocs -update` writes it (%v)", name, err)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// TestDocLinks: what the documents and README.md link to is there, and the index links to every document.
func TestDocLinks(t *testing.T) {
	paths, err := filepath.Glob(docs + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, path := range append(paths, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), string(m[1]))); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
	index := indexDoc(t)
	for _, path := range paths {
		if name := filepath.Base(path); name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/README.md does not link to %s", name)
		}
	}
	t.Logf("%d links in %d documents", links, len(paths)+1)
}

var calls = regexp.MustCompile(`(?m)(?:^|[ |/'\t])ngxproof ((?:[a-z]+ )*)([^'"\n|>]*)`)

// TestRecipes: every command that the recipes show is one, and so is every flag.
func TestRecipes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := tree()
	shown := 0
	for _, m := range calls.FindAllStringSubmatch(string(text), -1) {
		words := strings.Fields(m[1] + m[2])
		if len(words) == 0 || !slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == words[0] }) {
			continue // prose
		}
		shown++
		cmd, rest, err := root.Find(words)
		if err != nil {
			t.Errorf("%v: %v", words, err)
			continue
		}
		for _, word := range rest {
			name := strings.TrimLeft(strings.SplitN(word, "=", 2)[0], "-")
			if strings.HasPrefix(word, "--") && cmd.Flags().Lookup(name) == nil {
				t.Errorf("%v: there is no --%s", words, name)
			}
		}
	}
	if shown < 7 {
		t.Errorf("only %d commands in the recipes", shown)
	}
}

func tree() *cobra.Command {
	a := &app{out: newWriter(io.Discard), err: newWriter(io.Discard), env: func(string) string { return "" }}
	return a.rootCommand()
}

// note is the first line of a document that is written.
const note = "<!-- Written by `go test ./pkg/cli -run TestDocs -update`; do not edit. -->\n"

func indexDoc(t *testing.T) string {
	return note + `
# ngxproof

* [Commands](commands.md): every command with its flags
* [Rules](rules.md): what is found, ` + fmt.Sprint(len(rules.All().Rules())) + ` rules
* [Settings](settings.md): .ngxproof.yaml, key by key
* [Suppressions](suppressions.md): comments, the baseline, and only what is new
* [Formats](formats.md): reports for people, hosts and programs
* [Exit codes](exit-codes.md)
* [Recipes](recipes.md): pre-commit, GitHub, GitLab, Jenkins, Make
* [What prove does](prove.md): WebSockets opened through a configuration
* [The reference proxy](reference-proxy.md): how it is held to nginx, and what is different
* [Templates](templates.md): Jinja, ERB, Go templates, envsubst
* [Accuracy](accuracy.md) and [performance](performance.md), measured
* [nginx versions](nginx-versions.md): what is checked on a real server, replayed, or read
* [Dependencies](dependencies.md) and their reasons
`
}

func rulesDoc(t *testing.T) string {
	var b strings.Builder
	b.WriteString(note + "\n# Rules\n\nEach rule has a page with what is wrong, what is right, why, and how it is fixed; `ngxproof explain RULE` shows it. " +
		"A rule is named by its name or its code; a category names all of its rules.\n")
	byCategory := map[string][]*lint.Rule{}
	for _, r := range rules.All().Rules() {
		byCategory[r.Category] = append(byCategory[r.Category], r)
	}
	for _, category := range slices.Sorted(maps.Keys(byCategory)) {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | code | level | fix | |\n|---|---|---|---|---|\n", category)
		for _, r := range byCategory[category] {
			facts, _, err := ruleFactsOf(r)
			if err != nil {
				t.Fatal(err)
			}
			level := facts.Level
			if r.Optional {
				level += ", off"
			}
			fmt.Fprintf(&b, "| [%s](../rules/%s/%s.md) | %s | %s | %s | %s |\n", r.Name, r.Category, r.Name, r.Code, level, fixText(facts.Fix), cell(facts.Summary))
		}
	}
	b.WriteString("\nLevels: error is what nginx refuses, or a handshake that fails on at least one version aimed at; warning is what works but is wrong, unsafe or lost " +
		"for some clients; info is worth knowing and fails nothing by default. `off` rules run when they are named. Fixes: safe ones are applied by `--fix`, unsafe ones " +
		"by `--unsafe-fixes`.\n")
	return b.String()
}

// cell escapes what divides the cells of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

func commandsDoc(t *testing.T) string {
	var b strings.Builder
	b.WriteString(note + "\n# Commands\n")
	for _, cmd := range commandsOf(tree()) {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```\n%s\n```\n", cmd.CommandPath(), cmd.Short, usageLine(cmd))
		if cmd.Long != "" {
			fmt.Fprintf(&b, "\n%s\n", prose(cmd.Long))
		}
		if cmd.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", unindent(cmd.Example))
		}
		flagTable(&b, cmd.LocalNonPersistentFlags())
	}
	b.WriteString("\n## Flags of all commands\n")
	flagTable(&b, tree().PersistentFlags())
	return b.String()
}

func flagTable(b *strings.Builder, set *pflag.FlagSet) {
	first := true
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if first {
			b.WriteString("\n| flag | |\n|---|---|\n")
			first = false
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", cell(strings.TrimSpace(name+" "+value)), cell(sentence(usage)))
	})
}

// prose keeps indented lines of a help text as they are in Markdown.
func prose(text string) string {
	var out []string
	for _, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(p, " ") {
			p = "```\n" + unindent(p) + "\n```"
		}
		out = append(out, strings.NewReplacer("<", "&lt;").Replace(p))
	}
	return strings.Join(out, "\n\n")
}

func unindent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

// formatTexts say what each format is for.
var formatTexts = map[string]string{
	"full":     "For people: the lines in question, why, what the backend receives, the fix. The default.",
	"concise":  "One line a finding, `file:line:column: level[rule]: message`, for editors and grep.",
	"json":     "Everything that is known of each finding, as one document with a version; see the schema `pkg/report/schema/ngxproof-v1.json`. Columns count code points, offsets bytes.",
	"sarif":    "SARIF 2.1.0 for GitHub code scanning and other hosts: all rules with their help, fixes, fingerprints. Columns count UTF-16 units.",
	"github":   "Workflow commands that mark lines in a pull request.",
	"gitlab":   "Code Quality JSON for GitLab's merge requests.",
	"junit":    "JUnit XML for Jenkins and other servers.",
	"markdown": "A table, for a job's summary or a comment.",
}

func formatsDoc(t *testing.T) string {
	var b strings.Builder
	b.WriteString(note + "\n# Formats\n\n`-o FORMAT` prints a report on standard output, `-o FORMAT=FILE` writes it to a file. The flag can be given several times, but one " +
		"format only can have standard output, and a machine's format has it to itself: the summary goes to standard error then. A report is also written when there is nothing to " +
		"report. The format never changes the exit code.\n\n| format | |\n|---|---|\n")
	for _, name := range report.Names() {
		if formatTexts[name] == "" {
			t.Errorf("no text for the format %s", name)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(formatTexts[name]))
	}
	b.WriteString("\nWhat a comment or the baseline silences is counted in the summary, and `json` has it, with what silenced it and why. The other formats leave it out: " +
		"GitHub does not heed the `suppressions` of SARIF and would open an alert for each, GitLab and JUnit know nothing of the kind.\n")
	return b.String()
}

func exitCodesDoc(t *testing.T) string {
	var b strings.Builder
	b.WriteString(note + "\n# Exit codes\n\n| code | |\n|---|---|\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, cell(e.meaning))
	}
	b.WriteString("\nA syntax error in a configuration is a finding (1). The fail level is warning unless `--fail-level` or the settings say otherwise. " +
		"With `--skip-foreign`, which the pre-commit hooks use, a given file without any nginx directive is skipped and counted; if all are skipped, the code is 0.\n")
	return b.String()
}

// exampleSettings shows the keys at work.
const exampleSettings = `roots: [nginx/nginx.conf]
include-map: {/etc/nginx: nginx}
nginx-version: "1.26"
modules: [headers-more]
websocket: [/feed, {path: /live, heartbeat: 25s}]
rules: {short-read-timeout: error, WS033: off}
overrides:
  - files: ["snippets/**"]
    context: [http, server]
baseline: .ngxproof-baseline.json
fail-level: warning
`

func settingsDoc(t *testing.T) string {
	if _, err := settings.Parse(source.NewFile(".ngxproof.yaml", ".ngxproof.yaml", exampleSettings), rules.All()); err != nil {
		t.Errorf("the example: %v", err)
	}
	var schema settingsSchema
	if err := json.Unmarshal([]byte(printed(t, "config", "schema")), &schema); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(note + "\n# Settings\n\n`.ngxproof.yaml` is looked for from the entry file upwards to the root of its repository; paths in it are relative to it. Every key is optional, " +
		"a key that is not known is an error, and all mistakes are reported at once. `ngxproof config init` writes one, `config show` says where each value comes from, `config validate` " +
		"checks it, `config schema` prints a JSON schema for editors.\n\n```yaml\n" + exampleSettings + "```\n\n| key | |\n|---|---|\n")
	schema.rows(&b, "")
	return b.String()
}

// settingsSchema is what the schema of the settings says for people.
type settingsSchema struct {
	Description string
	Properties  map[string]settingsSchema
	Items       *settingsSchema
	AnyOf       []settingsSchema
}

// rows writes a row for each key below path, and for the keys below that.
func (s settingsSchema) rows(b *strings.Builder, path string) {
	if s.Items != nil {
		s.Items.rows(b, path+"[]")
	}
	for _, either := range s.AnyOf {
		either.rows(b, path)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		inner := strings.TrimPrefix(path+"."+key, ".")
		fmt.Fprintf(b, "| `%s` | %s |\n", inner, cell(s.Properties[key].Description))
		s.Properties[key].rows(b, inner)
	}
}

func suppressionsDoc(t *testing.T) string {
	var b strings.Builder
	b.WriteString(note + `
# Suppressions

What is meant as it is gets a comment, with its reason:

` + "```nginx" + `
proxy_read_timeout 5s; # ngxproof:ignore[short-read-timeout] the page reconnects by itself

# ngxproof:ignore[websocket] this location is for the old client only
location /old/ {
    proxy_pass http://127.0.0.1:3000;
}
` + "```" + `

At a line's end the comment is about that directive; on a line of its own it is about the next directive with its block;
` + "`# ngxproof:ignore-file[rule] reason`" + ` in the first comments of a file is about the whole file. A rule is named by its name, code, category
or tag, and several are separated by commas. ` + "`ngxproof lint --add-ignores REASON`" + ` writes a comment for each statement that something is found at.

Two more comments say what ngxproof cannot see: ` + "`# ngxproof:context http,server`" + ` where a fragment is included, ` + "`# ngxproof:websocket`" + ` in or
directly above a location that WebSockets are opened at.

The suppressions are judged too:

| rule | code | level | |
|---|---|---|---|
`)
	for _, r := range rules.All().Rules() {
		if r.Category != "suppression" {
			continue
		}
		facts, _, err := ruleFactsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| [%s](../rules/%s/%s.md) | %s | %s | %s |\n", r.Name, r.Category, r.Name, r.Code, facts.Level, cell(facts.Summary))
	}
	b.WriteString(`
## The baseline

A repository that has findings already keeps them in a file: ` + "`ngxproof baseline write`" + ` writes it, and lint reports only what is not in it. A finding is
known by what it is about and not by its line, so that moved and re-indented lines stay known, and a finding that takes another's place does not.
` + "`baseline prune`" + ` removes what is gone, ` + "`baseline check`" + ` fails where the file is not exactly what is found, ` + "`lint --baseline-strict`" + ` where something of
it is gone.

## Only what is new

` + "`ngxproof lint --new-from REV`" + ` lints the tree of a commit as well, from git's objects, and reports the difference.
`)
	return b.String()
}
