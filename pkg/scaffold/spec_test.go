package scaffold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/signals"
)

// TestPresets holds the presets against the table of products: one for every row that was read in the product's own
// documentation, with its source, and at its paths.
func TestPresets(t *testing.T) {
	presets, err := scaffold.Presets()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]signals.Product{}
	for _, row := range signals.Products() {
		if row.Confidence == "H" && len(row.Paths) > 0 {
			rows[row.Name] = row
		}
	}
	for _, p := range presets {
		row, ok := rows[p.Product]
		if !ok {
			t.Errorf("%s: there is no product %q of confidence H, or two presets for it", p.Name, p.Product)
			continue
		}
		delete(rows, p.Product)
		if p.Source != row.Source || p.Confidence != row.Confidence {
			t.Errorf("%s: source %s, confidence %s; the table says %s, %s", p.Name, p.Source, p.Confidence, row.Source, row.Confidence)
		}
		for _, path := range p.Paths {
			if !strings.Contains(path, "websocket$") && !anyIn(path, row.Paths) {
				t.Errorf("%s: %s is none of %q", p.Name, path, row.Paths)
			}
		}
	}
	for name := range rows {
		t.Errorf("there is no preset for %s", name)
	}
	files, err := filepath.Glob("presets/*")
	if err != nil || len(files) != len(presets) {
		t.Errorf("%d files, %d presets, %v", len(files), len(presets), err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") > 25 {
			t.Errorf("%s is not small, or %v", file, err)
		}
	}
}

// anyIn reports whether a location's path is one of the product's, or leads to one.
func anyIn(path string, all []string) bool {
	path = strings.TrimLeft(path, "=^~ ")
	for _, own := range all {
		if path == own || strings.HasPrefix(own, path) {
			return true
		}
	}
	return false
}

func TestSpecErrors(t *testing.T) {
	two := []string{"127.0.0.1:1", "127.0.0.1:2"}
	for want, spec := range map[string]scaffold.Spec{
		"path is missing":                          {Upstreams: two},
		"upstream is missing":                      {Path: "/ws"},
		"it begins with a slash":                   {Path: "ws", Upstreams: two},
		"without `?` and `#`":                      {Path: "/ws?x", Upstreams: two},
		"control characters":                       {Path: "/w\x01s", Upstreams: two[:1]},
		"is no regular expression":                 {Path: "~ (", Upstreams: two},
		"ws://":                                    {Path: "/ws", Upstreams: []string{"ws://127.0.0.1:1"}},
		"begins with http://":                      {Path: "/ws", Upstreams: []string{"ftp://a"}},
		"is no port":                               {Path: "/ws", Upstreams: []string{"a:99999"}},
		"variables are not supported":              {Path: "/ws", Upstreams: []string{"$backend"}},
		"is no IPv6 address":                       {Path: "/ws", Upstreams: []string{"[::1"}},
		"is no host":                               {Path: "/ws", Upstreams: []string{"a b"}},
		"a socket is":                              {Path: "/ws", Upstreams: []string{"unix:app.sock"}},
		"same scheme and path":                     {Path: "/ws", Upstreams: []string{"http://a", "https://b"}},
		"takes no path behind the address":         {Path: "~ ^/ws", Upstreams: []string{"http://a/b"}},
		"nothing to stick to":                      {Path: "/ws", Upstreams: two[:1], Sticky: true},
		"needs twice that at least":                {Path: "/ws", Upstreams: two[:1], Heartbeat: time.Minute, ReadTimeout: 90 * time.Second},
		"several backends need an upstream block":  {Path: "/ws", Upstreams: two},
		"it is a port or an address with one":      {Path: "/ws", Upstreams: two[:1], Listen: []string{"eighty"}},
		"a certificate and its key are two files:": {Path: "/ws", Upstreams: two[:1], Certificate: "a.crt"},
		"it is a host name":                        {Path: "/ws", Upstreams: two[:1], ServerNames: []string{"http://x/"}},
	} {
		if _, err := scaffold.New(scaffold.Location, spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	for want, spec := range map[string]scaffold.Spec{
		"1h":     {},
		"90s":    {Heartbeat: 10 * time.Second},
		"6m":     {Heartbeat: 2 * time.Minute},
		"75s":    {ReadTimeout: 75 * time.Second},
		"1d":     {ReadTimeout: 24 * time.Hour},
		"1500ms": {ReadTimeout: 1500 * time.Millisecond},
	} {
		spec.Path, spec.Upstreams = "/ws", []string{"3000"}
		if got := text(t, scaffold.Location, spec); !strings.Contains(got, "proxy_read_timeout "+want+";") {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

// TestAnything makes a site of anything that a user may say: an error, or a text that reads back as it was meant.
func TestAnything(t *testing.T) {
	some := rapid.StringOf(rapid.SampledFrom([]rune("ab/~^=$\\\"'{};# \t\n\r:[].,*-_0189ws%()|é\x00")))
	rapid.Check(t, func(t *rapid.T) {
		spec := scaffold.Spec{
			Path:        rapid.SampledFrom([]string{"", "/", "~ ", "= /"}).Draw(t, "modifier") + some.Draw(t, "path"),
			Upstreams:   []string{rapid.SampledFrom([]string{"", "http://", "unix:/", "127.0.0.1:8"}).Draw(t, "scheme") + some.Draw(t, "upstream")},
			ServerNames: []string{some.Draw(t, "name")}, Certificate: some.Draw(t, "certificate"), Key: some.Draw(t, "key"),
		}
		tree, err := scaffold.New(scaffold.Site, spec)
		if err != nil {
			return
		}
		if _, err := scaffold.Print(tree.Block); err != nil && !strings.Contains(err.Error(), "at most") {
			t.Fatal(err)
		}
	})
}
