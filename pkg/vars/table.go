package vars

import (
	"slices"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/pcre"
)

// Table is what a configuration defines for expressions: maps, geo blocks, split_clients, the names that set assigns.
// All is compiled when first needed and then kept. It is safe for concurrent use.
type Table struct {
	config *config.Config

	mu        sync.RWMutex
	exprs     map[exprKey]*Expr
	variables map[string]*variable
	regexps   map[regexpKey]*compiled
	listens   map[*config.Directive][]Listen
}

type exprKey struct {
	text string
	args bool
}

type regexpKey struct {
	pattern string
	fold    bool
}

// compiled is a pattern, or why there is none.
type compiled struct {
	regexp *Regexp
	err    error
}

// NewTable returns the table of a configuration.
func NewTable(c *config.Config) *Table {
	return &Table{
		config:    c,
		exprs:     map[exprKey]*Expr{},
		variables: map[string]*variable{},
		regexps:   map[regexpKey]*compiled{},
		listens:   map[*config.Directive][]Listen{},
	}
}

// Config returns the configuration whose table this is.
func (t *Table) Config() *config.Config { return t.config }

// Expr returns the compiled expression of text; the same text gives the same Expr.
func (t *Table) Expr(text string) *Expr { return t.expr(exprKey{text, false}) }

// Replacement returns the compiled expression of a rewrite's replacement, in which the first `?` begins the arguments.
func (t *Table) Replacement(text string) *Expr { return t.expr(exprKey{text, true}) }

func (t *Table) expr(key exprKey) *Expr {
	t.mu.RLock()
	e := t.exprs[key]
	t.mu.RUnlock()
	if e != nil {
		return e
	}
	e = t.compile(key.text, key.args)
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.exprs[key]; known != nil {
		return known
	}
	t.exprs[key] = e
	return e
}

// Regexp is a pattern together with the variables that its named groups set.
type Regexp struct {
	*pcre.Regexp
	named []namedGroup
}

// namedGroup is a named group and the variable of that name.
type namedGroup struct {
	variable *variable
	number   int
}

// Regexp returns the compiled pattern; fold makes it ignore case. The error is pcre's.
func (t *Table) Regexp(pattern string, fold bool) (*Regexp, error) {
	key := regexpKey{pattern, fold}
	t.mu.RLock()
	c := t.regexps[key]
	t.mu.RUnlock()
	if c == nil {
		c = t.compileRegexp(key)
		t.mu.Lock()
		t.regexps[key] = c
		t.mu.Unlock()
	}
	return c.regexp, c.err
}

// compileRegexp compiles a pattern and finds the variables of its groups.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_regex_compile.
func (t *Table) compileRegexp(key regexpKey) *compiled {
	re, err := pcre.Compile(key.pattern, pcre.Options{CaseInsensitive: key.fold})
	if err != nil {
		return &compiled{err: err}
	}
	r := &Regexp{Regexp: re}
	for _, name := range re.Names() {
		r.named = append(r.named, namedGroup{t.variable(name), re.GroupIndex(name)})
	}
	return &compiled{regexp: r}
}

// variable is a variable of the configuration: one for each name, in lower case.
type variable struct {
	name string
	// get computes the value where none is kept.
	get func(*Run) given
	// assign takes what the set directive assigns, instead of the value being kept; nil for nearly all.
	assign func(*Run, Value)
	// volatile says that the value is computed again for every expression.
	volatile bool
	// captures says that computing the value may match a pattern, and so change $1 and named groups.
	captures bool
	// assigned says that some set directive assigns it, so that foreign code may as well.
	assigned bool
}

// given is a value and what gave it.
type given struct {
	value Value
	by    *config.Directive
	why   string
}

// variable returns the variable of that name, in any case.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_get_variable_index.
func (t *Table) variable(name string) *variable {
	name = lower(name)
	t.mu.RLock()
	v := t.variables[name]
	t.mu.RUnlock()
	if v != nil {
		return v
	}
	v = t.define(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.variables[name]; known != nil {
		return known
	}
	t.variables[name] = v
	return v
}

// define finds who computes the variable: nginx itself, or the last of the configuration's definitions.
//
// nginx: ngx_http_variables_init_vars; a later map, geo or split_clients replaces an earlier one's handler, set and
// auth_request_set install theirs only where there is none.
func (t *Table) define(name string) *variable {
	v := &variable{name: name}
	definitions := t.config.Definitions(name)
	if known := builtin(name); known != nil {
		v.get, v.volatile, v.assign = known.get, known.volatile, known.assign
		if !changeable(name) {
			return v
		}
	}
	for _, d := range definitions {
		t.definedBy(v, d)
	}
	if open := slices.IndexFunc(definitions, opens); open >= 0 {
		v.get, v.captures = func(*Run) given { return given{value: unknown(name), by: definitions[open]} }, false
	}
	if v.get == nil && len(definitions) == 0 {
		v.get = func(*Run) given { return given{value: unknown(name)} }
	}
	return v
}

// opens reports whether a template leaves open what a definition is worth, or whether it is there.
func opens(d *config.Directive) bool {
	switch d.Name() {
	case "location", "server_name", "if", "rewrite":
		return false // it names a group of its pattern
	}
	return d.Open()
}

// definedBy takes one of a variable's definitions into account.
func (t *Table) definedBy(v *variable, d *config.Directive) {
	switch d.Name() {
	case "map":
		if d.Block == nil || !strings.EqualFold(d.Arg(2), "$"+v.name) {
			v.get = notFound // a named group of one of its patterns
			return
		}
		m := lazily(func() *mapping { return t.compileMap(d) })
		v.get = func(r *Run) given { return m().lookup(r) }
		v.volatile, v.captures = mapIsVolatile(t.config, d), true
	case "geo":
		g := lazily(func() *geo { return t.compileGeo(d) })
		v.get, v.captures = func(r *Run) given { return g().lookup(r) }, false
	case "split_clients":
		s := lazily(func() *split { return t.compileSplit(d) })
		v.get, v.captures = func(r *Run) given { return s().lookup(r) }, true
	case "set":
		v.assigned = true
		if v.get == nil {
			v.get = uninitialised(v.name)
		}
	case "location", "server_name", "if", "rewrite":
		v.get = notFound
	default: // auth_request_set, js_set, perl_set, set_by_lua, keyval, geoip2, ...
		v.get = func(*Run) given { return given{value: unknown(v.name), by: d} }
	}
}

// notFound is how a named group reads that no match has set.
func notFound(*Run) given { return given{} }

// uninitialised is how a variable reads that set assigns somewhere, but has not assigned yet.
//
// nginx: src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_var.
func uninitialised(name string) func(*Run) given {
	return func(r *Run) given {
		if r.Foreign {
			return given{value: unknown(name)}
		}
		return given{}
	}
}

// lazily returns a function that calls make once.
func lazily[T any](make func() T) func() T { return sync.OnceValue(make) }

// lower returns s with the ASCII letters in lower case.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
