// Package trace answers: why does this request end where it ends? It tells the evaluator's steps as a story: listener,
// server, location, rewrites, what the backend receives and which line decided it, and what the client gets. Nothing is
// dialled.
package trace

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Story is what happens to one request.
type Story struct {
	// Request is the request line, Headers the lines that the client sends.
	Request string   `json:"request"`
	Headers []Header `json:"headers"`
	// Nginx is the version whose behaviour is told.
	Nginx string `json:"nginx"`
	// Refused are the mistakes for which that nginx does not load the configuration; the endings are those without them.
	Refused []Mistake `json:"refused"`
	// Endings are the ways in which the request may end; more than one where something cannot be known.
	Endings []Ending `json:"endings"`
	// Complete says that there are no other endings.
	Complete bool `json:"complete"`
}

// Mistake is one thing that nginx refuses, and where it stands.
type Mistake struct {
	Message string `json:"message"`
	File    string `json:"file"`
	Line    int    `json:"line"`
}

// Header is a header line that a side sends.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Place is a directive and where it stands.
type Place struct {
	// Text is the directive's words as they stand in the file.
	Text string `json:"text"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// Ending is one way in which the request may end.
type Ending struct {
	Listener *Place `json:"listener"`
	Server   *Place `json:"server"`
	Location *Place `json:"location"`
	// Steps tell the way in order.
	Steps []Step `json:"steps"`
	// Variables are those that mattered, maps with the entry that was taken.
	Variables []Variable `json:"variables"`
	// Upstream is what the backend receives; nil where none is asked.
	Upstream *Upstream `json:"upstream"`
	// Answers are what the client gets, for what a backend may do, or for nginx's own answer alone.
	Answers []Answer `json:"answers"`
	// Unknown says why the end is not known; "" where it is.
	Unknown string `json:"unknown"`
}

// Step is one thing that happens on the way.
type Step struct {
	// Stage is "listener", "server", "location", "rewrite", "access", "try_files", "error_page" or "handler".
	Stage string `json:"stage"`
	Text  string `json:"text"`
	By    *Place `json:"by"`
	// Considered are other directives that were looked at and did not win.
	Considered []Place `json:"considered"`
}

// Variable is a variable that was looked at.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Known bool   `json:"known"`
	By    *Place `json:"by"`
	// Entry is the entry of a map that was taken, as written; "" for none.
	Entry string `json:"entry"`
}

// Upstream is the request that the backend receives.
type Upstream struct {
	Address string `json:"address"`
	// Block is the upstream block; nil for a literal address.
	Block *Place `json:"block"`
	Pass  *Place `json:"pass"`
	// Head is the bytes, CRLF line ends and the empty line included.
	Head string `json:"head"`
	// RequestLine, Lines and Dropped are the head line by line with what decided each.
	RequestLine string `json:"request_line"`
	VersionBy   *Place `json:"version_by"`
	Lines       []Line `json:"lines"`
	Dropped     []Line `json:"dropped"`
	// Open says that directives that can't be seen may add, change or remove lines.
	Open   bool    `json:"open"`
	Timers []Timer `json:"timers"`
}

// Line is a header line with what decided it.
type Line struct {
	Text string `json:"text"`
	// Origin is "default", "directive" or "client".
	Origin string `json:"origin"`
	By     *Place `json:"by"`
	// DroppedBy says why the line is not sent; "" for one that is.
	DroppedBy string `json:"dropped_by"`
}

// Timer is a timer that applies to the request or its tunnel.
type Timer struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Known   bool    `json:"known"`
	By      *Place  `json:"by"`
}

// Answer is what the client gets.
type Answer struct {
	// When says what the backend did: "101", "200", "refused"; "" where it is not asked.
	When       string `json:"when"`
	StatusLine string `json:"status_line"`
	Lines      []Line `json:"lines"`
	Dropped    []Line `json:"dropped"`
	// Tunnel says that the connection becomes a tunnel.
	Tunnel  bool   `json:"tunnel"`
	Unknown string `json:"unknown"`
}

// Refuse notes the findings for which nginx does not load the configuration.
func (s *Story) Refuse(findings []diag.Diagnostic) {
	for i := range findings {
		if d := &findings[i]; d.Level == diag.Error && d.Category == "correctness" {
			s.Refused = append(s.Refused, Mistake{d.Message, d.At.File.Name, d.At.File.Line(d.At.Span.Start)})
		}
	}
}

// Tell traces a request through a configuration for nginx v. e is made for it and has Explain set.
func Tell(e *eval.Evaluator, req *vars.Request, v catalog.Version) Story {
	out := e.Request(req, v)
	s := Story{
		Request: req.Method + " " + req.Target + " HTTP/" + req.Version, Headers: []Header{}, Nginx: v.String(), Complete: out.Complete,
		Refused: []Mistake{},
	}
	for _, h := range req.Headers {
		s.Headers = append(s.Headers, Header{h.Name, h.Value})
	}
	for _, o := range out.All {
		s.Endings = append(s.Endings, ending(o))
	}
	return s
}

// ending tells one outcome.
func ending(o *eval.Outcome) Ending {
	d := o.Decision
	e := Ending{
		Listener: place(d.Listener), Server: place(d.Server), Location: place(d.Location),
		Steps: []Step{}, Variables: []Variable{}, Unknown: o.Unknown,
	}
	for _, step := range d.Steps {
		e.Steps = append(e.Steps, Step{stages[step.Kind], step.Text, place(step.By), places(step.Considered)})
	}
	if o.Upstream != nil {
		e.Upstream = upstream(o.Upstream)
	}
	e.Answers = answers(o)
	for _, use := range o.Used() {
		e.Variables = append(e.Variables, Variable{use.Name, use.Value.Text, !use.Value.Unknown, place(use.By), use.Why})
	}
	return e
}

// stages are the names of the steps' kinds.
var stages = map[route.StepKind]string{
	route.AtListener: "listener", route.AtServer: "server", route.AtLocation: "location", route.AtRewrite: "rewrite",
	route.AtAccess: "access", route.AtTryFiles: "try_files", route.AtErrorPage: "error_page", route.AtHandler: "handler",
}

// place returns where a directive stands; nil for none.
func place(d *config.Directive) *Place {
	if d == nil || d.Directive == nil {
		return nil
	}
	head := d.Directive.Head()
	text := strings.Join(strings.Fields(d.File.Slice(head)), " ")
	return &Place{Text: text, File: d.File.Name, Line: d.File.Line(head.Start)}
}

func places(all []*config.Directive) []Place {
	out := []Place{}
	for _, d := range all {
		if p := place(d); p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// upstream tells what is sent.
func upstream(u *eval.Upstream) *Upstream {
	head := string(u.Head())
	first, _, _ := strings.Cut(head, "\r\n")
	out := &Upstream{
		Address: u.Scheme.Text + "://" + u.Host.Text, Block: place(u.Block), Pass: place(u.Pass), Head: head,
		RequestLine: first, VersionBy: place(u.VersionBy), Lines: lines(u.Lines()), Dropped: lines(u.Dropped()), Open: u.Open,
	}
	if u.Socket != "" {
		out.Address = u.Scheme.Text + "://unix:" + u.Socket
	}
	for _, t := range []struct {
		name  string
		timer eval.Timer
	}{
		{"proxy_connect_timeout", u.Timers.Connect}, {"proxy_send_timeout", u.Timers.Send},
		{"proxy_read_timeout", u.Timers.Read}, {"send_timeout", u.Timers.Client},
	} {
		known := t.timer.State != config.Unknown
		out.Timers = append(out.Timers, Timer{t.name, t.timer.After.Seconds(), known, place(t.timer.By)})
	}
	return out
}

func lines(all []eval.Line) []Line {
	out := []Line{}
	for i := range all {
		l := &all[i]
		line := Line{Text: l.Name + ": " + l.Value.Text, Origin: l.Origin.String(), By: place(l.By), DroppedBy: l.DroppedBy.String()}
		if l.DroppedAt != nil {
			line.By = place(l.DroppedAt)
		}
		out = append(out, line)
	}
	return out
}

// reactions are what a backend may do, one of each kind that differs for the client.
var reactions = []struct {
	when   string
	answer eval.Response
	fails  int
}{
	{"101", eval.Response{Status: 101, Reason: "Switching Protocols", Version: "1.1", Headers: []vars.Header{
		{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Accept", Value: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	}}, 0},
	{"200", eval.Response{Status: 200, Reason: "OK", Version: "1.1", Headers: []vars.Header{
		{Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Length", Value: "2"},
	}}, 0},
	{"refused", eval.Response{}, 502},
}

// answers tells what the client gets for each reaction of a backend, or for none.
func answers(o *eval.Outcome) []Answer {
	out := []Answer{}
	if o.Unknown != "" {
		return out
	}
	if o.Upstream == nil {
		return append(out, answer("", o.Answer(eval.Response{})))
	}
	for _, r := range reactions {
		if r.fails != 0 {
			out = append(out, answer(r.when, o.Fail(r.fails)))
		} else {
			out = append(out, answer(r.when, o.Answer(r.answer)))
		}
	}
	return out
}

func answer(when string, head *eval.ClientHead) Answer {
	for head.Next != nil && head.Unknown == "" {
		if head.Next.Upstream != nil {
			return Answer{When: when, Lines: []Line{}, Dropped: []Line{}, Unknown: "error_page sends the request to another backend"}
		}
		head = head.Next.Answer(eval.Response{})
	}
	return Answer{When: when, StatusLine: head.StatusLine, Lines: lines(head.Lines), Dropped: lines(head.Dropped), Tunnel: head.Tunnel, Unknown: head.Unknown}
}
