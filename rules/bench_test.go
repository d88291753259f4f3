package rules_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// BenchmarkRules runs all rules over a loaded configuration of 500 servers, 650 KB.
func BenchmarkRules(b *testing.B) {
	file := filepath.Join(b.TempDir(), "nginx.conf")
	if out, err := exec.Command(filepath.Join("..", "..", "shared", "tools", "gen-config"), "one", "500", file, "--plain").CombinedOutput(); err != nil {
		b.Skipf("no ../shared/tools: %v %s", err, out)
	}
	cfg, err := config.NewLoader(source.Disk{}).Load(file, config.Options{})
	if err != nil {
		b.Fatal(err)
	}
	sel, err := rules.All().Select(lint.Choice{})
	if err != nil {
		b.Fatal(err)
	}
	linter := lint.New(sel, lint.Options{})
	b.SetBytes(int64(len(cfg.Entry.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := linter.Run(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
