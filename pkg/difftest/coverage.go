package difftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Coverage counts which values, and which pairs of values of two dimensions, were put before a server such that they
// could show.
type Coverage struct {
	dims   []*Dimension
	first  []int                         // the number of each dimension's first value
	number map[*Dimension]map[string]int // of a value, counted over all dimensions
	values []bool
	pairs  [][]bool // covered, by the values' numbers, the smaller first
	scope  [][]bool // counted
}

// NewCoverage has nothing covered.
func NewCoverage() *Coverage {
	c := &Coverage{dims: Dimensions(), number: map[*Dimension]map[string]int{}}
	n := 0
	for _, d := range c.dims {
		c.first = append(c.first, n)
		c.number[d] = map[string]int{}
		for _, v := range d.Options {
			c.number[d][v.Name] = n
			n++
		}
	}
	c.values, c.pairs, c.scope = make([]bool, n), square(n), square(n)
	c.each(func(a *Dimension, av Option, b *Dimension, bv Option) {
		_, out := outOfScope(a, av.Name, b, bv.Name)
		c.scope[c.number[a][av.Name]][c.number[b][bv.Name]] = !out && a != dimRefusal && b != dimRefusal
	})
	return c
}

func square(n int) [][]bool {
	out := make([][]bool, n)
	for i := range out {
		out[i] = make([]bool, n)
	}
	return out
}

// each calls yield for every two values of different dimensions.
func (c *Coverage) each(yield func(a *Dimension, av Option, b *Dimension, bv Option)) {
	for i, a := range c.dims {
		for _, b := range c.dims[i+1:] {
			for _, av := range a.Options {
				for _, bv := range b.Options {
					yield(a, av, b, bv)
				}
			}
		}
	}
}

// numbers are the picked values of a configuration with a request, which may be nil; -1 for one that does not show.
func (c *Coverage) numbers(config, request Pick) []int {
	out := make([]int, len(c.dims))
	hide := hidden(config)
	for i, d := range c.dims {
		from := config
		if d.Request {
			from = request
		}
		out[i] = -1
		if v, ok := from[d.Name]; ok && !hide[d] {
			out[i] = c.number[d][v]
		}
	}
	return out
}

// pairsOf calls yield for the numbers of the pairs that a configuration with a request shows; with no request, for the
// configuration's own. Of a request that ends early those count that have the deciding value and another part of the
// request, or, where two values decide together, that pair.
func (c *Coverage) pairsOf(config, request Pick, yield func(a, b int)) {
	var one, two *Dimension
	early := false
	if request != nil {
		one, two, early = decided(config, request)
	}
	numbers := c.numbers(config, request)
	for i, a := range numbers {
		for j := i + 1; j < len(numbers) && a >= 0; j++ {
			if numbers[j] >= 0 && (!early || decides(one, two, c.dims[i], c.dims[j])) {
				yield(a, numbers[j])
			}
		}
	}
}

// decides says whether a pair of dimensions shows where one, or one with two, decides.
func decides(one, two, a, b *Dimension) bool {
	if two == nil {
		return a.Request && b.Request && (a == one || b == one)
	}
	return a == one && b == two || a == two && b == one
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

// gain is how many uncovered pairs a pick would add.
func (c *Coverage) gain(config, request Pick) int {
	n := 0
	c.pairsOf(config, request, func(a, b int) {
		if c.scope[a][b] && !c.pairs[a][b] {
			n++
		}
	})
	return n
}

// Add credits a configuration with one of its requests.
func (c *Coverage) Add(config, request Pick) {
	for _, d := range c.dims {
		from := config
		if d.Request {
			from = request
		}
		c.values[c.number[d][from[d.Name]]] = true
	}
	if !barren(config) {
		c.pairsOf(config, request, func(a, b int) { c.pairs[a][b] = true })
	}
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
	for _, yes := range c.values {
		if yes {
			covered++
		}
	}
	return covered, len(c.values)
}

// Pairs gives covered and existing pairs, of those in scope.
func (c *Coverage) Pairs() (covered, all int) { return c.count(nil) }

// count is Pairs, of one dimension where one is given.
func (c *Coverage) count(only *Dimension) (covered, all int) {
	c.each(func(a *Dimension, av Option, b *Dimension, bv Option) {
		x, y := c.number[a][av.Name], c.number[b][bv.Name]
		if !c.scope[x][y] || only != nil && a != only && b != only {
			return
		}
		all++
		if c.pairs[x][y] {
			covered++
		}
	})
	return covered, all
}

// Report is a table: a line a dimension, then the sums, then up to twenty pairs that are missing.
func (c *Coverage) Report() string {
	var b strings.Builder
	for i, d := range c.dims {
		seen := 0
		for j := range d.Options {
			if c.values[c.first[i]+j] {
				seen++
			}
		}
		covered, all := c.count(d)
		fmt.Fprintf(&b, "%-4s %-20s values %2d of %2d, pairs %4d of %4d\n", d.Source, d.Name, seen, len(d.Options), covered, all)
	}
	values, allValues := c.Values()
	pairs, allPairs := c.Pairs()
	fmt.Fprintf(&b, "values %d of %d (%.1f %%), pairs %d of %d in scope (%.2f %%)\n", values, allValues,
		percent(values, allValues), pairs, allPairs, percent(pairs, allPairs))
	return b.String() + c.missing(20)
}

func (c *Coverage) missing(limit int) string {
	var b strings.Builder
	c.each(func(a *Dimension, av Option, d *Dimension, dv Option) {
		x, y := c.number[a][av.Name], c.number[d][dv.Name]
		if c.scope[x][y] && !c.pairs[x][y] && limit > 0 {
			limit--
			fmt.Fprintf(&b, "missing: %s = %s with %s = %s\n", a.Name, av.Name, d.Name, dv.Name)
		}
	})
	return b.String()
}

// OutOfScope lists the pairs of dimensions with values that are not counted, with their reasons and how many they are.
func (c *Coverage) OutOfScope() string {
	count := map[string]int{}
	c.each(func(a *Dimension, av Option, b *Dimension, bv Option) {
		if reason, out := outOfScope(a, av.Name, b, bv.Name); out {
			count[reason]++
		}
	})
	var b strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(&b, "%5d pairs out of scope: %s\n", count[reason], reason)
	}
	return b.String()
}

func percent(part, all int) float64 { return 100 * float64(part) / float64(max(all, 1)) }
