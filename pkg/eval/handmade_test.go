package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/difftest"
)

// handmadeDir holds configurations that no generator makes, and what real servers did with them.
var handmadeDir = filepath.Join("testdata", "handmade")

// TestHandmade compares with what real servers did with the cases of testdata/handmade, as it was recorded; with -record
// they are asked first.
func TestHandmade(t *testing.T) {
	cases := handmadeCases(t)
	if *record {
		for _, s := range difftest.Servers(t) {
			results, err := difftest.Run(s, cases)
			if err != nil {
				t.Fatal(err)
			}
			if err := difftest.Record(handmadeDir, s, cases, results); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := difftest.Load(os.DirFS(handmadeDir))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(cases) {
		t.Errorf("%d cases are recorded, of %d", len(all), len(cases))
	}
	compared := 0
	for i := range all {
		compared += handmade(t, &all[i], cases[i])
	}
	if compared < 1150 {
		t.Errorf("only %d pairs were compared", compared)
	}
}

// handmade compares one case with what every server did, and returns how many requests that were.
func handmade(t *testing.T, r *difftest.Recorded, c *difftest.Case) (compared int) {
	t.Helper()
	if r.Hash != difftest.Hash(c.Files(difftest.Canonical)) || len(r.Requests) != len(c.Requests) {
		t.Errorf("%s was recorded as something else", r.ID)
	}
	if len(r.Results) < 3 {
		t.Errorf("%s is recorded with %d servers", r.ID, len(r.Results))
	}
	for version, result := range r.Results {
		if !result.Accepted {
			t.Errorf("nginx %s, %s: %s", version, r.ID, result.Message)
			continue
		}
		v := versionOf(t, difftest.Server{Version: version})
		differ, n := recordedScenario(r).compare(result, v)
		for _, d := range differ {
			t.Errorf("nginx %s, %s: %s", version, r.ID, d)
		}
		compared += n
	}
	return compared
}

// handmadeCases reads the cases: a comment, the inside of the http block in canonical addresses, and requests, each behind
// a line `---` that may have the backend's answer: its status line and header lines with `|` between them. Lines end
// with CRLF where they are sent, a backslash is Go's, {KB9} stands for 9000 bytes and {KB1_5} for 1500.
func handmadeCases(t *testing.T) []*difftest.Case {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(handmadeDir, "*.case"))
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	var cases []*difftest.Case
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "\n---")
		c := &difftest.Case{ID: fmt.Sprintf("h%d", i), Alone: true, Text: map[string]string{"nginx.conf": handmadeConf(parts[0])}}
		for _, part := range parts[1:] {
			c.Requests = append(c.Requests, handmadeRequest(t, name, part))
		}
		cases = append(cases, c)
	}
	return cases
}

// handmadeConf is a configuration around the inside of its http block.
func handmadeConf(inside string) string {
	conf := "user root; daemon off; master_process off; pid /srv/ngx/nginx.pid; error_log stderr info;\nevents {}\nhttp {\naccess_log off;\n"
	for _, module := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += module + "_temp_path /srv/ngx/tmp;\n"
	}
	return conf + inside + "\n}\n"
}

// handmadeRequest reads what stands behind the dashes.
func handmadeRequest(t *testing.T, name, part string) difftest.Request {
	t.Helper()
	first, text, _ := strings.Cut(part, "\n")
	head, body, _ := strings.Cut(strings.TrimRight(text, "\n"), "\n\n")
	quoted := strings.ReplaceAll(strings.ReplaceAll(head, "\n", `\r\n`)+`\r\n\r\n`+body, `"`, `\"`)
	raw, err := strconv.Unquote(`"` + quoted + `"`)
	if err != nil {
		t.Fatalf("%s: %q: %v", name, part, err)
	}
	raw = strings.NewReplacer("{KB9}", strings.Repeat("b", 9000), "{KB1_5}", strings.Repeat("m", 1500)).Replace(raw)
	return difftest.Request{Raw: difftest.Bytes(raw), Answer: handmadeAnswer(strings.TrimSpace(first))}
}

// handmadeAnswer reads the backend's answer.
func handmadeAnswer(text string) difftest.Answer {
	switch text {
	case "":
		return difftest.Answer{Status: "HTTP/1.1 200 OK", Headers: []string{"Content-Type: text/plain", "X-Up: 1"}, Body: "hello", Framing: difftest.Length}
	case "strict":
		return difftest.Answer{Strict: true}
	}
	lines := strings.Split(text, "|")
	return difftest.Answer{Status: lines[0], Headers: lines[1:], Body: "hello", Framing: difftest.Length}
}
