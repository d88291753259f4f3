package scaffold_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// wish is what the comment of an archive says: a line each of path, upstream, preset, listen, server, in, nginx,
// any-upgrade, sticky, and what is to come of it: error or note.
type wish struct {
	spec        scaffold.Spec
	server, in  string
	err, note   string
	finds       string // a rule that may find something new
	target      lint.Target
	sameAsLines bool // every old line is still there: not so where a block on one line is opened
}

func readWish(t *testing.T, comment string) wish {
	t.Helper()
	var w wish
	w.sameAsLines, w.target = true, lint.AllVersions()
	for line := range strings.Lines(comment) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "", "#":
		case "path":
			w.spec.Path = value
		case "upstream":
			w.spec.Upstreams = append(w.spec.Upstreams, value)
		case "preset":
			if w.spec.Preset = scaffold.LookupPreset(value); w.spec.Preset == nil {
				t.Fatalf("no preset %s", value)
			}
		case "listen":
			w.spec.Listen = append(w.spec.Listen, value)
		case "server":
			w.server = value
		case "in":
			w.in = value
		case "nginx":
			v, err := catalog.ParseTarget(value)
			if err != nil {
				t.Fatal(err)
			}
			w.target = lint.OneVersion(v)
			w.spec.Profiles = w.target.Profiles
		case "any-upgrade":
			w.spec.AnyUpgrade = true
		case "sticky":
			w.spec.Sticky = true
		case "one-line":
			w.sameAsLines = false
		case "error":
			w.err = value
		case "finds":
			w.finds = value
		case "note":
			w.note = value
		default:
			t.Fatalf("no key %q", key)
		}
	}
	return w
}

// TestInto runs testdata/into: the first file of an archive is loaded, files named want/NAME are what becomes of NAME.
func TestInto(t *testing.T) {
	archives, err := filepath.Glob("testdata/into/*.txtar")
	if err != nil || len(archives) < 10 {
		t.Fatal("too few archives", len(archives), err)
	}
	for _, name := range archives {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, layout := range []string{"LF", "CRLF"} {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+" "+layout, func(t *testing.T) {
				runInto(t, txtar.Parse(raw), layout == "CRLF")
			})
		}
	}
}

func runInto(t *testing.T, archive *txtar.Archive, crlf bool) {
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
	w := readWish(t, string(archive.Comment))
	done, err := into(files, archive.Files[0].Name, w)
	if w.err != "" || err != nil {
		if err == nil || err.Error() != w.err {
			t.Fatalf("error %v, want %s", err, w.err)
		}
		return
	}
	if note := strings.Join(done.Notes, "; "); note != w.note {
		t.Errorf("notes %q, want %q", note, w.note)
	}
	after := source.Memory{}
	for name, text := range files {
		after[name] = text
	}
	for _, c := range done.Changed {
		after[c.Before.Path] = c.After
		if w.sameAsLines && !keeps(c.Before.Text, c.After) {
			t.Errorf("%s: an old line is changed", c.Before.Name)
		}
	}
	for name, text := range files {
		if want[name] == "" {
			want[name] = text
		}
		if diff := cmp.Diff(want[name], after[name]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	noWorse(t, archive.Files[0].Name, files, after, w)
}

// into puts the location there.
func into(files source.Memory, entry string, w wish) (*scaffold.Insertion, error) {
	place := scaffold.Place{Reader: files, Server: w.server, Load: func(r source.Reader) (*config.Config, error) {
		return config.NewLoader(r).Load(entry, config.Options{})
	}}
	if w.in != "" {
		place.In = func(path string) bool { return path == w.in }
	}
	return scaffold.Into(place, w.spec)
}

// keeps reports whether the lines of a text are all there in another, in their order.
func keeps(before, after string) bool {
	lines := slices.Collect(strings.Lines(after))
	for line := range strings.Lines(before) {
		i := slices.IndexFunc(lines, func(other string) bool { return strings.TrimRight(other, "\r\n") == strings.TrimRight(line, "\r\n") })
		if i < 0 {
			return false
		}
		lines = lines[i+1:]
	}
	return true
}

// noWorse lints before and after, with all rules: nothing is found that was not.
func noWorse(t *testing.T, entry string, before, after source.Memory, w wish) {
	t.Helper()
	known := map[string]bool{}
	for _, finding := range found(t, entry, before, w.target) {
		known[finding] = true
	}
	for _, finding := range found(t, entry, after, w.target) {
		if rule, _, _ := strings.Cut(finding, ":"); !known[finding] && rule != w.finds {
			t.Errorf("new: %s", finding)
		}
	}
}

// found returns rules and messages of all findings.
func found(t *testing.T, entry string, files source.Memory, target lint.Target) []string {
	t.Helper()
	cfg, err := config.NewLoader(files).Load(entry, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, text := range ruleTexts(t, cfg, target) {
		_, text, _ = strings.Cut(text, ": ") // lines have moved
		texts = append(texts, text)
	}
	return texts
}
