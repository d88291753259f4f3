package rules_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// BenchmarkRules runs all rules over a loaded configuration of 500 servers, 650 KB, as `lint -o concise` does: for all
// versions and for one, without evidence.
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
	for name, target := range map[string]lint.Target{"all": lint.AllVersions(), "1.26": lint.OneVersion(catalog.Version{Major: 1, Minor: 26})} {
		b.Run(name, func(b *testing.B) {
			linter := lint.New(sel, lint.Options{Target: target, Bare: true, Unedited: true})
			b.SetBytes(int64(len(cfg.Entry.Text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := linter.Run(cfg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFix fixes configurations of 500 and 5000 servers, all in memory: what is not in it of the command is reading
// and writing the file. The larger one is to cost at most eleven times as much.
func BenchmarkFix(b *testing.B) {
	for _, servers := range []string{"500", "5000"} {
		b.Run(servers, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "nginx.conf")
			if out, err := exec.Command(filepath.Join("..", "..", "shared", "tools", "gen-config"), "one", servers, file, "--plain").CombinedOutput(); err != nil {
				b.Skipf("no ../shared/tools: %v %s", err, out)
			}
			sel, err := rules.All().Select(lint.Choice{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				result, err := fix.Run(context.Background(), fix.Job{
					Reader: source.Disk{},
					Load: func(r source.Reader) ([]*config.Config, error) {
						cfg, err := config.NewLoader(r).Load(file, config.Options{})
						return []*config.Config{cfg}, err
					},
					Rules: sel,
				})
				if err != nil || len(result.Applied) == 0 {
					b.Fatal(len(result.Applied), err)
				}
				b.ReportMetric(float64(len(result.Applied)), "fixes")
				b.ReportMetric(float64(result.Rounds), "rounds")
			}
		})
	}
}
