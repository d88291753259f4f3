package route

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// form is how a location is chosen.
type form uint8

const (
	byPrefix   form = iota // location /a
	byPrefixNo             // location ^~ /a
	byExact                // location = /a
	byRegex                // location ~ and ~*
	byName                 // location @a
)

// place is a compiled block in which a request can be: a server, a location, an if or a limit_except.
type place struct {
	block *config.Directive
	form  form
	name  string // without its modifier
	// re is the pattern of a regex location; nil where it can't be compiled.
	re *vars.Regexp
	// handler is the block's own content handler, its last; nil for none.
	handler *config.Directive
	// passes is the block's own proxy_pass; nil for none.
	passes *config.Directive
	// limit is the block's limit_except; nil for none.
	limit *config.Directive
	// internal is whether only internal requests come here.
	internal bool
	program  []op
	// code is a directive in effect here that runs code which we don't follow; nil for none.
	code *config.Directive
	// answers are the auth_request_set in effect here: what they assign is not known.
	answers []*config.Directive
	// lookup finds the locations inside; it is built when first asked for.
	lookup func() *lookup
}

// placeOf returns the compiled block.
func (r *Router) placeOf(d *config.Directive) *place {
	if p, ok := r.places.Load(d); ok {
		return p.(*place)
	}
	p, _ := r.places.LoadOrStore(d, r.compilePlace(d))
	return p.(*place)
}

// compilePlace compiles one block.
func (r *Router) compilePlace(d *config.Directive) *place {
	p := &place{block: d}
	if d.Directive != nil && d.Name() == "location" {
		var fold bool
		p.form, p.name, fold = locationForm(d)
		switch {
		case d.Open() && placeholders(d):
			p.form = byRegex // whether it fits is not known
		case p.form == byRegex:
			p.re, _ = r.vars.Regexp(p.name, fold)
		}
		p.internal = r.isInternal(d)
	}
	p.program = r.compile(d)
	p.code = r.foreign(d)
	if a := r.config.Effective(d, "auth_request"); a.By != nil && a.By.Arg(1) != "off" {
		p.answers = r.config.EffectiveList(d, "auth_request_set").Items
	}
	for _, child := range d.Children {
		switch {
		case child.Block != nil && child.Name() == "limit_except":
			p.limit = child
		case child.Block == nil && child.Name() == "proxy_pass":
			p.handler, p.passes = child, child
		case isHandler(child):
			p.handler = child
		}
	}
	p.lookup = sync.OnceValue(func() *lookup { return r.newLookup(d) })
	return p
}

// placeholders reports whether a template's placeholders stand in a location's arguments.
func placeholders(d *config.Directive) bool {
	return slices.ContainsFunc(d.Args(), func(w syntax.Word) bool { return w.Placeholder })
}

// isInternal reports whether internal is in effect at a location: nested ones inherit it.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_merge_loc_conf.
func (r *Router) isInternal(d *config.Directive) bool {
	for at := d; at != nil && at.Directive != nil && at.Name() == "location"; at = at.Parent {
		if len(at.Own("internal")) > 0 {
			return true
		}
	}
	return false
}

// locationForm reads a location's arguments; fold is whether its pattern ignores case.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_location.
func locationForm(d *config.Directive) (f form, name string, fold bool) {
	if len(d.Words) > 2 {
		return modifiers[d.Arg(1)], d.Arg(2), d.Arg(1) == "~*"
	}
	name = d.Arg(1)
	for _, modifier := range []string{"=", "^~", "~*", "~"} {
		if rest, ok := strings.CutPrefix(name, modifier); ok {
			return modifiers[modifier], rest, modifier == "~*"
		}
	}
	if strings.HasPrefix(name, "@") {
		return byName, name, false
	}
	return byPrefix, name, false
}

// modifiers are what may stand before a location's name.
var modifiers = map[string]form{"=": byExact, "^~": byPrefixNo, "~": byRegex, "~*": byRegex}

// lookup finds a location among those of one block.
//
// nginx: src/http/ngx_http.c, ngx_http_init_locations, ngx_http_init_static_location_trees.
type lookup struct {
	exact    map[string]*place
	prefix   map[string]*place
	sorted   []string // the names of prefix
	parent   []int    // for each of sorted, which other is the longest proper prefix of it; -1 for none
	patterns []*place
	named    map[string]*place
	slashes  bool // some location ends in a slash and passes requests on
}

// newLookup gathers the locations of a block. Of two with one name, which nginx refuses, the first counts.
func (r *Router) newLookup(block *config.Directive) *lookup {
	l := &lookup{exact: map[string]*place{}, prefix: map[string]*place{}, named: map[string]*place{}}
	for _, d := range block.Children {
		if d.Block != nil && d.Name() == "location" && len(d.Words) > 1 {
			l.add(r.placeOf(d))
		}
	}
	l.arrange()
	return l
}

// add files one location.
func (l *lookup) add(p *place) {
	to := l.prefix
	switch p.form {
	case byRegex:
		l.patterns = append(l.patterns, p)
		return
	case byExact:
		to = l.exact
	case byName:
		to = l.named
	}
	if to[p.name] == nil {
		to[p.name] = p
	}
	l.slashes = l.slashes || p.redirectsSlash()
}

// arrange sorts the prefixes and links each to the one before it that it begins with.
func (l *lookup) arrange() {
	for name := range l.prefix {
		l.sorted = append(l.sorted, name)
	}
	sort.Strings(l.sorted)
	l.parent = make([]int, len(l.sorted))
	for i, name := range l.sorted {
		p := i - 1
		for p >= 0 && !strings.HasPrefix(name, l.sorted[p]) {
			p = l.parent[p]
		}
		l.parent[i] = p
	}
}

// longest returns the location with the longest prefix of uri, or nil.
func (l *lookup) longest(uri string) *place {
	i, ok := slices.BinarySearch(l.sorted, uri)
	if !ok {
		i--
	}
	for i >= 0 && !strings.HasPrefix(uri, l.sorted[i]) {
		i = l.parent[i]
	}
	if i < 0 {
		return nil
	}
	return l.prefix[l.sorted[i]]
}

// redirectsSlash reports whether nginx answers a request for the location's name without its final slash with a redirect
// to it: it ends in a slash, and a module passes its requests on.
//
// nginx: clcf->auto_redirect in ngx_http_proxy_pass and its like.
func (p *place) redirectsSlash() bool {
	return strings.HasSuffix(p.name, "/") && p.form != byRegex && p.passesOn()
}

// passesOn reports whether the block has a directive that passes requests to another server.
func (p *place) passesOn() bool {
	return len(p.block.Own("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")) > 0
}
