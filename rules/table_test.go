package rules_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/rules"
)

// row is a rule as rules.tsv, the list of all rules that are to be, has it.
type row struct{ code, name, level, fix, versions, round, tags string }

func table(t *testing.T, path string) []row {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.LazyQuotes = '\t', true
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, f := range records[1:] {
		rows = append(rows, row{f[0], f[1], f[2], f[3], f[4], f[5], f[6]})
	}
	return rows
}

// TestTable holds every registered rule against its row, and names the rows that no rule serves yet.
func TestTable(t *testing.T) {
	all := rules.All()
	rows := table(t, "rules.tsv")
	for _, rule := range all.Rules() {
		i := slices.IndexFunc(rows, func(r row) bool { return r.name == rule.Name })
		if i < 0 {
			t.Errorf("%s is not in the table", rule.Name)
			continue
		}
		if got := rowOf(rule); got != withoutRound(rows[i]) {
			t.Errorf("%s is\n%+v, the table says\n%+v", rule.Name, got, withoutRound(rows[i]))
		}
	}
	var missing []string
	for _, r := range rows {
		if all.Rule(r.name) == nil {
			missing = append(missing, r.code+" "+r.name+" (round "+r.round+")")
		}
	}
	t.Logf("%d of %d rows are built; not yet: %s", len(rows)-len(missing), len(rows), strings.Join(missing, ", "))
}

func rowOf(r *lint.Rule) row {
	level, fix := r.Level.String()+r.LevelNote, r.Fix.String()+r.FixNote
	if r.Optional {
		level += ", off by default"
	}
	return row{code: r.Code, name: r.Name, level: level, fix: fix, versions: r.Versions, tags: strings.Join(r.Tags, ",")}
}

func withoutRound(r row) row {
	r.round = ""
	return r
}

// categories says which package a code belongs to.
var categories = map[string]string{"WS": "websocket", "NGX": "correctness", "SUP": "suppression"}

// TestRegistry checks what NewRegistry takes for granted: unique names and codes, categories, superseded rules that
// exist or will, no circle among them.
func TestRegistry(t *testing.T) {
	all := rules.All()
	names := map[string]bool{}
	for _, r := range table(t, "rules.tsv") {
		names[r.name] = true
	}
	seen := map[string]bool{}
	for _, rule := range all.Rules() {
		if seen[rule.Name] || seen[rule.Code] {
			t.Errorf("%s or its code %s is used twice", rule.Name, rule.Code)
		}
		seen[rule.Name], seen[rule.Code] = true, true
		if want := categories[strings.TrimRight(rule.Code, "0123456789")]; rule.Category != want {
			t.Errorf("%s %s is in category %q", rule.Code, rule.Name, rule.Category)
		}
		if !slices.IsSorted(rule.Tags) || rule.Since == "" {
			t.Errorf("%s: tags %q, since %q", rule.Name, rule.Tags, rule.Since)
		}
		for _, other := range rule.Supersedes {
			if !names[other] || supersedes(all, other, rule.Name) {
				t.Errorf("%s cannot supersede %s", rule.Name, other)
			}
		}
	}
}

// supersedes reports whether the rule supersedes the other, directly or by way of others.
func supersedes(all *lint.Registry, rule, other string) bool {
	r := all.Rule(rule)
	return r != nil && slices.ContainsFunc(r.Supersedes, func(name string) bool {
		return name == other || supersedes(all, name, other)
	})
}
