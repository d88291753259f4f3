package vars

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// geo is a compiled geo block.
//
// nginx: src/http/modules/ngx_http_geo_module.c.
type geo struct {
	by        *config.Directive
	name      string
	address   *variable // nil for the client's address
	ranges    bool
	networks  map[netip.Prefix]string
	lengths4  []int // of the networks' prefixes, longest first
	lengths6  []int
	spans     []geoSpan // sorted, apart from each other
	fallback  string
	proxies   []netip.Prefix
	recursive bool
	blind     bool // something in the block can't be read, such as a binary base
	results   []string
}

// geoSpan is a range of IPv4 addresses, both ends included.
type geoSpan struct {
	start, end netip.Addr
	value      string
}

// compileGeo reads the entries of a geo block.
//
// nginx: ngx_http_geo_block, ngx_http_geo.
func (t *Table) compileGeo(d *config.Directive) *geo {
	g := &geo{by: d, networks: map[netip.Prefix]string{}, blind: d.Hidden("")}
	g.name = strings.TrimPrefix(d.Arg(len(d.Words)-1), "$")
	if len(d.Words) == 3 {
		g.address = t.variable(strings.TrimPrefix(d.Arg(1), "$"))
	}
	for _, entry := range t.config.Entries(d) {
		g.add(entry)
	}
	g.finish()
	return g
}

// add takes one entry.
func (g *geo) add(e *syntax.Directive) {
	key, value := e.Name(), e.Arg(1)
	switch {
	case key == "ranges" && len(e.Words) == 1:
		g.ranges = true
	case key == "proxy_recursive" && len(e.Words) == 1:
		g.recursive = true
	case key == "proxy":
		if p, ok := ParsePrefix(value); ok {
			g.proxies = append(g.proxies, p)
		}
	case key == "default":
		g.fallback = value
	case key == "delete":
		g.remove(value)
	case g.ranges:
		g.addRange(key, value)
	default:
		p, ok := ParsePrefix(key)
		if !ok {
			g.blind = true
			return
		}
		g.networks[p] = value
	}
}

// remove undoes an earlier entry.
func (g *geo) remove(key string) {
	if g.ranges {
		start, end, ok := parseRange(key)
		g.spans = slices.DeleteFunc(g.spans, func(s geoSpan) bool { return ok && s.start == start && s.end == end })
		return
	}
	if p, ok := ParsePrefix(key); ok {
		delete(g.networks, p)
	}
}

// addRange adds a range; a range inside another one cuts it.
//
// nginx: ngx_http_geo_add_range.
func (g *geo) addRange(key, value string) {
	start, end, ok := parseRange(key)
	if !ok {
		g.blind = true
		return
	}
	added := geoSpan{start, end, value}
	at, exact := slices.BinarySearchFunc(g.spans, start, func(s geoSpan, a netip.Addr) int { return s.start.Compare(a) })
	if !exact && at > 0 && start.Compare(g.spans[at-1].end) <= 0 {
		at--
	}
	if at == len(g.spans) || end.Less(g.spans[at].start) {
		g.spans = slices.Insert(g.spans, at, added)
		return
	}
	old := g.spans[at]
	cut := make([]geoSpan, 0, 3)
	if old.start.Less(start) {
		cut = append(cut, geoSpan{old.start, start.Prev(), old.value})
	}
	cut = append(cut, added)
	if end.Less(old.end) {
		cut = append(cut, geoSpan{end.Next(), old.end, old.value})
	}
	g.spans = slices.Replace(g.spans, at, at+1, cut...)
}

// finish sorts what was read.
func (g *geo) finish() {
	four, six := map[int]bool{}, map[int]bool{}
	values := map[string]bool{}
	for p, value := range g.networks {
		if p.Addr().Is4() {
			four[p.Bits()] = true
		} else {
			six[p.Bits()] = true
		}
		values[value] = true
	}
	for _, s := range g.spans {
		values[s.value] = true
	}
	delete(values, g.fallback)
	downwards := func(a, b int) int { return cmp.Compare(b, a) }
	g.lengths4 = slices.SortedFunc(maps.Keys(four), downwards)
	g.lengths6 = slices.SortedFunc(maps.Keys(six), downwards)
	g.results = append([]string{g.fallback}, slices.Sorted(maps.Keys(values))...)
}

// lookup returns the block's value for the run.
//
// nginx: ngx_http_geo_cidr_variable, ngx_http_geo_range_variable.
func (g *geo) lookup(r *Run) given {
	addr, known := g.client(r)
	switch {
	case g.blind || !known && len(g.results) > maxChoices:
		return given{value: unknown(g.name), by: g.by}
	case !known:
		value := g.results[r.World.Choose(Question("geo", g.by, ""), len(g.results))]
		return given{value: Value{Text: value}, by: g.by}
	}
	value, why := g.find(addr)
	return given{value: Value{Text: value}, by: g.by, why: why}
}

// none is where nginx looks when there is no address.
var none = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// client returns the address to look up.
//
// nginx: ngx_http_geo_real_addr, ngx_http_geo_addr.
func (g *geo) client(r *Run) (addr netip.Addr, known bool) {
	if g.address == nil {
		addr, known = r.clientAddr()
	} else {
		r.flush(g.address)
		v := r.value(g.address)
		known = !v.Unknown
		addr, _ = netip.ParseAddr(v.Text)
	}
	if !known {
		return addr, false
	}
	if !addr.IsValid() {
		return none, true
	}
	if forwarded := r.headerLines("x-forwarded-for"); len(g.proxies) > 0 && len(forwarded) > 0 {
		addr = forwardedAddr(addr, forwarded, g.proxies, g.recursive)
	}
	return addr.Unmap(), true
}

// find returns the value of the longest network, or of the range, that the address is in.
func (g *geo) find(addr netip.Addr) (value, why string) {
	if g.ranges {
		return g.findRange(addr)
	}
	lengths := g.lengths4
	if addr.Is6() {
		lengths = g.lengths6
	}
	for _, bits := range lengths {
		p, _ := addr.Prefix(bits)
		if value, ok := g.networks[p]; ok {
			return value, p.String()
		}
	}
	return g.fallback, "default"
}

// findRange returns the value of the range that the address is in.
func (g *geo) findRange(addr netip.Addr) (value, why string) {
	if addr.Is6() {
		addr = none
	}
	at, exact := slices.BinarySearchFunc(g.spans, addr, func(s geoSpan, a netip.Addr) int { return s.start.Compare(a) })
	if !exact {
		at--
	}
	if at >= 0 && addr.Compare(g.spans[at].end) <= 0 {
		s := g.spans[at]
		return s.value, s.start.String() + "-" + s.end.String()
	}
	return g.fallback, "default"
}

// parseRange reads "10.0.0.1-10.0.0.9".
func parseRange(text string) (start, end netip.Addr, ok bool) {
	from, to, found := strings.Cut(text, "-")
	start, err1 := netip.ParseAddr(from)
	end, err2 := netip.ParseAddr(to)
	ok = found && err1 == nil && err2 == nil && start.Is4() && end.Is4() && !end.Less(start)
	return start, end, ok
}
