package config

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// names are the things that are referred to by name, gathered in one walk when first asked for.
type names struct {
	once      sync.Once
	upstream  map[string]*Directive
	variables map[string][]*Directive
	upstreams []*Directive
	servers   []*Directive
	locations []*Directive
}

// Upstream returns the http upstream block of that name (compared without case, as nginx does), or nil. Of two with one
// name, which nginx refuses, it is the first.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_add.
func (c *Config) Upstream(name string) *Directive {
	return c.named().upstream[strings.ToLower(name)]
}

// Upstreams returns all http upstream blocks in order.
func (c *Config) Upstreams() []*Directive { return c.named().upstreams }

// Servers returns all server blocks of http in order; in a fragment also those of which nothing says otherwise.
func (c *Config) Servers() []*Directive { return c.named().servers }

// Locations returns all location blocks, nested ones included, in order.
func (c *Config) Locations() []*Directive { return c.named().locations }

// Definitions returns, in order, the directives that define or set the variable name (without `$`, any case): map, geo,
// split_clients, set, auth_request_set, perl_set, js_set and so on, and the directives whose regex captures it by name.
// Built-in variables have none.
func (c *Config) Definitions(name string) []*Directive {
	return c.named().variables[strings.ToLower(name)]
}

// Variables yields the names, sorted and in lower case, of all variables that have Definitions.
func (c *Config) Variables() iter.Seq[string] {
	return slices.Values(slices.Sorted(maps.Keys(c.named().variables)))
}

// Entries yields the entries of a map-like block in order, each with the file it stands in; includes are followed, the
// include directives themselves left out.
func (c *Config) Entries(d *Directive) iter.Seq2[*syntax.File, *syntax.Directive] {
	return func(yield func(*syntax.File, *syntax.Directive) bool) {
		includes := map[*syntax.Directive]*Directive{}
		for _, child := range d.Children {
			includes[child.Directive] = child
		}
		if d.Block != nil && d.MapLike {
			c.entriesOf(d.File, d.Block.Directives, includes, yield)
		}
	}
}

// entriesOf yields the entries of one file's part of a map-like block and reports whether to go on.
func (c *Config) entriesOf(f *syntax.File, entries []*syntax.Directive, includes map[*syntax.Directive]*Directive, yield func(*syntax.File, *syntax.Directive) bool) bool {
	for _, entry := range entries {
		include := includes[entry]
		if include == nil {
			if !yield(f, entry) {
				return false
			}
			continue
		}
		for _, via := range c.brought[include] {
			if !c.entriesOf(via.File, via.File.Directives, includes, yield) {
				return false
			}
		}
	}
	return true
}

// Brought returns the files that an include directive brought in, in order.
func (c *Config) Brought(include *Directive) []*Inclusion { return c.brought[include] }

// Declared reports whether the user declared a directive of that name.
func (c *Config) Declared(name string) bool {
	_, ok := c.declared[name]
	return ok
}

// named gathers the names once.
func (c *Config) named() *names {
	n := &c.names
	n.once.Do(func() {
		n.upstream, n.variables = map[string]*Directive{}, map[string][]*Directive{}
		for d := range c.All() {
			n.block(d)
			n.define(c, d)
		}
	})
	return n
}

// block notes a named block.
func (n *names) block(d *Directive) {
	switch {
	case d.Block == nil:
	case d.Name() == "upstream" && d.Inside&catalog.Upstream != 0:
		n.upstreams = append(n.upstreams, d)
		if key := strings.ToLower(d.Arg(1)); n.upstream[key] == nil {
			n.upstream[key] = d
		}
	case d.Name() == "server" && d.Inside&catalog.Server != 0:
		n.servers = append(n.servers, d)
	case d.Name() == "location" && d.Inside&catalog.Location != 0:
		n.locations = append(n.locations, d)
	}
}

// captured finds the names of a regex's named groups, in each of PCRE's spellings.
var captured = regexp.MustCompile(`\(\?P?[<']([A-Za-z_][A-Za-z0-9_]*)[>']`)

// define notes the variables that a directive defines.
func (n *names) define(c *Config, d *Directive) {
	if at := definer(d.Name(), len(d.Words)-1); at > 0 {
		n.add(d.Arg(at), d)
	}
	for _, word := range regexes(d) {
		for _, group := range captured.FindAllStringSubmatch(word, -1) {
			n.add("$"+group[1], d)
		}
	}
	if !d.MapLike {
		return
	}
	for _, entry := range c.Entries(d) {
		switch d.Name() {
		case "map":
			n.mapKey(entry.Name(), d)
		case "geoip2": // geoip2 FILE { $variable source ...; }
			n.add(entry.Name(), d)
		}
	}
}

// mapKey notes the captures of a regex key of a map.
func (n *names) mapKey(key string, d *Directive) {
	if !strings.HasPrefix(key, "~") {
		return
	}
	for _, group := range captured.FindAllStringSubmatch(key, -1) {
		n.add("$"+group[1], d)
	}
}

// add notes that d defines the variable that word, with its `$`, names.
func (n *names) add(word string, d *Directive) {
	if name, ok := strings.CutPrefix(word, "$"); ok && name != "" {
		key := strings.ToLower(name)
		n.variables[key] = append(n.variables[key], d)
	}
}

// definer returns which argument, from 1, of the directive name is the variable it defines, where it was given args
// arguments; 0 where it defines none. The set_ directives of third-party modules (set_by_lua_block, set_unescape_uri, ...)
// all name their variable first.
func definer(name string, args int) int {
	switch name {
	case "set", "auth_request_set", "perl_set", "js_set", "js_var":
		return 1
	case "map", "split_clients", "keyval", "num_map":
		return 2
	case "geo": // geo [$address] $variable
		return args
	}
	if strings.HasPrefix(name, "set_") {
		return 1
	}
	return 0
}

// regexes returns the words of a directive that are, or may be, regular expressions with named groups.
func regexes(d *Directive) []string {
	switch d.Name() {
	case "location":
		if strings.HasPrefix(d.Arg(1), "~") {
			return []string{d.Arg(len(d.Words) - 1)}
		}
	case "rewrite":
		return []string{d.Arg(1)}
	case "server_name", "if":
		var words []string
		for _, w := range d.Args() {
			if strings.Contains(w.Value, "(?") {
				words = append(words, w.Value)
			}
		}
		return words
	}
	return nil
}
