package catalog_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	. "github.com/ngxproof/ngxproof/pkg/catalog"
)

var full = flag.Bool("catalog.full", false, "ask real nginx about every directive, not about a sample")

// frames hold a statement in each context that every nginx has.
var frames = map[Context]string{
	Main:         "%s\nevents {}",
	Events:       "events { %s }",
	HTTP:         "events {} http { %s }",
	Server:       "events {} http { server { %s } }",
	IfInServer:   "events {} http { server { if ($host) { %s } } }",
	Location:     "events {} http { server { location / { %s } } }",
	IfInLocation: "events {} http { server { location / { if ($host) { %s } } } }",
	LimitExcept:  "events {} http { server { location / { limit_except GET { %s } } } }",
	Upstream:     "events {} http { upstream u { %s } }",
}

// verdict is the class of nginx's first complaint.
type verdict string

const (
	foreign      verdict = "unknown directive"
	misplaced    verdict = "not allowed here"
	unterminated verdict = "not terminated by \";\""
	unopened     verdict = "no opening \"{\""
	miscounted   verdict = "invalid number of arguments"
	accepted     verdict = "accepted"
)

// verdictOf reads nginx's first complaint; one about the meaning of an argument, or about ngxproof_stop, means accepted.
func verdictOf(stderr []byte, name string) verdict {
	lines := bufio.NewScanner(bytes.NewReader(stderr))
	for lines.Scan() {
		_, text, ok := strings.Cut(lines.Text(), "[emerg] ")
		if !ok {
			continue
		}
		for _, v := range []verdict{foreign, misplaced, unterminated, unopened, miscounted} {
			if strings.Contains(text, string(v)) && strings.Contains(text, `"`+name+`"`) {
				return v
			}
		}
		return accepted
	}
	return accepted // modern_browser refuses a lone argument without a word
}

// server is a real nginx.
type server struct{ version, path string }

func servers(t *testing.T) []server {
	t.Helper()
	tool := filepath.Join("..", "..", "..", "shared", "tools", "real-nginx")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("no ../shared")
	}
	out, err := exec.Command(tool).Output()
	if err != nil {
		t.Skipf("no real nginx: %v", err)
	}
	var all []server
	for line := range strings.Lines(string(out)) {
		version, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
		all = append(all, server{version, path})
	}
	return all
}

// ask gives nginx's verdict on a statement. A second statement that nothing knows keeps it from going on to open
// files and ports.
func (s server) ask(dir string, in Context, name, statement string) (verdict, error) {
	file, err := os.CreateTemp(dir, "*.conf")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err = fmt.Fprintf(file, frames[in], statement+" ngxproof_stop here;"); err != nil {
		return "", err
	}
	if err = file.Close(); err != nil {
		return "", err
	}
	out, err := exec.Command(s.path, "-t", "-p", dir, "-c", file.Name()).CombinedOutput()
	if err == nil {
		return "", fmt.Errorf("nginx takes ngxproof_stop")
	}
	return verdictOf(out, name), nil
}

type question struct {
	name, statement string
	in              Context
	want            verdict
}

// questions asks, for each directive of nginx itself and each context, for too many arguments (which nginx looks at only
// if the context is right), and for each number of arguments in the first context that takes it.
func questions() []question {
	var all []question
	for d := range All() {
		asked := false
		for in := Main; in <= Upstream; in <<= 1 {
			e := d.In(in)
			all = append(all, question{d.Name, d.Name + strings.Repeat(" 1", 8) + ";", in, expected(e, 8, false)})
			if e != nil && !asked && e.Kind == OSS {
				all, asked = append(all, counts(d, e, in)...), true
			}
		}
	}
	return all
}

func counts(d *Directive, e *Entry, in Context) []question {
	if d.Name == "load_module" || d.Name == "include" {
		return nil
	}
	var all []question
	for n := range 6 {
		for _, block := range []bool{false, true} {
			end := ";"
			if block {
				end = " {"
			}
			all = append(all, question{d.Name, d.Name + strings.Repeat(" 1", n) + end, in, expected(e, n, block)})
		}
	}
	return all
}

// expected is the catalog's verdict, in the order in which nginx looks.
func expected(e *Entry, n int, block bool) verdict {
	switch {
	case e == nil:
		return misplaced
	case e.Block == No && block:
		return unterminated
	case e.Block == Yes && !block:
		return unopened
	case e.Arity.Allows(n) == No:
		return miscounted
	}
	return accepted
}

// known are differences that are right, because the server is older than the facts: keepalive's second argument is new in
// 1.29.7, and a directive may be new in this context only, such as resolver in upstream.
func known(v Version, q question, got verdict) bool {
	if q.name == "keepalive" && got == miscounted {
		return v.Before(Version{Major: 1, Minor: 29, Patch: 7})
	}
	e := Lookup(q.name).In(q.in)
	if e == nil || got != misplaced {
		return false
	}
	since, ok := e.Appears()
	return ok && v.Before(since)
}

// TestRealNginx compares the catalog with real servers: where a directive may stand, whether it opens a block, how many
// arguments it takes. A directive that a server does not know is not compared.
func TestRealNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	for _, s := range servers(t) {
		t.Run(s.version, func(t *testing.T) { s.compare(t) })
	}
}

func (s server) compare(t *testing.T) {
	version, err := ParseVersion(s.version)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var asked, absent, older int
	var mu sync.Mutex
	eachParallel(sample(questions()), func(q question) {
		got, err := s.ask(dir, q.in, q.name, q.statement)
		mu.Lock()
		defer mu.Unlock()
		asked++
		switch {
		case err != nil:
			t.Errorf("%s: %v", q.statement, err)
		case got == foreign:
			absent++
		case got != q.want && known(version, q, got):
			older++
		case got != q.want:
			t.Errorf("in %v: %s nginx says %q, the catalog %q", q.in, q.statement, got, q.want)
		}
	})
	if asked-absent < 100 {
		t.Errorf("only %d questions compared", asked-absent)
	}
	t.Logf("%d questions, %d about directives that this nginx lacks, %d known differences by version", asked, absent, older)
}

// sample keeps about one question in 40.
func sample(all []question) []question {
	if *full {
		return all
	}
	var some []question
	for _, q := range all {
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, q.in, q.statement)
		if h.Sum32()%40 == 0 {
			some = append(some, q)
		}
	}
	return some
}

func eachParallel(all []question, do func(question)) {
	var wg sync.WaitGroup
	ch := make(chan question)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for q := range ch {
				do(q)
			}
		})
	}
	for _, q := range all {
		ch <- q
	}
	close(ch)
	wg.Wait()
}
