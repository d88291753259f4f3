package eval

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// headerSet is the list of proxy_set_header directives in effect at a level, compiled.
type headerSet struct {
	items []headerItem
	open  bool // see Upstream.Open
	// rewritten and matching say that some value is of that kind: see vars.Expr.
	rewritten, matching bool
}

// headerItem is one proxy_set_header directive.
type headerItem struct {
	name  string
	value *vars.Expr
	by    *config.Directive
	maybe bool
}

// noHeaders is the set where no level has a proxy_set_header.
var noHeaders = &headerSet{}

// headerSet returns the set in effect at a level. Levels that inherit share it.
func (e *Evaluator) headerSet(f *facts) *headerSet {
	at, hidden := f.headerLevel()
	if at == nil {
		return noHeaders
	}
	if set := at.set.Load(); set != nil {
		return set
	}
	set := &headerSet{open: hidden}
	items, inherited := at.headers, hidden && len(at.headers) == 0
	if inherited && at.parent != nil {
		if outer, _ := at.parent.headerLevel(); outer != nil {
			items = outer.headers
		}
	}
	set.items = make([]headerItem, len(items))
	for i, d := range items {
		set.items[i] = headerItem{name: d.Arg(1), value: e.table.Expr(d.Arg(2)), by: d, maybe: inherited}
		set.rewritten = set.rewritten || set.items[i].value.Rewritten()
		set.matching = set.matching || set.items[i].value.Matching()
	}
	at.set.Store(set)
	return set
}

// setter returns the first directive of the set for a name, or nil.
func (s *headerSet) setter(name string) *headerItem {
	for i := range s.items {
		if equalFold(s.items[i].name, name) {
			return &s.items[i]
		}
	}
	return nil
}

// last returns the index of the last directive of the set for a name, -1 for none.
func (s *headerSet) last(name string) int {
	for i := len(s.items) - 1; i >= 0; i-- {
		if equalFold(s.items[i].name, name) {
			return i
		}
	}
	return -1
}

// defaultHeader is a header that nginx sets by itself; "" removes the client's.
type defaultHeader struct {
	name  string
	value computed
	why   Reason
}

// computed says where the value of a default header comes from.
type computed uint8

const (
	nothing computed = iota
	proxyHost
	closing
	bodyLength
	chunking
	numComputed
)

// defaultHeaders returns nginx's own headers in their order.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_headers and ngx_http_proxy_cache_headers.
func defaultHeaders(t traits, cached bool) []defaultHeader {
	if cached {
		t |= forCache
	}
	return defaultTable[defaultIndex(t)]
}

const forCache traits = 1 << 15 // not a version's: the table with what a cache adds

// defaultIndex counts the combinations of the traits that make a difference for nginx's own headers.
func defaultIndex(t traits) int {
	i := 0
	for bit, trait := range [...]traits{sendsClose, dropsProxyConn, forCache} {
		if t.has(trait) {
			i |= 1 << bit
		}
	}
	return i
}

// defaultTable holds the lists of defaultHeaders.
var defaultTable = newDefaultTable()

// newDefaultTable makes the lists for every combination of traits that matters.
func newDefaultTable() (table [8][]defaultHeader) {
	for _, closes := range []traits{0, sendsClose} {
		for _, drops := range []traits{0, dropsProxyConn} {
			for _, cached := range []traits{0, forCache} {
				t := closes | drops | cached
				table[defaultIndex(t)] = newDefaults(t)
			}
		}
	}
	return table
}

func newDefaults(t traits) []defaultHeader {
	connection := defaultHeader{name: "Connection", why: HopByHop}
	if t.has(sendsClose) {
		connection.value = closing
	}
	list := []defaultHeader{
		{"Host", proxyHost, OwnInstead},
		connection,
		{"Content-Length", bodyLength, OwnInstead},
		{"Transfer-Encoding", chunking, HopByHop},
		{"TE", nothing, HopByHop},
		{"Keep-Alive", nothing, HopByHop},
		{"Expect", nothing, HopByHop},
		{"Upgrade", nothing, HopByHop},
	}
	if t.has(dropsProxyConn) {
		list = append(list, defaultHeader{"Proxy-Connection", nothing, HopByHop})
	}
	if t.has(forCache) {
		for _, name := range []string{"If-Modified-Since", "If-Unmodified-Since", "If-None-Match", "If-Match", "Range", "If-Range"} {
			list = append(list, defaultHeader{name, nothing, ForCache})
		}
	}
	return list
}

// HasToken reports whether a header's list with commas has the token, in any case (RFC 9110, 5.6.1: blanks and tabs
// around an element do not count).
func HasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}
