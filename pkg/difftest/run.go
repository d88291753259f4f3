package difftest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/nginx"
)

// perProcess is how many cases share one nginx: a start costs as much as some twenty requests.
const perProcess = 50

// Run sends every request of every case through the server and returns one result a case, in the cases' order. An
// error is the harness's or the machine's own; what nginx refuses is in the result. Cases that share one process are
// those with the same settings at http level. IDs must differ.
//
// One process runs cases at a time; the others wait.
func Run(s Server, cases []*Case) ([]Result, error) {
	release, err := alone()
	if err != nil {
		return nil, err
	}
	defer release()
	results := make([]Result, len(cases))
	jobs := batches(cases)
	errs := make([]error, len(jobs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 2*runtime.GOMAXPROCS(0)) // a start waits for the disk and the loader, not for a core
	for i, job := range jobs {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = job.run(s, results)
		})
	}
	wait.Wait()
	return results, errors.Join(errs...)
}

// batch is some cases for one process, with their places in the list of results.
type batch struct {
	cases []*Case
	at    []int
}

// batches groups cases by their http level's settings.
func batches(cases []*Case) []*batch {
	groups := map[string]*batch{}
	var all []*batch
	for i, c := range cases {
		key := c.settings()
		b := groups[key]
		if b == nil || c.Alone || len(b.cases) >= perProcess {
			b = &batch{}
			if !c.Alone {
				groups[key] = b
			}
			all = append(all, b)
		}
		b.cases, b.at = append(b.cases, c), append(b.at, i)
	}
	return all
}

// run puts the results of the batch's cases in their places.
func (b *batch) run(s Server, results []Result) error {
	if len(b.cases) == 0 {
		return nil
	}
	err := b.attempt(s, results)
	for tries := 0; errors.Is(err, nginx.ErrAddressInUse) && tries < 10; tries++ {
		err = b.attempt(s, results)
	}
	var no *nginx.Refusal
	if !errors.As(err, &no) {
		return err
	}
	if len(b.cases) == 1 {
		results[b.at[0]] = Result{Message: no.Message}
		return nil
	}
	bad, good := b.split(no.Message)
	return errors.Join(bad.run(s, results), good.run(s, results))
}

// split parts the case that a complaint names from the others; where it names none, it halves the batch.
func (b *batch) split(message string) (bad, good *batch) {
	bad, good = &batch{}, &batch{}
	culprit := slices.IndexFunc(b.cases, func(c *Case) bool { return blames(message, c.ID) })
	for i, c := range b.cases {
		to := good
		if i == culprit || culprit < 0 && i < len(b.cases)/2 {
			to = bad
		}
		to.cases, to.at = append(to.cases, c), append(to.at, b.at[i])
	}
	return bad, good
}

// blames says whether a complaint is about a case: it names its folder, or something whose name ends with its ID.
func blames(message, id string) bool {
	return strings.Contains(message, "/"+id+"/") || strings.Contains(message, "_"+id+`"`)
}

// attempt is one start of nginx with all cases of the batch.
func (b *batch) attempt(s Server, results []Result) error {
	prefix, err := os.MkdirTemp("", "difftest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(prefix) }()
	stages := make([]*stage, len(b.cases))
	defer func() {
		for _, st := range stages {
			st.close()
		}
	}()
	for i, c := range b.cases {
		if stages[i], err = newStage(c, prefix); err != nil {
			return err
		}
	}
	if err := b.write(prefix, stages); err != nil {
		return err
	}
	stop, err := s.Serve(prefix)
	if err != nil {
		return err
	}
	defer stop()
	perform(stages, func(i int, r Result) { results[b.at[i]] = r })
	return nil
}

// perform runs the stages, some at a time.
func perform(stages []*stage, put func(int, Result)) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, st := range stages {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			put(i, st.perform())
		})
	}
	wait.Wait()
}

// write puts the configuration and the cases' files below the prefix. A single case is written as it stands, so that
// its messages have the lines of its own files.
func (b *batch) write(prefix string, stages []*stage) error {
	files := map[string]string{}
	if len(b.cases) == 1 {
		files = b.cases[0].Files(stages[0].real)
	} else {
		var includes []*Directive
		for i, c := range b.cases {
			root, parts := c.parts(stages[i].real)
			includes = append(includes, Simple("include "+root))
			maps.Copy(files, parts)
		}
		files["nginx.conf"] = b.cases[0].around(includes, prefix)
	}
	for _, c := range b.cases {
		for name, text := range c.Static {
			files[filepath.Join(c.ID, "html", name)] = text
		}
	}
	files["tmp/empty"] = ""
	return writeFiles(prefix, files)
}

// stage is a case with its addresses and backends.
type stage struct {
	c        *Case
	real     Addresses
	backends *backends
}

func newStage(c *Case, prefix string) (*stage, error) {
	st := &stage{c: c, real: Addresses{Prefix: prefix}}
	var err error
	if st.backends, err = openBackends(c, &st.real); err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	for _, port := range []*int{&st.real.Front, &st.real.Down} {
		if *port, err = freePort(); err != nil {
			st.close()
			return nil, err
		}
	}
	return st, nil
}

// close may be called on a stage that was never set up.
func (st *stage) close() {
	if st != nil && st.backends != nil {
		st.backends.close()
	}
}

// perform sends the case's requests.
func (st *stage) perform() Result {
	result := Result{Accepted: true}
	for i, request := range st.c.Requests {
		raw := st.c.Raw(i, st.real)
		st.backends.begin(request.Answer.filled(st.c, st.real), requestOf(raw).upgrade)
		o := converse(st.real.Front, raw)
		o.Upstream = slices.Clone(st.backends.end(o.Code() == 502 || o.Code() == 504))
		result.Observations = append(result.Observations, st.canonical(o))
	}
	return result
}

// filled puts addresses into the answer's headers and body. A backend that the case does not name has port 0.
func (a Answer) filled(c *Case, real Addresses) Answer {
	for n := range real.Backends {
		if !c.uses(fmt.Sprintf("{UP%d}", n)) {
			real.Backends[n] = 0
		}
	}
	a.Headers = slices.Clone(a.Headers)
	for i, line := range a.Headers {
		a.Headers[i] = c.fill(line, real)
	}
	a.Body = c.fill(a.Body, real)
	return a
}

// canonical tells the observation in canonical addresses and without the time of day.
func (st *stage) canonical(o Observation) Observation {
	for i, line := range o.Headers {
		o.Headers[i] = st.c.canonical(dateless(line), st.real)
	}
	o.Body = Bytes(st.c.canonical(string(o.Body), st.real))
	for i := range o.Upstream {
		e := &o.Upstream[i]
		e.Head = Bytes(st.c.canonical(string(e.Head), st.real))
		e.Body = Bytes(st.c.canonical(string(e.Body), st.real))
	}
	return o
}

// UpstreamDate is the date that scripted backends send: the only one that stays as it is.
const UpstreamDate = "Mon, 01 Jan 2024 00:00:00 GMT"

func dateless(line string) string {
	if name, value, _ := strings.Cut(line, ": "); strings.EqualFold(name, "Date") && value != UpstreamDate {
		return name + ": {DATE}"
	}
	return line
}

// Test asks the server whether it accepts one case, without running it: an empty message means yes.
func Test(s Server, c *Case) (message string, err error) {
	prefix, err := os.MkdirTemp("", "difftest")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(prefix) }()
	real := Canonical
	real.Prefix = prefix
	b := &batch{cases: []*Case{c}}
	if err := b.write(prefix, []*stage{{c: c, real: real}}); err != nil {
		return "", err
	}
	err = testNginx(s, prefix)
	var no *nginx.Refusal
	if errors.As(err, &no) {
		return no.Message, nil
	}
	return "", err
}
