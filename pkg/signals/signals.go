// Package signals answers: is this location meant for WebSockets, and what says so?
//
// It reads the signals of the WebSocket reference, C.1, from what the configuration does (by the evaluator), from where
// requests go and from what the user declared, and weighs them. Most rules need none of this: a location that forwards
// Upgrade says by itself what it is for.
package signals

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// Verdict says how likely a location is meant for WebSockets.
type Verdict struct {
	// Confidence is (1 - the product of (1 - weight) over Signals) x the product of the factors of Against: 0 to 1.
	Confidence float64
	// Signals speak for it, in the order of their ID. Weights are from 0 to 1.
	Signals []Signal
	// Against speak against it; their Weight is the factor that the confidence is multiplied by.
	Against []Signal
	// Broad marks a location that serves everything: `/`, a regex without a literal segment, a prefix that is neither
	// declared nor a product's nor named like a WebSocket path.
	Broad bool
	// Declared says that the user marked it: `# ngxproof:websocket`, --ws-path or the settings.
	Declared bool
	// Product is whose path it is; nil where nothing says so. See Matched.
	Product *Product
	// Heartbeat is how often the application sends something while idle, as the user or the product's row says; 0
	// where that is not known.
	Heartbeat time.Duration
}

// Signal is one thing that says what a location is for.
type Signal struct {
	// ID is that of the reference: "S1" to "S14", and "N" for what speaks against.
	ID     string
	Weight float64
	// Why says it in one phrase, names in back-quotes.
	Why string
	// At is where it stands; without a file where there is no such place.
	At diag.Location
}

// Has reports whether the signal is there.
func (v *Verdict) Has(id string) bool {
	return slices.ContainsFunc(v.Signals, func(s Signal) bool { return s.ID == id })
}

// Matched reports whether a product whose documentation we read is named by its path and by something else: a port, an
// upstream, a server name.
func (v *Verdict) Matched() bool { return v.Has("S6") && v.Product.Confidence == "H" }

// Declared is a path at which the user says that WebSockets are opened.
type Declared struct {
	Path string
	// Heartbeat is how often the application sends something while idle; 0 where that is not known.
	Heartbeat time.Duration
}

// Reader reads the signals of one configuration. What it read is kept. It is safe for concurrent use.
type Reader struct {
	// Version is the nginx that is asked: what a location forwards does not differ between versions, so it is best one
	// that others ask for too. It is set before the first location is read.
	Version catalog.Version

	eval     *eval.Evaluator
	config   *config.Config
	declared []Declared
	verdicts sync.Map // *config.Directive to *Verdict
	shares   sync.Map // *config.Directive, a server, to *share
	maps     sync.Map // string, a variable, to bool: it depends on the client's Upgrade
	places   sync.Map // endpoint to []host
	matching sync.Map // pathKey to []match
}

// New returns a reader for the evaluator's configuration.
func New(e *eval.Evaluator, declared []Declared) *Reader {
	return &Reader{eval: e, config: e.Config(), declared: declared, Version: catalog.Version{Major: 1, Minor: 26, Patch: 3}}
}

// Of weighs the signals at a location, or at another block that has a proxy_pass: an if or limit_except counts as its
// location. The verdict is shared: it is not to be changed.
func (r *Reader) Of(level *config.Directive) *Verdict {
	location := level.Within("location")
	if location == nil {
		location = level
	}
	if v, ok := r.verdicts.Load(location); ok {
		return v.(*Verdict)
	}
	v, _ := r.verdicts.LoadOrStore(location, r.weigh(location))
	return v.(*Verdict)
}

// weigh makes the verdict.
func (r *Reader) weigh(location *config.Directive) *Verdict {
	w := &weighing{reader: r, location: location, path: pathOf(location), verdict: &Verdict{},
		headers: r.config.EffectiveList(location, "proxy_set_header")}
	for _, read := range positive {
		read(w)
	}
	for _, read := range negative {
		read(w)
	}
	v := w.verdict
	v.Broad = w.broad()
	doubt, factor := 1.0, 1.0
	for _, s := range v.Signals {
		doubt *= 1 - s.Weight
	}
	for _, s := range v.Against {
		factor *= s.Weight
	}
	v.Confidence = (1 - doubt) * factor
	return v
}

// weighing is a location's verdict while it is made.
type weighing struct {
	reader   *Reader
	location *config.Directive
	path     path
	verdict  *Verdict
	headers  config.List    // the proxy_set_header directives in effect
	asked    *eval.Outcomes // of Chrome; nil before it is asked
	found    []host         // what hosts found; nil before
}

// outcomes returns how Chrome's request ends. Most locations tell what they are for without it.
func (w *weighing) outcomes() eval.Outcomes {
	if w.asked == nil {
		out := w.reader.eval.At(w.location, eval.Chrome, w.reader.Version)
		w.asked = &out
	}
	return *w.asked
}

// maySet reports whether the headers in effect may have one of that name: only then the head has to be looked at.
func (w *weighing) maySet(name string) bool {
	list := &w.headers
	return list.State == config.Unknown || !w.straight() ||
		slices.ContainsFunc(list.Items, func(d *config.Directive) bool { return strings.EqualFold(d.Arg(1), name) })
}

// straight reports whether the location has a proxy_pass and nothing that leads requests elsewhere.
func (w *weighing) straight() bool {
	passes := false
	for _, d := range w.location.Children {
		switch d.Name() {
		case "proxy_pass":
			passes = true
		case "if", "rewrite", "return", "try_files", "limit_except", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass":
			return false
		}
	}
	return passes
}

// add notes a signal; at is the directive that it stands in, or nil.
func (w *weighing) add(id string, weight float64, why string, at *config.Directive) {
	w.verdict.Signals = append(w.verdict.Signals, Signal{ID: id, Weight: weight, Why: why, At: place(at)})
}

// against notes what speaks against it.
func (w *weighing) against(factor float64, why string, at *config.Directive) {
	w.verdict.Against = append(w.verdict.Against, Signal{ID: "N", Weight: factor, Why: why, At: place(at)})
}

// place returns where a directive's words stand.
func place(d *config.Directive) diag.Location {
	if d == nil || d.Directive == nil {
		return diag.Location{}
	}
	return diag.Location{File: d.File.File, Span: d.Directive.Head()}
}

// broad says whether the location serves everything.
func (w *weighing) broad() bool {
	v := w.verdict
	switch {
	case v.Declared:
		return false
	case w.path.form == rootLevel:
		return false // nothing is known of the path
	case w.path.form == exact:
		return false
	case w.path.form == regex:
		return len(w.path.segments) == 0
	case w.path.name == "/":
		return true
	}
	return !v.Has("S6") && !v.Has("S7")
}
