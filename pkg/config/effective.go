package config

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// hole says what of a block's level cannot be seen.
type hole struct {
	// any: an include could not be followed, or a placeholder stands there, so any directive may be set.
	any bool
	// names: misspelt directives' did-you-mean candidates; each of these may be what was meant.
	names []string
}

// Hidden reports whether the directive name may be set in this very block by something that we cannot see.
func (d *Directive) Hidden(name string) bool {
	return d.hole != nil && (d.hole.any || slices.Contains(d.hole.names, name))
}

// State says what is known about a value.
type State uint8

// The states of a value.
const (
	// Default: no level sets it and all levels are known.
	Default State = iota
	// Set: a directive sets it.
	Set
	// Unknown: it may be set where we cannot see.
	Unknown
)

// Value is what one directive is in effect at one level.
type Value struct {
	State State
	// By is the directive that sets it; nil unless State is Set.
	By *Directive
	// Assumed marks a Default in a fragment: the levels around it were not given and are taken to set nothing.
	Assumed bool
}

// List is what an all-or-nothing list directive (proxy_set_header, proxy_hide_header, add_header, ...) is in effect at
// one level.
type List struct {
	State State
	// Items are the directives in order; where State is Unknown those that can be seen, which may not be all nor
	// even in effect.
	Items []*Directive
	// Level is the block whose own Items these are (the innermost, where levels are merged); nil for a Default.
	Level *Directive
	// Assumed is as in Value.
	Assumed bool
}

// Effective returns what the directive name is at the block directive at (a location, server, if, http; Root for the
// top): its own, or inherited as the directive is in nginx. A directive that is not inherited is looked for as nginx
// does: proxy_pass and its like from an if or limit_except in its location, return and set nowhere else.
//
// nginx: the merge functions of each module, such as src/http/modules/ngx_http_proxy_module.c,
// ngx_http_proxy_merge_loc_conf.
func (c *Config) Effective(at *Directive, name string) Value {
	for level, far := at, reachOf(name); level != nil; level = level.outer(far) {
		if d := level.last(name); d != nil && !level.Doubtful(name) {
			return Value{State: Set, By: d}
		}
		if level.Hidden(name) {
			return Value{State: Unknown}
		}
	}
	return Value{State: Default, Assumed: c.Fragment}
}

// EffectiveList returns the list that the directives of these names form together at the block directive at: those of
// the innermost level that has any, or, for add_header and add_trailer under add_header_inherit merge, of all levels,
// outer ones first.
func (c *Config) EffectiveList(at *Directive, names ...string) List {
	if len(names) == 1 && (names[0] == "add_header" || names[0] == "add_trailer") {
		return c.addedHeaders(at, names[0])
	}
	return c.innermost(at, names)
}

// innermost returns the list of the first level, from the inside, that has one.
func (c *Config) innermost(at *Directive, names []string) List {
	for level, far := at, reachOf(names[0]); level != nil; level = level.outer(far) {
		items := level.Own(names...)
		hidden := slices.ContainsFunc(names, level.Hidden)
		switch {
		case hidden:
			return List{State: Unknown, Items: items, Level: level}
		case len(items) > 0:
			return List{State: Set, Items: items, Level: level}
		}
	}
	return List{State: Default, Assumed: c.Fragment}
}

// addedHeaders follows add_header_inherit (since 1.29.3): on, the default, is all or nothing; off inherits nothing; merge
// appends to what the outer level has in effect. The mode is itself inherited.
//
// nginx: src/http/modules/ngx_http_headers_filter_module.c, ngx_http_headers_merge.
func (c *Config) addedHeaders(at *Directive, name string) List {
	mode := c.Effective(at, name+"_inherit")
	own := c.innermost(at, []string{name})
	switch {
	case mode.State == Unknown:
		return List{State: Unknown}
	case mode.State == Set && mode.By.Arg(1) == "off" && own.State == Set && own.Level != at:
		return List{State: Default, Assumed: c.Fragment}
	case mode.State != Set || mode.By.Arg(1) != "merge" || own.State != Set:
		return own
	}
	outer := own.Level.Parent
	if outer == nil {
		return own
	}
	above := c.addedHeaders(outer, name)
	if above.State == Unknown {
		return above
	}
	return List{State: Set, Items: append(slices.Clone(above.Items), own.Items...), Level: own.Level}
}

// outer returns the next block outwards in which a directive of that reach counts; nil for none.
func (d *Directive) outer(far reach) *Directive {
	conditional := d.Inside&(catalog.IfInLocation|catalog.LimitExcept) != 0
	if far == ownLevel || far == ownLocation && !conditional {
		return nil
	}
	return d.Parent
}

// reach says how far outwards a directive's value is looked for.
type reach uint8

const (
	everyLevel  reach = iota // inherited from every outer level
	ownLocation              // from an if or limit_except in its location, no further
	ownLevel                 // not inherited
)

// reachOf returns how far the directive name reaches. What is not named here is inherited: nearly all is.
func reachOf(name string) reach {
	switch name {
	case "return", "rewrite", "set", "if", "break", "location", "server", "listen", "server_name", "limit_except",
		"internal", "alias", "try_files", "upstream", "map", "include":
		return ownLevel
	}
	if strings.HasSuffix(name, "_pass") && name != "proxy_pass_request_headers" {
		return ownLocation
	}
	switch name {
	case "empty_gif", "stub_status", "perl", "js_content", "content_by_lua_block", "content_by_lua", "flv", "mp4":
		return ownLocation
	}
	return everyLevel
}

// Own returns the directives of these names in the block itself, in order. The list is not to be changed: where they stand
// together, as they mostly do, it is a part of the block's.
func (d *Directive) Own(names ...string) []*Directive {
	all := d.simple()
	first, end, n := 0, 0, 0
	for i, child := range all {
		if child.Block != nil || !slices.Contains(names, child.Name()) {
			continue
		}
		if n == 0 {
			first = i
		}
		end = i + 1
		n++
	}
	if n == end-first {
		return all[first:end:end]
	}
	own := make([]*Directive, 0, n)
	for _, child := range all[first:end] {
		if child.Block == nil && slices.Contains(names, child.Name()) {
			own = append(own, child)
		}
	}
	return own
}

// last returns the last simple directive of that name in the block itself, or nil.
func (d *Directive) last(name string) *Directive {
	all := d.simple()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Block == nil && all[i].Name() == name {
			return all[i]
		}
	}
	return nil
}

// simple returns the children that may be simple directives.
func (d *Directive) simple() []*Directive {
	if d.settings != nil {
		return d.settings
	}
	return d.Children
}
