package eval

import (
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// scenario is a case, generated or recorded, in the canonical addresses.
type scenario struct {
	id       string
	files    map[string]string
	static   map[string]string
	requests int
	raw      func(i int) []byte
	script   func(i int, upstream difftest.Bytes) (head, body string)
}

// scenarioOf returns a generated case.
func scenarioOf(c *difftest.Case) *scenario {
	return &scenario{
		id: c.ID, files: c.Files(difftest.Canonical), static: c.Static, requests: len(c.Requests),
		raw:    func(i int) []byte { return c.Raw(i, difftest.Canonical) },
		script: func(i int, up difftest.Bytes) (string, string) { return c.Script(i, difftest.Canonical, up) },
	}
}

// recordedScenario returns a recorded case.
func recordedScenario(r *difftest.Recorded) *scenario {
	return &scenario{
		id: r.ID, files: r.Files, static: r.Static, requests: len(r.Requests),
		raw:    func(i int) []byte { return []byte(r.Requests[i].Raw) },
		script: r.Script,
	}
}

// evaluator loads the scenario's configuration.
func (s *scenario) evaluator() (*Evaluator, error) {
	loaded, err := config.NewLoader(source.Memory(s.files)).Load("nginx.conf", config.Options{})
	if err != nil {
		return nil, err
	}
	e := New(loaded)
	e.Prefix = difftest.Canonical.Prefix
	e.Router().Files = s.served()
	return e, nil
}

// served are the files that the scenario's nginx can see.
func (s *scenario) served() fs.FS {
	files := fstest.MapFS{}
	for name, text := range s.static {
		files[strings.TrimPrefix(path.Join(difftest.Canonical.Prefix, s.id, "html", name), "/")] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// peers returns the addresses of both ends as the case's requests have them.
func peers() Connection {
	return Connection{
		Local:  netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(difftest.Canonical.Front)),
		Remote: netip.MustParseAddrPort("127.0.0.1:50000"),
	}
}

// predict tells what nginx v will be seen to do with request i, and what it sends last; the error says what is not known.
func (s *scenario) predict(e *Evaluator, i int, v catalog.Version) (difftest.Observation, *Upstream, error) {
	var o difftest.Observation
	out, _ := e.Raw(s.raw(i), peers(), v)
	if !out.Complete || len(out.All) != 1 {
		return o, nil, fmt.Errorf("%d outcomes, complete: %v", len(out.All), out.Complete)
	}
	up, err := s.follow(&o, out.All[0], i)
	return o, up, err
}

// follow tells what is sent to backends and what the client gets; an error_page may ask further backends.
func (s *scenario) follow(o *difftest.Observation, outcome *Outcome, i int) (*Upstream, error) {
	u := outcome.Upstream
	if u == nil || u.NoResolver {
		return s.ends(o, outcome, outcome.Answer(Response{}), "", i)
	}
	switch {
	case !u.Known() || u.BodyUnknown:
		return u, fmt.Errorf("not known:\n%s", u.Head())
	case u.Version.Text == "2": // no backend of the harness speaks HTTP/2
		o.Status = "HTTP/1.1 " + outcome.Fail(502).StatusLine
		return u, nil
	case strings.HasSuffix(u.Host.Text, fmt.Sprintf(":%d", difftest.Canonical.Down)):
		return s.ends(o, outcome, outcome.Fail(502), "", i)
	}
	sent := difftest.Exchange{Head: difftest.Bytes(u.Head()), Body: difftest.Bytes(u.Body)}
	o.Upstream = append(o.Upstream, sent)
	head, body := s.script(i, sent.Head)
	if up := parseResponse(head); up.Status != 0 {
		return s.ends(o, outcome, outcome.Answer(up), body, i)
	}
	return s.ends(o, outcome, outcome.Fail(502), "", i)
}

// ends goes on where an error_page leads to, or writes down the answer.
func (s *scenario) ends(o *difftest.Observation, outcome *Outcome, head *ClientHead, body string, i int) (*Upstream, error) {
	if head.Next != nil && len(o.Upstream) < 5 {
		return s.follow(o, head.Next, i)
	}
	return outcome.Upstream, told(o, head, outcome, body)
}

// told writes down what the client gets.
func told(o *difftest.Observation, head *ClientHead, outcome *Outcome, backend string) error {
	if head.Unknown != "" {
		return fmt.Errorf("not known: %s", head.Unknown)
	}
	if head.Open || head.Next != nil {
		return fmt.Errorf("open %v, next %v", head.Open, head.Next != nil)
	}
	if head.Status != 0 && !head.Headless {
		o.Status = "HTTP/1.1 " + head.StatusLine
	}
	for i := range head.Lines {
		l := &head.Lines[i]
		switch {
		case l.Name == "Date" && l.Value.Unknown:
			o.Headers = append(o.Headers, "Date: {DATE}")
		case l.Value.Unknown:
			return fmt.Errorf("not known: %s: %s", l.Name, l.Value.Text)
		default:
			o.Headers = append(o.Headers, l.Name+": "+l.Value.Text)
		}
	}
	o.Body = difftest.Bytes(head.Body)
	bodiless := outcome.x.run.Method == "HEAD" || head.Status == 204 || head.Status == 304
	if head.FromBackend && !head.Tunnel && !bodiless {
		o.Body = difftest.Bytes(backend)
	}
	o.Tunnel, o.Closed = head.Tunnel, !head.Tunnel && !head.KeepAlive
	return nil
}

// parseResponse reads a backend's head.
func parseResponse(head string) Response {
	first, rest, _ := strings.Cut(head, "\r\n")
	version, line, _ := strings.Cut(strings.TrimPrefix(first, "HTTP/"), " ")
	r := Response{Version: version, Line: line}
	_, _ = fmt.Sscanf(line, "%d", &r.Status)
	for line := range strings.SplitSeq(rest, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			r.Headers = append(r.Headers, vars.Header{Name: name, Value: strings.Trim(value, " ")})
		}
	}
	return r
}

// differences compares what was predicted with what was seen; "" where they agree.
func differences(want, got difftest.Observation, up *Upstream) string {
	var out strings.Builder
	check := func(what string, want, got any) {
		if a, b := fmt.Sprintf("%q", want), fmt.Sprintf("%q", got); a != b {
			fmt.Fprintf(&out, "%s:\n  nginx %s\n  eval  %s\n", what, b, a)
		}
	}
	check("status", want.Status, got.Status)
	if up != nil && up.Version.Text == "2" {
		return out.String()
	}
	check("upstream heads", sent(want), sent(got))
	check("headers", want.Headers, got.Headers)
	check("body", want.Body, got.Body)
	check("tunnel", fmt.Sprint(want.Tunnel), fmt.Sprint(got.Tunnel))
	check("closed", fmt.Sprint(want.Closed), fmt.Sprint(got.Closed))
	if up != nil && len(got.Upstream) == 1 && !atBackend(up, got.Upstream[0].Backend) {
		check("backend", up.Host.Text, got.Upstream[0].Backend)
	}
	return out.String()
}

// sent lists what reached backends.
func sent(o difftest.Observation) []string {
	var all []string
	for _, e := range o.Upstream {
		all = append(all, string(e.Head)+string(e.Body))
	}
	return all
}

// atBackend reports whether a request may have got to that backend of the harness.
func atBackend(up *Upstream, name string) bool {
	var addresses []string
	switch {
	case up.Block != nil:
		for _, server := range up.Block.Own("server") {
			addresses = append(addresses, server.Arg(1))
		}
	case up.Socket != "":
		addresses = []string{"unix:" + up.Socket}
	default:
		addresses = []string{up.Host.Text}
	}
	return slices.ContainsFunc(addresses, func(a string) bool {
		if name == "SOCK" {
			return strings.HasPrefix(a, "unix:")
		}
		var n int
		_, err := fmt.Sscanf(name, "UP%d", &n)
		return err == nil && strings.HasSuffix(a, fmt.Sprintf(":%d", difftest.Canonical.Backends[n]))
	})
}

// compare predicts all of a scenario's requests and returns where nginx was seen to differ.
func (s *scenario) compare(r difftest.Result, v catalog.Version) (differ []string, compared int) {
	if !r.Accepted {
		return nil, 0
	}
	e, err := s.evaluator()
	if err != nil {
		return []string{err.Error()}, 0
	}
	for i, got := range r.Observations {
		want, up, err := s.predict(e, i, v)
		compared++
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			text = differences(want, got, up)
		}
		if text != "" {
			differ = append(differ, fmt.Sprintf("request %d %q\n%s", i, s.raw(i), text))
		}
	}
	return differ, compared
}

// versionOf reads a server's version.
func versionOf(t testing.TB, s difftest.Server) catalog.Version {
	t.Helper()
	v, err := catalog.ParseVersion(s.Version)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
