package rules_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

var (
	sampleSize = flag.Int("sample", 0, "print so many random websocket findings of level warning or above, to be read by hand")
	sampleSeed = flag.Uint64("sample-seed", 1, "what the sample is drawn with")
)

// TestCorpusFindings lints every file of the corpus by itself, counts the findings by rule and level, and writes the
// table of docs/accuracy.md with -update. No file may make a rule panic.
func TestCorpusFindings(t *testing.T) {
	files := os.DirFS(filepath.Join(corpusFolder, "files"))
	if _, err := fs.Stat(files, "."); err != nil {
		t.Skip("no ../shared/corpus")
	}
	sel, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	linter := lint.New(sel, lint.Options{})
	counts := map[string]map[diag.Level]int{}
	var grave []diag.Diagnostic
	total := 0
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		total++
		cfg, err := config.NewLoader(source.Disk{}).Load(filepath.Join(corpusFolder, "files", path), config.Options{})
		if err != nil {
			return err
		}
		found, err := linter.Run(cfg)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for i := range found {
			name := found[i].Code + " " + found[i].Rule
			if counts[name] == nil {
				counts[name] = map[diag.Level]int{}
			}
			counts[name][found[i].Level]++
			if found[i].Level >= diag.Warning && found[i].Category == "websocket" {
				grave = append(grave, found[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	compareSection(t, "findings", countTable(total, counts))
	sample(t, grave)
}

// countTable is the table in Markdown.
func countTable(files int, counts map[string]map[diag.Level]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d files.\n\n| rule | error | warning | info |\n|---|---|---|---|\n", files)
	sum := map[diag.Level]int{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		n := counts[name]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", name, n[diag.Error], n[diag.Warning], n[diag.Info])
		for level, k := range n {
			sum[level] += k
		}
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d |\n\n", sum[diag.Error], sum[diag.Warning], sum[diag.Info])
	return b.String()
}

// sample prints random findings.
func sample(t *testing.T, found []diag.Diagnostic) {
	t.Helper()
	random := rand.New(rand.NewPCG(*sampleSeed, 0))
	for n, i := range random.Perm(len(found)) {
		if n == *sampleSize {
			return
		}
		d := &found[i]
		t.Logf("%d. %s:%d: %s %s: %s", n+1, strings.TrimPrefix(d.At.File.Name, filepath.ToSlash(corpusFolder)+"/files/"),
			d.At.File.Line(d.At.Span.Start), d.Level, d.Rule, d.Message)
	}
}
