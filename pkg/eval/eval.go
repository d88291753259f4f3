// Package eval answers: what does the backend receive, and the client?
//
// For a request, or for one of five well-known clients at a location, it gives the head that nginx would send upstream,
// byte for byte, with the place that each line comes from, and the head that the client gets for what the backend
// answers. It is pure: no sockets, no clock.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, src/http/ngx_http_upstream.c, ngx_http_header_filter_module.c and
// modules/ngx_http_headers_filter_module.c.
package eval

import (
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// MaxWorlds is how many ways to answer what cannot be known are tried for one request. Where there are more, Outcomes
// is not Complete.
const MaxWorlds = 64

// Evaluator evaluates requests against one configuration. What it compiles and what At was asked is kept. It is safe for
// concurrent use.
type Evaluator struct {
	// Prefix is the folder that relative paths such as `root html` start from; "" where it is not known. It is set
	// before the first request.
	Prefix string
	// Explain asks for the story of each request that Request, Raw and AtRequest evaluate: route.Decision.Steps. It is
	// set before the first request.
	Explain bool

	config *config.Config
	table  *vars.Table
	router *route.Router

	levels  sync.Map  // *config.Directive, a block, to *facts
	scratch sync.Pool // of *scratch
	known   sync.Once
	hosts   map[string]bool // host:port that other pass directives resolve when nginx starts
}

// New returns the evaluator of a configuration.
func New(c *config.Config) *Evaluator {
	t := vars.NewTable(c)
	return &Evaluator{config: c, table: t, router: route.New(c, t)}
}

// Config returns the configuration.
func (e *Evaluator) Config() *config.Config { return e.config }

// Table returns what the configuration defines for expressions.
func (e *Evaluator) Table() *vars.Table { return e.table }

// Router returns the configuration's router. Its Files may be set before the first request.
func (e *Evaluator) Router() *route.Router { return e.router }

// Request evaluates a request from listener to end, in every world, for nginx v.
func (e *Evaluator) Request(req *vars.Request, v catalog.Version) Outcomes {
	return e.worlds(req, v, e.router.Route)
}

// AtRequest evaluates a request as if the location (or server) had been chosen for it: its rewrite phase and what
// follows. Unlike At it keeps nothing.
func (e *Evaluator) AtRequest(location *config.Directive, req *vars.Request, v catalog.Version) Outcomes {
	return e.worlds(req, v, func(run *vars.Run) *route.Decision { return e.router.At(run, location) })
}

// worlds evaluates the request once for each world.
func (e *Evaluator) worlds(req *vars.Request, v catalog.Version, decide func(*vars.Run) *route.Decision) Outcomes {
	var out Outcomes
	out.Complete = vars.Worlds(MaxWorlds, func(w *vars.World) {
		x := e.exchange(req, v, w)
		out.All = append(out.All, e.outcome(x, decide(x.run)))
		if x.run.World = nil; w.Choices() > 0 {
			x.run.World = w.Frozen()
		}
	})
	return out
}

// exchange returns a request before its first step.
func (e *Evaluator) exchange(req *vars.Request, v catalog.Version, w *vars.World) *exchange {
	x := &exchange{e: e, run: e.table.NewRun(req, v, w), length: -1}
	x.run.Late, x.run.Prefix, x.run.Explain = x.late, e.Prefix, e.Explain
	return x
}
