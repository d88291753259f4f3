package vars

import (
	"strings"
	"sync/atomic"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// mapping is a compiled map block.
//
// nginx: src/http/modules/ngx_http_map_module.c.
type mapping struct {
	by        *config.Directive
	name      string
	source    *Expr
	hostnames bool
	open      bool // an include in it could not be followed
	keys      Hosts[*mapEntry]
	patterns  []*mapEntry
	fallback  *mapEntry
	// results returns the different values, the fallback's first, for when the source is not known; one more than
	// maxChoices where there are more.
	results func() []*mapEntry
}

// mapEntry is one line of a map.
type mapEntry struct {
	key   string // as written
	text  string // the value as written
	value atomic.Pointer[Expr]
	re    *Regexp // for `~`; nil where the pattern can't be compiled
}

// expr returns the compiled value. There may be very many, of which few are ever asked for.
func (e *mapEntry) expr(t *Table) *Expr {
	if x := e.value.Load(); x != nil {
		return x
	}
	x := t.Expr(e.text)
	e.value.Store(x)
	return x
}

// mapIsVolatile reports whether a map has the parameter volatile.
func mapIsVolatile(c *config.Config, d *config.Directive) bool {
	for _, entry := range c.Entries(d) {
		if len(entry.Words) == 1 && entry.Name() == "volatile" {
			return true
		}
	}
	return false
}

// compileMap reads the entries of a map block.
//
// nginx: ngx_http_map_block, ngx_http_map.
func (t *Table) compileMap(d *config.Directive) *mapping {
	m := &mapping{by: d, name: strings.TrimPrefix(d.Arg(2), "$"), source: t.Expr(d.Arg(1)), open: d.Hidden("")}
	for _, entry := range t.config.Entries(d) {
		switch {
		case len(entry.Words) == 1 && entry.Name() == "hostnames":
			m.hostnames = true
		case len(entry.Words) == 2:
			m.add(t, &mapEntry{key: entry.Name(), text: entry.Arg(1)})
		}
	}
	if m.fallback == nil {
		m.fallback = &mapEntry{}
	}
	m.results = lazily(m.gather)
	return m
}

// add files one entry.
func (m *mapping) add(t *Table, e *mapEntry) {
	if e.key == "default" {
		if m.fallback == nil {
			m.fallback = e
		}
		return
	}
	if pattern, ok := strings.CutPrefix(e.key, "~"); ok {
		pattern, fold := strings.CutPrefix(pattern, "*")
		e.re, _ = t.Regexp(pattern, fold)
		m.patterns = append(m.patterns, e)
		return
	}
	m.keys.Add(strings.TrimPrefix(e.key, `\`), m.hostnames, e)
}

// gather collects the different values.
func (m *mapping) gather() []*mapEntry {
	var results []*mapEntry
	seen := map[string]bool{}
	note := func(e *mapEntry) {
		if len(results) <= maxChoices && !seen[e.text] {
			seen[e.text] = true
			results = append(results, e)
		}
	}
	note(m.fallback)
	for _, of := range []map[string]*mapEntry{m.keys.exact, m.keys.both, m.keys.head, m.keys.tail} {
		for _, e := range sorted(of) {
			note(e)
		}
	}
	for _, e := range m.patterns {
		note(e)
	}
	return results
}

// maxChoices is how many possible values of one variable a World is asked to choose from; where there are more, the value
// is Unknown.
const maxChoices = 16

// lookup returns the map's value for the run.
//
// nginx: ngx_http_map_variable.
func (m *mapping) lookup(r *Run) given {
	source := r.Eval(m.source)
	if source.Unknown {
		return m.possible(r, source)
	}
	text := source.Text
	if m.hostnames && strings.HasSuffix(text, ".") {
		text = text[:len(text)-1]
	}
	if _, sure := m.keys.exact[lower(text)]; m.open && !sure { // no other line has this key, but one may have any other
		return given{value: unknown(m.name), by: m.by}
	}
	e := m.find(r, text)
	return given{value: r.Eval(e.expr(r.Table)), by: m.by, why: e.why()}
}

// find returns the entry that the text takes.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_map_find: patterns are tried after all keys, and never on nothing.
func (m *mapping) find(r *Run, text string) *mapEntry {
	if e, ok := m.keys.Find(lower(text)); ok {
		return e
	}
	if text == "" {
		return m.fallback
	}
	for _, e := range m.patterns {
		if e.re == nil {
			if r.World.Choose(Question("map pattern", e, text), 2) == 1 {
				r.BlindCaptures(nil)
				return e
			}
			continue
		}
		found, err := r.Match(e.re, text)
		if err != nil {
			return m.fallback
		}
		if found {
			return e
		}
	}
	return m.fallback
}

// possible lets the World choose among the map's values where its source is not known.
func (m *mapping) possible(r *Run, source Value) given {
	results := m.results()
	if m.open || len(results) > maxChoices {
		return given{value: unknown(m.name), by: m.by}
	}
	e := results[r.World.Choose(Question("map", m.by, source.Text), len(results))]
	if strings.HasPrefix(e.key, "~") {
		r.BlindCaptures(e.re)
	}
	return given{value: r.Eval(e.expr(r.Table)), by: m.by, why: e.why()}
}

// why returns how the entry is named in a story.
func (e *mapEntry) why() string {
	switch {
	case e.key == "" && e.text == "":
		return "no entry"
	case e.key == "":
		return "''"
	}
	return e.key
}
