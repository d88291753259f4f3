package scaffold_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"
	"github.com/tufanbarisyildirim/gonginx/parser"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/rules"
)

// variant is one thing that is generated.
type variant struct {
	name string
	spec scaffold.Spec
}

// variants are every preset, and a path of the user's own in several shapes, each plain and with TLS.
func variants(t testing.TB) []variant {
	t.Helper()
	presets, err := scaffold.Presets()
	if err != nil {
		t.Fatal(err)
	}
	two := []string{"127.0.0.1:3001", "127.0.0.1:3002"}
	all := []variant{
		{"path", scaffold.Spec{Path: "/ws", Upstreams: []string{"127.0.0.1:3000"}}},
		{"exact", scaffold.Spec{Path: "= /ws", Upstreams: []string{"127.0.0.1:3000"}}},
		{"regex", scaffold.Spec{Path: `~ ^/ws/[0-9]{2}$`, Upstreams: []string{"127.0.0.1:3000"}}},
		{"root", scaffold.Spec{Path: "/", Upstreams: []string{"127.0.0.1:3000"}}},
		{"two", scaffold.Spec{Path: "/ws", Upstreams: two}},
		{"sticky", scaffold.Spec{Path: "/ws", Upstreams: two, Sticky: true}},
		{"port", scaffold.Spec{Path: "/ws", Upstreams: []string{"127.0.0.1:3000"}, Listen: []string{"8080"}}},
		{"heartbeat", scaffold.Spec{Path: "/ws", Upstreams: []string{"127.0.0.1:3000"}, Heartbeat: 20 * time.Second}},
		{"socket", scaffold.Spec{Path: "/ws", Upstreams: []string{"unix:/run/app.sock"}}},
	}
	for _, p := range presets {
		all = append(all, variant{p.Name, scaffold.Spec{Preset: p}})
		if p.Sticky {
			all = append(all, variant{p.Name + "-two", scaffold.Spec{Preset: p, Upstreams: two}})
		}
	}
	for _, v := range slices.Clone(all) {
		v.name += "-tls"
		v.spec.Certificate, v.spec.Key = "/etc/ssl/a.crt", "/etc/ssl/a.key"
		all = append(all, v)
	}
	for i := range all {
		all[i].spec.ServerNames = []string{"www.example.com"}
	}
	return all
}

// aim is what a user may aim at: one version, or all.
type aim struct {
	name   string
	target lint.Target
}

func aims() []aim {
	all := []aim{{"all", lint.AllVersions()}}
	for _, p := range catalog.Profiles() {
		all = append(all, aim{p.Name, lint.OneVersion(p.Representative)})
	}
	return all
}

// text generates and prints.
func text(t testing.TB, kind scaffold.Kind, spec scaffold.Spec) string {
	t.Helper()
	tree, err := scaffold.New(kind, spec)
	if err != nil {
		t.Fatal(err)
	}
	printed, err := scaffold.Print(tree.Block)
	if err != nil {
		t.Fatal(err)
	}
	return printed
}

const frame = "events {\n    worker_connections 4096;\n}\nhttp {\n%s}\n"

// whole are the ways in which what is generated becomes a configuration.
func whole(t testing.TB, spec scaffold.Spec) map[string]source.Memory {
	t.Helper()
	all := map[string]source.Memory{
		"site": {"nginx.conf": fmt.Sprintf(frame, "include conf.d/*.conf;\n"), "conf.d/site.conf": text(t, scaffold.Site, spec)},
		"server and map": {"nginx.conf": fmt.Sprintf(frame, "include map.conf;\ninclude server.conf;\n"),
			"map.conf": text(t, scaffold.Map, spec), "server.conf": text(t, scaffold.Server, spec)},
	}
	if len(spec.Upstreams) < 2 {
		all["location and map"] = source.Memory{
			"nginx.conf": fmt.Sprintf(frame, "include map.conf;\nserver {\nserver_name www.example.com;\ninclude location.conf;\n}\n"),
			"map.conf":   text(t, scaffold.Map, spec), "location.conf": text(t, scaffold.Location, spec),
		}
	}
	return all
}

// findings lints a whole configuration.
func findings(t testing.TB, files source.Memory, target lint.Target) []string {
	t.Helper()
	cfg, err := config.NewLoader(files).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !cfg.Complete {
		t.Fatal("the configuration is not complete")
	}
	return ruleTexts(t, cfg, target)
}

// ruleTexts runs all rules, those that are off by default too: file, line, rule and message.
func ruleTexts(t testing.TB, cfg *config.Config, target lint.Target) []string {
	t.Helper()
	selection, err := rules.All().Select(lint.Choice{Select: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.New(selection, lint.Options{Target: target}).Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range found {
		d := &found[i]
		texts = append(texts, fmt.Sprintf("%s:%d: %s: %s", d.At.File.Name, d.At.File.Line(d.At.Span.Start), d.Rule, d.Message))
	}
	return texts
}

// TestNothingIsFound lints everything that is generated: there is no finding of any level, with all rules on.
func TestNothingIsFound(t *testing.T) {
	n := 0
	for _, v := range variants(t) {
		for _, aim := range aims() {
			v.spec.Profiles = aim.target.Profiles
			for way, files := range whole(t, v.spec) {
				n++
				for _, finding := range findings(t, files, aim.target) {
					t.Errorf("%s, %s, nginx %s: %s", v.name, way, aim.name, finding)
				}
			}
		}
	}
	t.Logf("%d configurations", n)
}

// TestAnyUpgrade finds what passing everything on leaves, and nothing else.
func TestAnyUpgrade(t *testing.T) {
	for _, aim := range aims() {
		spec := scaffold.Spec{
			Path: "/ws", Upstreams: []string{"3000"}, ServerNames: []string{"www.example.com"}, AnyUpgrade: true,
			Profiles: aim.target.Profiles,
		}
		for way, files := range whole(t, spec) {
			found := findings(t, files, aim.target)
			if len(found) != 1 || !strings.Contains(found[0], "h2c-upgrade-forwarded") {
				t.Errorf("%s, nginx %s: %q", way, aim.name, found)
			}
		}
	}
}

// TestHeads asks the evaluator what backends receive: the handshake of each browser's client, no upgrade of any other.
func TestHeads(t *testing.T) {
	for _, v := range variants(t) {
		for _, profile := range catalog.Profiles() {
			cfg, err := config.NewLoader(whole(t, v.spec)["site"]).Load("nginx.conf", config.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkHeads(t, v.name, cfg, profile.Representative)
		}
	}
}

func checkHeads(t *testing.T, name string, cfg *config.Config, version catalog.Version) {
	t.Helper()
	e := eval.New(cfg)
	for _, location := range cfg.Locations() {
		upgrades := false
		for _, d := range location.Own("proxy_set_header") {
			upgrades = upgrades || d.Arg(1) == "Upgrade"
		}
		for _, client := range eval.Clients() {
			for _, u := range e.At(location, client, version).Proxied() {
				has := len(u.Lookup("Upgrade")) > 0
				if want := upgrades && client.WebSocket(); has != want {
					t.Errorf("%s, nginx %s, %s, %s: Upgrade is sent: %v, want %v", name, version, location.Arg(1), client, has, want)
				}
			}
		}
	}
}

// TestGonginxReads has gonginx's own parser read everything that is printed: the same words in the same order.
func TestGonginxReads(t *testing.T) {
	for _, v := range variants(t) {
		for _, kind := range scaffold.Kinds() {
			if kind == scaffold.Location && len(v.spec.Upstreams) > 1 {
				continue
			}
			printed := text(t, kind, v.spec)
			read, err := parser.NewStringParser(printed, parser.WithSkipValidDirectivesErr()).Parse()
			if err != nil {
				t.Errorf("%s, %s: %v", v.name, kind, err)
				continue
			}
			tree, err := scaffold.New(kind, v.spec)
			if err != nil {
				t.Fatal(err)
			}
			want, got := words(tree.Block, value), words(read.Block, cooked)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: gonginx reads\n%q\nbut meant was\n%q", v.name, kind, got, want)
			}
		}
	}
}

// words flattens a gonginx block; gonginx's own wrappers keep an upstream's servers apart and out of order, so lines are
// sorted.
func words(block gonginx.IBlock, read func(string) string) []string {
	var lines []string
	for _, d := range block.GetDirectives() {
		line := []string{d.GetName()}
		for _, p := range d.GetParameters() {
			line = append(line, read(p.Value))
		}
		lines = append(lines, strings.Join(line, "\x00"))
		if d.GetBlock() != nil {
			for _, inner := range words(d.GetBlock(), read) {
				lines = append(lines, d.GetName()+" > "+inner)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func value(text string) string { return text }

// cooked is what nginx makes of a word as it is written.
func cooked(text string) string {
	return syntax.Parse(source.NewFile("", "", "x "+text+";")).Directives[0].Arg(1)
}
