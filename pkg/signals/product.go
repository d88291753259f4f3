package signals

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Product is an application whose WebSocket path is known.
type Product struct {
	Name string
	// Paths are where it opens WebSockets, as its documentation writes locations; "/" where it takes everything.
	// None where it opens none by default.
	Paths []string
	// Own says that the paths are its own: nothing else is usually served there.
	Own bool
	// Ports are those that it usually listens on.
	Ports []int
	// Names are words that stand for it in the names of upstreams and servers.
	Names []string
	// Heartbeat is how often it sends something while idle; 0 where that is not known.
	Heartbeat time.Duration
	// Confidence is "H" where the row was read in the product's documentation or configuration, "M" where the
	// documentation is known, "L" where it is only known by use. Only H rows may be stated as facts.
	Confidence string
	// Source is where the row comes from.
	Source string

	segments [][]string // of Paths
	tokens   [][]string // of Names
}

//go:embed products.tsv
var productTable string

// Products returns the table, in its order. It is not to be changed.
var Products = sync.OnceValue(func() []Product {
	var products []Product
	for line := range strings.Lines(productTable) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) == 8 && cells[0] != "product" {
			products = append(products, productOf(cells))
		}
	}
	return products
})

func productOf(cells []string) Product {
	p := Product{Name: cells[0], Names: words(cells[4]), Confidence: cells[6], Source: cells[7]}
	p.Paths = words(cells[1])
	p.Own = cells[2] == "yes"
	for _, port := range words(cells[3]) {
		n, _ := strconv.Atoi(port) // a test reads every row
		p.Ports = append(p.Ports, n)
	}
	seconds, _ := strconv.Atoi(cells[5])
	p.Heartbeat = time.Duration(seconds) * time.Second
	for _, path := range p.Paths {
		p.segments = append(p.segments, segmentsOf(path))
	}
	for _, name := range p.Names {
		p.tokens = append(p.tokens, tokens(name, "._-"))
	}
	return p
}

// words splits a cell at its commas.
func words(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ',' })
}

// Slashless reports whether the product's documentation writes this path, without a slash at its end.
func (p *Product) Slashless(path string) bool { return slices.Contains(p.Paths, path) }

// weights are the weights of a product match, by the row's confidence.
var weights = map[string]float64{"H": 0.9, "M": 0.7, "L": 0.5}

// matches returns the product's path that the location is for: longer ones first, "/" where it takes everything.
func (p *Product) matches(at path) (found string, ok bool) {
	for i, own := range p.Paths {
		if own == "/" {
			if at.name == "/" && at.form != exact && at.form != regex {
				return own, true
			}
			continue
		}
		if at.follows(p.segments[i]) {
			return own, true
		}
	}
	return "", false
}

// match is a product and its path that a location is for.
type match struct {
	product *Product
	path    string
}

// pathKey is what matches depends on.
type pathKey struct {
	form form
	name string
}

// matches returns the products that a location's path may be of, in the order of the table. The list is shared.
func (r *Reader) matches(at path) []match {
	key := pathKey{at.form, at.name}
	if known, ok := r.matching.Load(key); ok {
		return known.([]match)
	}
	var found []match
	products := Products()
	for i := range products {
		if path, ok := products[i].matches(at); ok {
			found = append(found, match{&products[i], path})
		}
	}
	r.matching.Store(key, found)
	return found
}

// commonPorts are those that many programs listen on.
var commonPorts = []int{3000, 4000, 5000, 8000, 8080, 8888, 9000, 9001, 9090, 9443}

// tells reports whether the port names the product together with the path found: a common port does with a path of its
// own or of several segments only, and with "/" none does but 8123.
func (p *Product) tells(found string, port int) bool {
	switch {
	case !slices.Contains(p.Ports, port):
		return false
	case found == "/":
		return port == 8123
	case found == "":
		return !slices.Contains(commonPorts, port)
	}
	return p.Own || len(segmentsOf(found)) > 1 || !slices.Contains(commonPorts, port)
}

// hinted says what else than the path names the product; "" for nothing.
func (p *Product) hinted(found string, hosts []host, servers []host) string {
	if h := p.named(hosts); h != nil {
		return "the upstream `" + h.name + "`"
	}
	if server := p.named(servers); server != nil {
		return "the server name `" + server.name + "`"
	}
	for _, h := range hosts {
		if p.tells(found, h.port) {
			return "port " + strconv.Itoa(h.port)
		}
	}
	return ""
}

// named returns the first host that is called after the product, or nil.
func (p *Product) named(hosts []host) *host {
	for i := range hosts {
		for _, own := range p.tokens {
			if follow(hosts[i].tokens, own) {
				return &hosts[i]
			}
		}
	}
	return nil
}

// follow reports whether the words of part stand one after another among all.
func follow(all, part []string) bool {
	for i := 0; i+len(part) <= len(all) && len(part) > 0; i++ {
		if all[i] == part[0] && slices.Equal(all[i:i+len(part)], part) {
			return true
		}
	}
	return false
}
