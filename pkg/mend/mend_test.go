package mend_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// TestPlans runs testdata/*.txtar. The comment of an archive has one step a line, `at NAME...` first: the locations by
// their name. Files named want/NAME are what becomes of NAME; `refused TEXT` wants a plan that refuses.
func TestPlans(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, layout := range []string{"as it is", "with CRLF"} {
			archive := txtar.Parse(text)
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+" "+layout, func(t *testing.T) { runPlan(t, archive, i == 1) })
		}
	}
}

func runPlan(t *testing.T, archive *txtar.Archive, crlf bool) {
	t.Helper()
	files, want := source.Memory{}, map[string]string{}
	for _, f := range archive.Files {
		text := string(f.Data)
		if crlf {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok {
			want[name] = text
		} else {
			files[f.Name] = text
		}
	}
	cfg, err := config.NewLoader(files).Load(archive.Files[0].Name, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, refused := steps(t, cfg, string(archive.Comment))
	if _, wanted, _ := strings.Cut(string(archive.Comment), "refused "); strings.TrimSpace(wanted) != refused {
		t.Errorf("refused: %q", refused)
	}
	for name, text := range files {
		if want[name] == "" {
			want[name] = text
		}
		f, err := files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[name], mend.Apply(f.Text, got.Of(name))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// steps makes the plan that a comment describes.
func steps(t *testing.T, cfg *config.Config, comment string) (mend.Merged, string) {
	t.Helper()
	var opts mend.Options
	var plan *mend.Plan
	title := ""
	for line := range strings.Lines(comment) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" || words[0] == "refused" {
			continue
		}
		switch args := words[1:]; words[0] {
		case "title":
			title = strings.Join(args, " ")
		case "any-upgrade":
			opts.AnyUpgrade = true
		case "nginx":
			v, err := catalog.ParseTarget(args[0])
			if err != nil {
				t.Fatal(err)
			}
			p := catalog.ProfileOf(v)
			p.Representative = v
			opts.Profiles = []catalog.Profile{p}
		case "at":
			plan = mend.New(eval.New(cfg), opts).Plan(sites(cfg, args)...)
		case "pair":
			plan.UpgradePair()
		case "upgrade":
			plan.Upgrade()
		case "connection":
			plan.Connection()
		case "define-connection":
			plan.DefineConnection(args[0])
		case "header":
			plan.SetHeader(args[0], args[1])
		case "no-header":
			plan.RemoveHeader(args[0])
		case "set":
			plan.SetDirective(args[0], args[1:]...)
		case "set-beside-headers":
			plan.SetBesideHeaders(args[0], args[1:]...)
		case "map":
			plan.MendConnectionMap(args[0])
		case "list":
			plan.AddToList(args[0], args[1:]...)
		default:
			t.Fatalf("no step %q", words[0])
		}
	}
	var merged mend.Merged
	fix := plan.Fix(diag.Safe, "mend")
	if fix != nil && !merged.Add(fix.Edits) {
		t.Fatalf("edits in conflict: %+v", fix.Edits)
	}
	if title != "" && fix.Title != title {
		t.Errorf("the fix says %q, not %q", fix.Title, title)
	}
	return merged, plan.Refused()
}

func sites(cfg *config.Config, names []string) []*config.Directive {
	var found []*config.Directive
	for _, location := range cfg.Locations() {
		for _, name := range names {
			if location.Words[len(location.Words)-1].Value == name {
				found = append(found, location)
			}
		}
	}
	return found
}
