package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// seed is a snippet as articles print it: lines left out, a colon after a directive's name, the last brace missing.
const seed = `http {
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }

    server {
        ...
        location /chat/ {
            proxy_pass http://backend;
            proxy_http_version: 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }
    }
`

// TestSeedCase lints the snippet in many lines and in one.
func TestSeedCase(t *testing.T) {
	for layout, text := range map[string]string{
		"many lines": seed,
		"one line":   strings.Join(strings.Fields(seed), " "),
	} {
		t.Run(layout, func(t *testing.T) {
			cfg, err := config.NewLoader(source.Memory{"nginx.conf": text}).Load("nginx.conf", config.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkSeed(t, cfg, text)
			if got := worse(t, cfg, lint.Choice{}); len(got) != 3 {
				t.Errorf("with all rules: %d findings of level warning or above, want 3", len(got))
			}
			location := cfg.Locations()
			if len(location) != 1 || location[0].Arg(1) != "/chat/" {
				t.Fatalf("locations: %v", location)
			}
			if v := cfg.Effective(location[0], "proxy_http_version"); v.State != config.Unknown {
				t.Errorf("proxy_http_version is %v, want Unknown", v.State)
			}
		})
	}
}

func checkSeed(t *testing.T, cfg *config.Config, text string) {
	t.Helper()
	findings := worse(t, cfg, lint.Choice{Select: []string{"correctness"}})
	type short struct{ Rule, Message, Word, Note string }
	var got []short
	for _, d := range findings {
		got = append(got, short{d.Rule, d.Message, d.At.File.Slice(d.At.Span), d.Note})
	}
	want := []short{
		{"unknown-directive", "unknown directive `...`", "...", "three dots stand for lines that were left out"},
		{"unknown-directive", "unknown directive `proxy_http_version:`", "proxy_http_version:", "did you mean `proxy_http_version`?"},
		{"syntax", `unexpected end of file, expecting "}"`, "", "missing `}`"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	end := findings[2]
	if line := end.At.File.Line(end.At.Span.Start); line != strings.Count(text, "\n")+1 {
		t.Errorf("the end of the file is reported on line %d", line)
	}
	open := strings.Index(text, "{")
	if len(end.Labels) != 1 || end.Labels[0].Span.Start != open {
		t.Errorf("labels %+v, want one on the brace of http", end.Labels)
	}
}

// worse returns the findings of level warning or above.
func worse(t *testing.T, cfg *config.Config, choice lint.Choice) []diag.Diagnostic {
	t.Helper()
	sel, err := rules.All().Select(choice)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := lint.New(sel, lint.Options{}).Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out []diag.Diagnostic
	for _, d := range findings {
		if d.Level >= diag.Warning {
			out = append(out, d)
		}
	}
	return out
}
