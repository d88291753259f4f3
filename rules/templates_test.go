package rules_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// realInTemplates are the findings of syntax and unknown-directive in templates of the corpus that stay, since something
// else than the template is their reason: a part of the file's path, a part of the message, the reason.
var realInTemplates = []struct{ path, message, reason string }{
	{"SteveLTN+https-portal/README-ja.md.block2", "", "an article leaves something out with dots"},
	{"custom-templates/README.md.block", "", "an article leaves something out with dots"},
	{"nginx.org/xml/en/docs/stream/", "`...`", "the documentation leaves something out with dots"},
	{"nginx.org/xml/en/docs/http/ngx_http_split_clients", "end of file", "the documentation's block was cut off"},
	{"discourse_docker/templates/web.", "", "a shell script around several configurations"},
	{"dokku/tests/unit/test_helper.bash.block3", "", "a shell script around several configurations"},
	{"WordOps/wo/cli/templates/nginx-core", "`ssl_dyn_rec_enable`", "a directive of a patch to nginx"},
	{"WordOps/wo/cli/templates/redis", "`redis_pass`", "a module that the catalog does not have"},
	{"hotbaby+nginx-conf", "`gearman_", "a module that the catalog does not have"},
	{"nginx/templates/default/nginx.conf.erb", "`hide_server_tokens`", "nginx has no such directive"},
	{"configs/version1/", "`deployment_context`", "a directive of nginx Plus that the catalog does not have"},
}

// TestTemplateCorpus: no template of the corpus has a finding of syntax or unknown-directive that is the template's fault.
// Third-party directives are no template's fault.
func TestTemplateCorpus(t *testing.T) {
	linter := correctness(t)
	files, clean, known, foreign := 0, 0, 0, 0
	used := make([]bool, len(realInTemplates))
	for _, path := range templatePaths(t) {
		c, err := config.NewLoader(source.Disk{}).Load(path, config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := linter.Run(c)
		if err != nil {
			t.Error(err)
		}
		files++
		quiet := true
		for _, d := range found {
			if d.Rule != "syntax" && d.Rule != "unknown-directive" {
				continue
			}
			quiet = false
			switch {
			case thirdParty(d):
				foreign++
			case real(path, d.Message, used):
				known++
			default:
				t.Errorf("%s:%d: %s: %s", path, d.At.File.Line(d.At.Span.Start), d.Rule, d.Message)
			}
		}
		if quiet {
			clean++
		}
	}
	for i, u := range used {
		if !u {
			t.Errorf("no longer found: %+v", realInTemplates[i])
		}
	}
	if files != 264 {
		t.Errorf("%d templates, want 264", files)
	}
	t.Logf("%d templates: %d without a finding of syntax or unknown-directive, %d such findings that are real, %d of third-party modules, none that is the template's fault", files, clean, known, foreign)
}

// thirdParty reports whether a finding is about a directive of a module that is not nginx's.
func thirdParty(d diag.Diagnostic) bool {
	_, ok := catalog.ThirdParty(d.At.File.Slice(d.At.Span))
	return ok && d.Rule == "unknown-directive"
}

func real(path, message string, used []bool) bool {
	for i, r := range realInTemplates {
		if strings.Contains(path, r.path) && strings.Contains(message, r.message) {
			used[i] = true
			return true
		}
	}
	return false
}

// templatePaths returns the corpus' files of kind template; the test is skipped where the corpus is not there.
func templatePaths(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "corpus")
	f, err := os.Open(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Skip("no ../shared/corpus")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, row := range rows {
		if row[4] == "template" {
			paths = append(paths, filepath.Join(dir, "files", row[0]))
		}
	}
	return paths
}
