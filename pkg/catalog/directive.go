package catalog

// Directive is a name that nginx or a module knows in a configuration. Do not change what a Directive points to.
type Directive struct {
	Name    string  // exact: nginx compares directive names byte for byte
	Entries []Entry // one for each module that has the name; at least one
}

// Entry is what one module says about a directive.
type Entry struct {
	Module     string  // such as ngx_http_proxy_module
	Kind       Kind    // where the module comes from
	Block      Tri     // whether it opens a block
	Arity      Arity   // number of arguments
	Contexts   Context // where it may stand; 0: not known
	Default    string  // the default of the newest nginx, as documented; see HasDefault
	HasDefault bool    // whether a default is documented; if not, Default is ""
	Since      string  // the version of its module's documentation; "" if not known. See Entry.Appears
	Until      string  // the first version of nginx that does not have it any more; "" if none is known
	Syntax     string  // as documented, forms separated by " | "; "" if not known
}

// Kind says where a directive comes from.
type Kind uint8

// The kinds of directives.
const (
	OSS            Kind = iota // nginx itself
	Undocumented               // nginx itself, in no documentation
	Plus                       // the commercial edition of a module that nginx has too
	Docs                       // documented on nginx.org, but not in nginx's source: commercial or separate modules
	ThirdPartyKind             // another project's module
)

// String gives "nginx", "nginx (undocumented)", "NGINX Plus", "separate or commercial module" or "third-party".
func (k Kind) String() string {
	return [...]string{
		OSS:            "nginx",
		Undocumented:   "nginx (undocumented)",
		Plus:           "NGINX Plus",
		Docs:           "separate or commercial module",
		ThirdPartyKind: "third-party",
	}[k]
}

// In gives the entry that holds in one context, nil if none is known to: nginx takes the first command of that name
// whose context mask fits.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_handler.
func (d *Directive) In(ctx Context) *Entry {
	for i := range d.Entries {
		if d.Entries[i].Contexts&ctx != 0 {
			return &d.Entries[i]
		}
	}
	return nil
}

// Contexts gives the union of the entries' contexts.
func (d *Directive) Contexts() Context {
	var all Context
	for i := range d.Entries {
		all |= d.Entries[i].Contexts
	}
	return all
}

// Unmeasured gives the contexts in which the directive may stand or not, nobody can say: those of the commercial edition,
// of which there is documentation only, and for the directives of lua-nginx-module those of stream, for which
// stream-lua-nginx-module has commands of the same names.
func (d *Directive) Unmeasured() Context {
	for i := range d.Entries {
		if d.Entries[i].Module == "lua-nginx-module" {
			return CommercialContexts | StreamContexts
		}
	}
	return CommercialContexts
}

// ContextsKnown reports whether the contexts of every entry are known.
func (d *Directive) ContextsKnown() bool {
	for i := range d.Entries {
		if d.Entries[i].Contexts == 0 {
			return false
		}
	}
	return true
}

// Allowed says whether the directive may stand in ctx, one context or a set of possible ones: Yes if in each of them,
// No if in none, Unknown if in some, if an entry's contexts are not known, or where that is Unmeasured.
func (d *Directive) Allowed(ctx Context) Tri {
	all := d.Contexts()
	switch {
	case ctx == 0:
		return Unknown
	case all.Has(ctx):
		return Yes
	case all&ctx == 0 && d.ContextsKnown() && d.Unmeasured()&ctx == 0:
		return No
	}
	return Unknown
}

// BlockKind says whether the directive opens a block in ctx. Where no entry holds in ctx (a misplaced directive, or
// ctx 0 for "any"), it answers if all entries agree.
func (d *Directive) BlockKind(ctx Context) Tri {
	if e := d.In(ctx); e != nil {
		return e.Block
	}
	kind := d.Entries[0].Block
	for i := range d.Entries {
		if d.Entries[i].Block != kind {
			return Unknown
		}
	}
	return kind
}
