package eval

import (
	"slices"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// At evaluates the client's request at a location, as if that location had been chosen for it, for nginx v: see
// Canonical for the request. The results are kept, and shared by versions that do not differ in them. For a Client that
// is none there are no outcomes.
func (e *Evaluator) At(location *config.Directive, client Client, v catalog.Version) Outcomes {
	n := slices.Index(clients[:], client)
	if n < 0 {
		return Outcomes{}
	}
	f := e.facts(location)
	f.site.mu.Lock()
	defer f.site.mu.Unlock()
	return f.site.at(e, f, n, v)
}

// site keeps what was evaluated at one location.
type site struct {
	mu      sync.Mutex
	target  string // of the clients' requests
	start   *start // nil where the clients' ways may differ
	columns []*column
}

// start is where every client's request stands before it is proxied or answered.
type start struct {
	run      vars.Run
	decision *route.Decision
}

// column is what one version of nginx does.
type column struct {
	version catalog.Version
	traits  traits
	results [len(clients)]result
}

// result is what a client's request gave.
type result struct {
	out   Outcomes
	bound bool // something asked for the version itself
}

// differing are the traits that can make a difference for the clients: none of them repeats a header, sends
// Proxy-Connection or speaks HTTP/2.
const differing = sendsClose | hostFirst | poolsByDefault | escapesLess

// at returns what is kept for the client and the version, or evaluates it. The site is locked.
func (s *site) at(e *Evaluator, f *facts, client int, v catalog.Version) Outcomes {
	own := s.column(v)
	mine := &own.results[client]
	if mine.out.All != nil {
		return mine.out
	}
	t := own.traits & differing
	var like *column
	for _, c := range s.columns {
		r := &c.results[client]
		if r.out.All != nil && !r.bound && (like == nil || c.traits&differing == t) {
			like = c
		}
	}
	if like != nil {
		mine.out = like.results[client].out.forVersion(v, like.traits&differing == t)
	} else {
		mine.out, mine.bound = e.fresh(f, client, own)
	}
	return mine.out
}

// column returns that of a version.
func (s *site) column(v catalog.Version) *column {
	for _, c := range s.columns {
		if c.version == v {
			return c
		}
	}
	c := &column{version: v, traits: traitsOf(v)}
	s.columns = append(s.columns, c)
	return c
}

// scratch is the memory of an evaluation that nothing holds on to: what is asked of an outcome later is evaluated
// again.
type scratch struct {
	req vars.Request
	run vars.Run
	x   exchange

	late func(string) (vars.Value, bool)
}

// fresh evaluates a client's request at a location.
func (e *Evaluator) fresh(f *facts, client int, c *column) (out Outcomes, bound bool) {
	v := c.version
	if f.site.target == "" {
		f.site.target = e.sampleTarget(f.level)
	}
	s, _ := e.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	defer e.scratch.Put(s)
	f.door.request(&s.req, client, f.site.target)
	out.Complete = vars.Worlds(MaxWorlds, func(w *vars.World) {
		o := &atOutcome{again: again{f: f, client: client}}
		o.one[0] = &o.Outcome
		d := s.route(e, f, v, w)
		s.x.known, s.x.room = &c.traits, &o.up
		e.decide(&o.Outcome, &s.x, d)
		if o.x, o.Outcome.again = nil, &o.again; w.Choices() > 0 {
			o.again.world = w.Frozen()
		}
		if bound = bound || s.run.UsesVersion(); out.All == nil {
			out.All = o.one[:]
		} else {
			out.All = append(out.All, &o.Outcome)
		}
	})
	return out, bound
}

// route sends the request to its end, or puts it where another client's was, if that looked at nothing in which the two
// differ.
func (s *scratch) route(e *Evaluator, f *facts, v catalog.Version, w *vars.World) *route.Decision {
	if s.late == nil {
		s.late = s.x.late
	}
	s.x = exchange{e: e, run: &s.run, length: -1}
	if from := f.site.start; from != nil && from.run.Version == v {
		s.run.Resume(&from.run, &s.req, w)
		s.run.Late = s.late
		return from.decision
	}
	e.table.Restart(&s.run, &s.req, v, w)
	s.run.Late, s.run.Prefix = s.late, e.Prefix
	d := e.router.At(&s.run, f.level)
	if s.run.Untouched() {
		f.site.start = &start{run: s.run, decision: d}
	}
	return d
}

// atOutcome is an outcome with what belongs to it.
type atOutcome struct {
	Outcome
	again again
	one   [1]*Outcome
	up    Upstream
}

// again is how an outcome of At is evaluated again.
type again struct {
	f      *facts
	client int
	world  *vars.World // with its answers
}

// exchange evaluates the request once more, up to what is sent.
func (a *again) exchange(e *Evaluator, v catalog.Version) *exchange {
	req := &vars.Request{}
	a.f.door.request(req, a.client, a.f.site.target)
	x := e.exchange(req, v, a.world.Frozen())
	e.decide(&Outcome{}, x, e.router.At(x.run, a.f.level))
	return x
}

// forVersion returns the same outcomes for another version; same says that its traits are the same, so that what is sent
// upstream is too.
func (o Outcomes) forVersion(v catalog.Version, same bool) Outcomes {
	other := Outcomes{Complete: o.Complete, All: make([]*Outcome, len(o.All))}
	for i, from := range o.All {
		to := &Outcome{Decision: from.Decision, Upstream: from.Upstream, Status: from.Status, Unknown: from.Unknown,
			version: v, e: from.e, again: from.again}
		if to.Upstream != nil && !same {
			to.Upstream = from.Upstream.forVersion(to)
		}
		other.All[i] = to
	}
	return other
}

// forVersion returns what the outcome's version sends.
func (u *Upstream) forVersion(o *Outcome) *Upstream {
	t := traitsOf(o.version)
	if next, ok := u.forTraits(t); ok {
		return next
	}
	return o.exchange().upstream(t)
}
