package vars

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/pcre"
)

// Run is one request on its way through one configuration, in one World. It belongs to one goroutine.
type Run struct {
	Table   *Table
	Version catalog.Version
	Request *Request
	World   *World

	// Method is the request's method now: an internal redirect may have made it GET.
	Method string
	// URI is the normalised path now: $uri.
	URI string
	// Args are the arguments now, without `?`: $args.
	Args string
	// UnparsedURI is the request target without scheme and host: $request_uri.
	UnparsedURI string
	// Quoted says that the request target had escapes, dot segments or other things that URI shows resolved
	// (nginx: r->quoted_uri): what is sent on is then escaped again.
	Quoted bool
	// Internal says that an internal redirect happened (nginx: r->internal).
	Internal bool
	// UnparsedValid says that the URI is still the client's: neither rewritten nor redirected
	// (nginx: r->valid_unparsed_uri). pkg/route keeps it.
	UnparsedValid bool
	// LocationRewritten says that a rewrite with break changed the URI in the location, so that proxy_pass ignores
	// its own URI (nginx: !r->valid_location). pkg/route keeps it.
	LocationRewritten bool
	// Host is the host that nginx took from the request: lower case, no port, no final dot; "" for none.
	Host string
	// Server is the server block in effect.
	Server *config.Directive
	// Location is the level in effect: a location, or the if or limit_except in it whose settings hold; the server
	// where no location was chosen yet.
	Location *config.Directive
	// Late supplies the variables that only proxying defines ($proxy_host, $upstream_addr, $status, ...); ok is false
	// for what it does not know. It may be nil.
	Late func(name string) (value Value, ok bool)
}

// NewRun returns a run of the request before its first step: nothing is chosen yet.
func (t *Table) NewRun(req *Request, v catalog.Version, w *World) *Run {
	return &Run{Table: t, Version: v, Request: req, World: w, Method: req.Method}
}

// Eval returns what the expression is worth now.
func (r *Run) Eval(e *Expr) Value { panic("shape") }

// Variable returns what the variable name (without `$`, any case) is worth now.
func (r *Run) Variable(name string) Value { panic("shape") }

// Set gives the variable name a value, as the set directive does.
func (r *Run) Set(name string, v Value) { panic("shape") }

// Capture makes $1 to $9 and the named groups those of the match; nil for a match of nothing, which clears $1 to $9.
func (r *Run) Capture(m *pcre.Match) { panic("shape") }

// Use is something that an evaluation looked at.
type Use struct {
	// Name is the variable's, without `$`.
	Name string
	// Value is what it was worth.
	Value Value
	// By is the map, geo, split_clients or set directive that gave the value; nil for nginx's own.
	By *config.Directive
	// Why says which entry of By it was, as written: "default", "~*upgrade"; "" for none.
	Why string
}

// Used returns what was looked at so far, in order, each once; for the story of a request.
func (r *Run) Used() []Use { panic("shape") }
