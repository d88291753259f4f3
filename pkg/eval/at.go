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
// Canonical for the request. The results are kept, and shared by versions that do not differ in them.
func (e *Evaluator) At(location *config.Directive, client Client, v catalog.Version) Outcomes {
	n := slices.Index(clients[:], client)
	if n < 0 {
		return Outcomes{}
	}
	found, ok := e.sites.Load(location)
	if !ok {
		found, _ = e.sites.LoadOrStore(location, &site{})
	}
	return found.(*site).at(e, location, n, v)
}

// site keeps what was evaluated at one location.
type site struct {
	mu   sync.Mutex
	seen [len(clients)][]result
}

// result is what a client's request gave with one version of nginx.
type result struct {
	version catalog.Version
	traits  traits
	out     Outcomes
	bound   bool // something asked for the version itself
}

// differing are the traits that can make a difference for the clients: none of them repeats a header, sends
// Proxy-Connection or speaks HTTP/2.
const differing = sendsClose | hostFirst | poolsByDefault | escapesLess

// at returns what is kept for the client and the version, or evaluates it.
func (s *site) at(e *Evaluator, location *config.Directive, client int, v catalog.Version) Outcomes {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := traitsOf(v) & differing
	var like *result
	for i := range s.seen[client] {
		r := &s.seen[client][i]
		if r.version == v {
			return r.out
		}
		if !r.bound && (like == nil || r.traits == t) {
			like = r
		}
	}
	next := result{version: v, traits: t}
	if like != nil {
		next.out = like.out.forVersion(v, like.traits == t)
	} else {
		next.out, next.bound = e.fresh(location, clients[client], v)
	}
	s.seen[client] = append(s.seen[client], next)
	return next.out
}

// fresh evaluates a client's request at a location.
func (e *Evaluator) fresh(location *config.Directive, client Client, v catalog.Version) (out Outcomes, bound bool) {
	out = e.worlds(e.Canonical(location, client), v, func(run *vars.Run) *route.Decision {
		return e.router.At(run, location)
	})
	for _, o := range out.All {
		bound = bound || o.x.run.UsesVersion()
	}
	return out, bound
}

// forVersion returns the same outcomes for another version; same says that its traits are the same, so that what is sent
// upstream is too.
func (o Outcomes) forVersion(v catalog.Version, same bool) Outcomes {
	other := Outcomes{Complete: o.Complete, All: make([]*Outcome, len(o.All))}
	for i, from := range o.All {
		to := *from
		to.version = v
		if to.Upstream != nil && !same {
			x := *from.x
			x.run = from.x.run.Clone()
			x.run.Version = v
			x.run.Late = x.late
			to.x, to.Upstream = &x, x.upstream(traitsOf(v))
		}
		other.All[i] = &to
	}
	return other
}
