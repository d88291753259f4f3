package config_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gonginx "github.com/tufanbarisyildirim/gonginx/config"
	"github.com/tufanbarisyildirim/gonginx/parser"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

func TestGonginxSplices(t *testing.T) {
	c := load(t, config.Options{},
		"/e/nginx.conf", "events {}\nhttp {\n include a.conf;\n include gone.conf;\n}\n",
		"/e/a.conf", "map $a\n  $b { default 'x'; \"\" y; }\nserver { location / { content_by_lua_block { return \"}\" } } }\n",
	)
	g := c.Gonginx()
	want := []string{
		`events [] {}`, `http [] {}`, `http/include [gone.conf]`, `http/map [$a $b] {}`, `http/map/"" [y]`, `http/map/default ['x']`,
		`http/server [] {}`, `http/server/location [/] {}`, `http/server/location/content_by_lua_block [] {} "return \"}\""`,
	}
	got := flatten(g.Block, "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	m := g.Directives[1].GetBlock().GetDirectives()[0]
	if m.GetLine() != 1 || m.GetParameters()[1].RelativeLineIndex != 1 {
		t.Errorf("map stands on line %d, $b %d lines below", m.GetLine(), m.GetParameters()[1].RelativeLineIndex)
	}
}

// flatten returns each directive of a gonginx block as one sorted line, since gonginx's own wrappers reorder.
func flatten(block gonginx.IBlock, path string) []string {
	var lines []string
	for _, d := range block.GetDirectives() {
		var words []string
		for _, p := range d.GetParameters() {
			words = append(words, p.Value)
		}
		if strings.HasSuffix(path, "upstream/") && d.GetName() == "server" {
			sort.Strings(words) // gonginx keeps a server's parameters in a map
		}
		line := fmt.Sprintf("%s%s %v", path, d.GetName(), words)
		if b := d.GetBlock(); b != nil {
			line += " {}"
			if code := b.GetCodeBlock(); code != "" {
				line += fmt.Sprintf(" %q", strings.Join(strings.Fields(code), " ")) // gonginx changes the blanks of Lua
			}
			lines = append(lines, flatten(b, path+d.GetName()+"/")...)
		}
		lines = append(lines, line)
	}
	sort.Strings(lines)
	return lines
}

// corpus returns the rows of the corpus' index, by column name; the test is skipped where the corpus is not there.
func corpus(t *testing.T) (dir string, rows []map[string]string) {
	t.Helper()
	dir = filepath.Join("..", "..", "..", "shared", "corpus")
	f, err := os.Open(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Skip("no ../shared/corpus")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return dir, rows
}

// TestGonginxAgrees compares names and parameters with gonginx's own parser over every corpus file that both read.
func TestGonginxAgrees(t *testing.T) {
	dir, rows := corpus(t)
	known := map[string]int{}
	agree := 0
	for _, row := range rows {
		if row["template_markers"] != "-" {
			continue
		}
		path := filepath.Join(dir, "files", row["path"])
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		ours := config.NewLoader(source.Memory{}).LoadFile(source.NewFile(path, path, string(text)), config.Options{})
		if ours.Entry.Template != nil {
			continue // the index knows fewer kinds of placeholders
		}
		theirs, err := parseGonginx(string(text))
		if reason := difference(ours, theirs, err); reason == "" {
			agree++
		} else if known[reason]++; !knownDifferences[reason] {
			t.Errorf("%s: %s", path, reason)
			if err == nil {
				t.Log(cmp.Diff(flatten(theirs.Block, ""), flatten(ours.Gonginx().Block, "")))
			}
		}
	}
	t.Logf("%d files agree; known differences: %v", agree, known)
	if agree < 900 {
		t.Errorf("only %d files agree", agree)
	}
}

// knownDifferences are the ways in which gonginx's parser is known to differ; nothing else may.
var knownDifferences = map[string]bool{
	"nginx refuses it, gonginx does not":                  true,
	"gonginx refuses it: unexpected token BlockEnd":       true, // a `}` inside a bare word, as in a sub_filter's text
	"the three dots of a snippet are read as a statement": true, // gonginx takes what follows for arguments
}

// parseGonginx parses text with gonginx's own parser, without following includes.
func parseGonginx(text string) (c *gonginx.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return parser.NewStringParser(text, parser.WithSkipValidDirectivesErr(), parser.WithSkipComments()).Parse()
}

// difference classes how the two readings differ; "" where they don't, or where both refuse.
func difference(ours *config.Config, theirs *gonginx.Config, err error) string {
	refused := len(ours.Entry.Errors) > 0
	switch {
	case refused && err != nil:
		return ""
	case refused:
		return "nginx refuses it, gonginx does not"
	case err != nil:
		return "gonginx refuses it: " + strings.Join(strings.Fields(err.Error())[:3], " ")
	}
	mine, other := flatten(ours.Gonginx().Block, ""), flatten(theirs.Block, "")
	switch {
	case cmp.Equal(mine, other):
		return ""
	case dots(ours):
		return "the three dots of a snippet are read as a statement"
	}
	return "other words"
}

// dots reports whether a configuration has the three dots of an article's snippet.
func dots(c *config.Config) bool {
	for d := range c.All() {
		if d.Name() == "..." || d.Name() == "…" {
			return true
		}
	}
	return false
}
