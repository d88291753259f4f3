package difftest

import (
	"fmt"
	"strings"
)

// Coverage counts which values, and which pairs of values of two dimensions, were put before a server such that they
// could show.
type Coverage struct {
	dims   []*Dimension
	values map[valueKey]bool
	pairs  map[pairKey]bool
	scope  map[pairKey]bool // pairs that count
}

type valueKey struct {
	d *Dimension
	v string
}

type pairKey struct{ a, b valueKey }

// NewCoverage has nothing covered.
func NewCoverage() *Coverage {
	c := &Coverage{dims: Dimensions(), values: map[valueKey]bool{}, pairs: map[pairKey]bool{}, scope: map[pairKey]bool{}}
	for i, a := range c.dims {
		for _, b := range c.dims[i+1:] {
			for _, av := range a.Options {
				for _, bv := range b.Options {
					if _, out := outOfScope(a, av.Name, b, bv.Name); !out && a != dimRefusal && b != dimRefusal {
						c.scope[pairKey{valueKey{a, av.Name}, valueKey{b, bv.Name}}] = true
					}
				}
			}
		}
	}
	return c
}

// pairsOf calls yield for the pairs that a configuration with a request shows; with no request, for the
// configuration's own.
func (c *Coverage) pairsOf(config, request Pick, yield func(pairKey)) {
	if request != nil {
		if a, b, yes := decided(config, request); yes {
			c.decidedPairs(config, request, a, b, yield)
			return
		}
	}
	hide := hidden(config)
	for i, a := range c.dims {
		av, ok := valueOf(config, request, a)
		if !ok || hide[a] {
			continue
		}
		for _, b := range c.dims[i+1:] {
			if bv, ok := valueOf(config, request, b); ok && !hide[b] {
				yield(pairKey{valueKey{a, av}, valueKey{b, bv}})
			}
		}
	}
}

func valueOf(config, request Pick, d *Dimension) (string, bool) {
	from := config
	if d.Request {
		from = request
	}
	v, ok := from[d.Name]
	return v, ok
}

// decided says whether one or two dimensions alone decide what nginx does with the request; b is nil for one.
func decided(config, request Pick) (a, b *Dimension, yes bool) {
	for _, d := range requestDimensions {
		if d.option(request[d.Name]).Masks {
			return d, nil, true
		}
	}
	if dimProtocol.is(request, "1.0") && dimMethod.is(request, "POST, chunked") {
		return dimProtocol, dimMethod, true
	}
	if !dimProtocol.is(request, "1.0") && dimClientHost.is(request, "absent") {
		return dimProtocol, dimClientHost, true
	}
	return misses(config, request)
}

// decidedPairs are the pairs of a request that ends early: those of the deciding value with the other parts of the
// request, or, where two values decide together, that pair.
func (c *Coverage) decidedPairs(config, request Pick, a, b *Dimension, yield func(pairKey)) {
	for i, d := range c.dims {
		for _, e := range c.dims[i+1:] {
			single := b == nil && d.Request && (d == a || e == a)
			if single || d == a && e == b || d == b && e == a {
				dv, _ := valueOf(config, request, d)
				ev, _ := valueOf(config, request, e)
				yield(pairKey{valueKey{d, dv}, valueKey{e, ev}})
			}
		}
	}
}

// gain is how many uncovered pairs a pick would add.
func (c *Coverage) gain(config, request Pick) int {
	n := 0
	c.pairsOf(config, request, func(k pairKey) {
		if c.scope[k] && !c.pairs[k] {
			n++
		}
	})
	return n
}

// Add credits a configuration with one of its requests.
func (c *Coverage) Add(config, request Pick) {
	for _, d := range c.dims {
		if v, ok := valueOf(config, request, d); ok {
			c.values[valueKey{d, v}] = true
		}
	}
	if barren(config) {
		return
	}
	c.pairsOf(config, request, func(k pairKey) {
		if c.scope[k] {
			c.pairs[k] = true
		}
	})
}

// barren says whether nothing of the configuration shows: nginx is meant to refuse it, or cannot talk to a backend.
func barren(config Pick) bool {
	for _, d := range configDimensions {
		if d.option(config[d.Name]).Masks {
			return true
		}
	}
	return false
}

// Values gives covered and existing values.
func (c *Coverage) Values() (covered, all int) {
	for _, d := range c.dims {
		all += len(d.Options)
	}
	return len(c.values), all
}

// Pairs gives covered and existing pairs, of those in scope.
func (c *Coverage) Pairs() (covered, all int) { return len(c.pairs), len(c.scope) }

// Report is a table: a line a dimension, then the sums, then up to twenty pairs that are missing.
func (c *Coverage) Report() string {
	var b strings.Builder
	for _, d := range c.dims {
		fmt.Fprintf(&b, "%-4s %-20s %s\n", d.Source, d.Name, c.row(d))
	}
	values, allValues := c.Values()
	pairs, allPairs := c.Pairs()
	fmt.Fprintf(&b, "values %d of %d (%.1f %%), pairs %d of %d in scope (%.2f %%)\n", values, allValues,
		percent(values, allValues), pairs, allPairs, percent(pairs, allPairs))
	b.WriteString(c.missing(20))
	return b.String()
}

func (c *Coverage) row(d *Dimension) string {
	covered, pairs, all := 0, 0, 0
	for _, v := range d.Options {
		if c.values[valueKey{d, v.Name}] {
			covered++
		}
	}
	for k := range c.scope {
		if k.a.d == d || k.b.d == d {
			all++
			if c.pairs[k] {
				pairs++
			}
		}
	}
	return fmt.Sprintf("values %2d of %2d, pairs %4d of %4d", covered, len(d.Options), pairs, all)
}

func (c *Coverage) missing(limit int) string {
	var b strings.Builder
	for i, a := range c.dims {
		for _, d := range c.dims[i+1:] {
			for _, av := range a.Options {
				for _, dv := range d.Options {
					k := pairKey{valueKey{a, av.Name}, valueKey{d, dv.Name}}
					if c.scope[k] && !c.pairs[k] && limit > 0 {
						limit--
						fmt.Fprintf(&b, "missing: %s = %s with %s = %s\n", a.Name, av.Name, d.Name, dv.Name)
					}
				}
			}
		}
	}
	return b.String()
}

func percent(part, all int) float64 { return 100 * float64(part) / float64(max(all, 1)) }
