package route_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// The files in testdata hold configurations and requests with what real nginx servers answered. A file is
//
//	# what it is about
//	file PATH TEXT        (a file below {DIR})
//	conf                  (what follows, up to the line of dashes, stands in http)
//	...
//	---
//	GET /path | Header: value
//	=> 200 "text"
//
// A request without a Host line gets `Host: h`. `raw "..."` is sent as it is. An answer is the status and, for a
// redirect, the Location; then the body, `page` for one of nginx's own. A proxied request's body names the level that it
// left: the X-L that is set there. `closed` is a connection that ends without an answer. An answer that differs between
// versions has a line each: `=> 1.22.1 ...`.

// recorded are the versions whose answers are in the files.
var recorded = []string{"1.22.1", "1.26.3", "1.30.6"}

// measured is one of the files.
type measured struct {
	path     string
	head     []string // up to the dashes
	conf     string
	files    map[string]string
	requests []*exchange
}

// exchange is a request and what was answered.
type exchange struct {
	line    string // as written
	raw     string // as sent
	answers map[string]string
}

func readMeasured(t *testing.T, path string) *measured {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := &measured{path: path, files: map[string]string{}}
	head, tail, _ := strings.Cut(string(text), "\n---\n")
	m.head = strings.Split(head, "\n")
	about, conf, _ := strings.Cut(head, "\nconf\n")
	m.conf = conf
	for line := range strings.Lines(about) {
		if rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "file "); ok {
			name, content, _ := strings.Cut(rest, " ")
			m.files[name] = content
		}
	}
	for line := range strings.Lines(tail) {
		line = strings.TrimSuffix(line, "\n")
		answer, isAnswer := strings.CutPrefix(line, "=> ")
		switch {
		case line == "":
		case isAnswer:
			m.requests[len(m.requests)-1].note(answer)
		default:
			m.requests = append(m.requests, &exchange{line: line, raw: rawRequest(t, line), answers: map[string]string{}})
		}
	}
	return m
}

// note takes one answer line.
func (e *exchange) note(answer string) {
	if version, rest, _ := strings.Cut(answer, " "); slices.Contains(recorded, version) {
		e.answers[version] = rest
		return
	}
	for _, version := range recorded {
		e.answers[version] = answer
	}
}

func rawRequest(t *testing.T, line string) string {
	t.Helper()
	if quoted, ok := strings.CutPrefix(line, "raw "); ok {
		raw, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return raw
	}
	parts := strings.Split(line, " | ")
	first := parts[0]
	if !strings.Contains(first, " HTTP/") {
		first += " HTTP/1.1"
	}
	raw, hosted := first+"\r\n", false
	for _, header := range parts[1:] {
		hosted = hosted || strings.HasPrefix(strings.ToLower(header), "host:")
		raw += header + "\r\n"
	}
	if !hosted {
		raw += "Host: h\r\n"
	}
	return raw + "Connection: close\r\n\r\n"
}

// site is where the files of a measured configuration are, as the recorded answers name it.
const site = "/srv/site"

// load builds a router over the configuration, with port 8080 for the one it listens on.
func (m *measured) load(t testing.TB) (*route.Router, *vars.Table, fstest.MapFS) {
	t.Helper()
	text := "events {}\nhttp {\n" + fill(m.conf, site, "8080", "9090") + "\n}\n"
	includes := source.Memory{}
	for name, content := range m.files {
		includes[site+"/"+name] = content
	}
	c := config.NewLoader(includes).LoadFile(source.NewFile("nginx.conf", "nginx.conf", text), config.Options{})
	for _, e := range c.Entry.Errors {
		t.Fatalf("%s: %v", m.path, e)
	}
	files := fstest.MapFS{}
	for name, content := range m.files {
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		files[strings.TrimPrefix(site, "/")+"/"+name] = &fstest.MapFile{Data: []byte(content), Mode: mode}
	}
	table := vars.NewTable(c)
	r := route.New(c, table)
	r.Files = files
	return r, table, files
}

func fill(conf, dir, port, upstream string) string {
	return strings.NewReplacer("{DIR}", dir, "{PORT}", port, "{UP}", upstream).Replace(conf)
}

// predict says what nginx will answer.
func predict(t testing.TB, r *route.Router, table *vars.Table, files fstest.MapFS, raw string, v catalog.Version) string {
	t.Helper()
	req, _, refused := route.ParseRequest([]byte(raw), route.Limits{Version: v, KeepSlashes: len(table.Config().Root.Children[1].Own("merge_slashes")) > 0})
	if refused != nil {
		return described(refused.Status, "", "page", v)
	}
	if req == nil {
		return "incomplete"
	}
	req.Local = netip.MustParseAddrPort("127.0.0.1:8080")
	req.Remote = netip.MustParseAddrPort("127.0.0.1:40000")
	var results []string
	vars.Worlds(8, func(w *vars.World) {
		run := table.NewRun(req, v, w)
		run.Prefix = site
		d := r.Route(run)
		if result := outcome(table, files, run, d, v); !slices.Contains(results, result) {
			results = append(results, result)
		}
	})
	return strings.Join(results, " or ")
}

// outcome puts a decision into the words of the files.
func outcome(table *vars.Table, files fstest.MapFS, run *vars.Run, d *route.Decision, v catalog.Version) string {
	body := "page"
	switch {
	case d.Kind == route.Unknown:
		return "unknown: " + d.Unknown
	case d.Closed:
		return "closed"
	case d.Kind == route.Proxy:
		level := ""
		for _, h := range table.Config().EffectiveList(d.Level, "proxy_set_header").Items {
			if h.Arg(1) == "X-L" {
				level = run.Eval(table.Expr(h.Arg(2))).Text
			}
		}
		body = strconv.Quote("proxied " + level)
	case d.Kind == route.Other:
		return "other " + d.Handler.Name()
	case d.Kind == route.Static:
		data, err := files.ReadFile(strings.TrimPrefix(filepath.Clean(d.File.Text), "/"))
		if err != nil {
			return err.Error()
		}
		body = strconv.Quote(string(data))
	case d.BodyUnknown:
		body = strings.TrimSuffix(strconv.Quote(d.Body), "\"") + "..."
	case !d.Page:
		body = strconv.Quote(d.Body)
	case d.Status != 404 && d.Status != 498 && pageless(d.Status):
		body = `""`
	}
	if run.Request.Method == "HEAD" {
		body = `""`
	}
	location := ""
	if d.Located {
		location = d.Redirect
	}
	return described(d.Status, location, body, v)
}

// agrees reports whether an answer is what was predicted; "..." stands for an end that is not known.
func agrees(predicted, answer string) bool {
	begin, open := strings.CutSuffix(predicted, "...")
	return predicted == answer || open && strings.HasPrefix(answer, begin)
}

// pageless are the statuses that nginx has no page for.
func pageless(status int) bool {
	switch status {
	case 417, 418, 422, 423, 424, 425, 426, 427, 428, 430:
		return true
	}
	return status > 507 || status < 300
}

func described(status int, location, body string, _ catalog.Version) string {
	if status == 0 {
		status = 200
	}
	if status == 494 {
		status = 400
	}
	if location != "" {
		location = " -> " + location
	}
	return fmt.Sprintf("%d%s %s", status, location, body)
}

func version(t testing.TB, text string) catalog.Version {
	t.Helper()
	v, err := catalog.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func measuredFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*.measured"))
	if err != nil || len(paths) == 0 {
		t.Fatal(errors.Join(err, errors.New("no files in testdata")))
	}
	return paths
}

// TestMeasured holds the router to what real servers answered.
func TestMeasured(t *testing.T) {
	for _, path := range measuredFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".measured"), func(t *testing.T) {
			m := readMeasured(t, path)
			r, table, files := m.load(t)
			for _, e := range m.requests {
				for _, v := range recorded {
					if got := predict(t, r, table, files, e.raw, version(t, v)); !agrees(got, e.answers[v]) {
						t.Errorf("%s\n%s says  %s\nwe say %s", e.line, v, e.answers[v], got)
					}
				}
			}
		})
	}
}
