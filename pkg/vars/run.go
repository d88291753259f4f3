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
	// Explain asks for the story: route.Decision.Steps and their texts.
	Explain bool

	// Method is the request's method now: an internal redirect may have made it GET.
	Method string
	// URI is the normalised path now: $uri.
	URI string
	// URIUnknown says that only what the location was chosen by is known of the path.
	URIUnknown bool
	// Args are the arguments now, without `?`: $args.
	Args string
	// ArgsUnknown says that Args are not known.
	ArgsUnknown bool
	// UnparsedURI is the request target without scheme and host: $request_uri.
	UnparsedURI string
	// Headers are the request's header lines that nginx keeps, in order: those with invalid names are left out.
	Headers []Header
	// Host is the host that nginx took from the request: lower case, no port, no final dot; "" for none.
	Host string
	// Server is the server block in effect.
	Server *config.Directive
	// Location is the level in effect: a location, or the if or limit_except in it whose settings hold; the server
	// where no location was chosen yet.
	Location *config.Directive
	// Listener is the listen directive that took the connection; nil where that is not known.
	Listener *config.Directive
	// Internal says that a rewrite or an internal redirect changed where the request goes.
	Internal bool
	// QuotedURI and PlusInURI say that the path had a `%` escape or a `+`.
	QuotedURI, PlusInURI bool
	// ValidUnparsedURI says that UnparsedURI is still what the request asks for: no rewrite changed it.
	ValidUnparsedURI bool
	// ValidLocation says that URI still begins as the location's name does; `rewrite ... break` ends that.
	ValidLocation bool
	// ErrStatus is the status that error_page is handling; 0 for none.
	ErrStatus int
	// Status is the status of the answer that is being made; 0 for none yet.
	Status int
	// AfterUpstream says that an upstream has answered already.
	AfterUpstream bool
	// Foreign says that code that we don't run (Lua, njs, Perl) may have assigned variables.
	Foreign bool
	// Prefix is where relative roots start; "" where that is not known.
	Prefix string
	// Late supplies the variables that only proxying defines ($proxy_host, $upstream_addr, $status, ...); ok is false
	// for what it does not know. It may be nil.
	Late func(name string) (value Value, ok bool)

	slots       []slot
	index       map[*variable]int
	match       *pcre.Match
	blindMatch  bool
	depth       int
	spent       int
	cycle       string
	usesVersion bool
	failed      bool
}

// maxDepth is how deep variables may need each other.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_variable_depth.
const maxDepth = 100

// Bounds that nginx has in its memory only.
const (
	maxText  = 1 << 20 // bytes of one value
	maxSpent = 200_000 // values computed in one run
)

// slot is a value that a run keeps.
type slot struct {
	variable *variable
	given
	valid    bool
	volatile bool
}

// NewRun returns a run of the request before its first step: nothing is chosen yet.
func (t *Table) NewRun(req *Request, v catalog.Version, w *World) *Run {
	return &Run{Table: t, Version: v, Request: req, World: w, Method: req.Method, Headers: req.Headers}
}

// Variable returns what the variable name (without `$`, any case) is worth now.
func (r *Run) Variable(name string) Value {
	v := r.Table.variable(name)
	r.flush(v)
	return r.value(v)
}

// Set gives the variable name a value, as the set directive does.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_set_var_code.
func (r *Run) Set(name string, value Value, by *config.Directive) {
	v := r.Table.variable(name)
	if v.assign != nil {
		v.assign(r, value)
		return
	}
	r.keep(v, given{value: value, by: by}, false)
}

// Forget makes the variable name Unknown: something that we don't follow assigns it.
func (r *Run) Forget(name string, by *config.Directive) {
	v := r.Table.variable(name)
	r.keep(v, given{value: unknown(v.name), by: by}, false)
}

// ForgetAssigned makes every variable Unknown that a set directive assigns somewhere: code that we don't follow (Lua)
// may have assigned it anew.
func (r *Run) ForgetAssigned() {
	r.Foreign = true
	for i := range r.slots {
		if s := &r.slots[i]; s.variable.assigned {
			s.value = unknown(s.variable.name)
		}
	}
}

// Before reports whether the run's nginx is older than the version, and notes that it mattered.
func (r *Run) Before(major, minor, patch int) bool {
	r.usesVersion = true
	return r.Version.Before(catalog.Version{Major: major, Minor: minor, Patch: patch})
}

// UsesVersion reports whether anything so far asked for nginx's version, so that another version may differ.
func (r *Run) UsesVersion() bool { return r.usesVersion }

// Cycle returns the name of the variable at which nginx logged "cycle while evaluating variable"; "" for none.
func (r *Run) Cycle() string { return r.cycle }

// Failed reports whether evaluating an expression failed since it was last asked; nginx answers 500 then.
func (r *Run) Failed() bool {
	failed := r.failed
	r.failed = false
	return failed
}

// Use is something that an evaluation looked at.
type Use struct {
	// Name is the variable's, without `$`.
	Name string
	// Value is what it was worth last.
	Value Value
	// By is the map, geo, split_clients or set directive that gave the value; nil for nginx's own.
	By *config.Directive
	// Why says which entry of By it was, as written: "default", "~*upgrade"; "" for none.
	Why string
}

// Used returns the variables that were looked at or set so far, each once, in order.
func (r *Run) Used() []Use {
	used := make([]Use, 0, len(r.slots))
	for _, s := range r.slots {
		used = append(used, Use{Name: s.variable.name, Value: s.value, By: s.by, Why: s.why})
	}
	return used
}

// slot returns where the variable's value is kept, or nil.
func (r *Run) slot(v *variable) *slot {
	if r.index != nil {
		if i, ok := r.index[v]; ok {
			return &r.slots[i]
		}
		return nil
	}
	for i := range r.slots {
		if r.slots[i].variable == v {
			return &r.slots[i]
		}
	}
	return nil
}

// keep stores a value.
func (r *Run) keep(v *variable, g given, volatile bool) {
	if s := r.slot(v); s != nil {
		s.given, s.valid, s.volatile = g, true, volatile
		return
	}
	const few = 24
	if r.index == nil && len(r.slots) >= few {
		r.index = map[*variable]int{}
		for i := range r.slots {
			r.index[r.slots[i].variable] = i
		}
	}
	if r.index != nil {
		r.index[v] = len(r.slots)
	}
	r.slots = append(r.slots, slot{variable: v, given: g, valid: true, volatile: volatile})
}

// flush forgets the value of a volatile variable.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_flush_complex_value.
func (r *Run) flush(v *variable) {
	if !v.volatile {
		return
	}
	if s := r.slot(v); s != nil && s.volatile {
		s.valid = false
	}
}

// value returns what the variable is worth: what is kept, or else what its definition computes.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_get_indexed_variable.
func (r *Run) value(v *variable) Value {
	if s := r.slot(v); s != nil && s.valid {
		return s.value
	}
	if r.depth >= maxDepth {
		r.cycle = v.name
		return Value{}
	}
	if r.spent++; r.spent > maxSpent {
		return unknown(v.name)
	}
	r.depth++
	g := v.get(r)
	r.depth--
	r.keep(v, g, v.volatile)
	return g.value
}
