package route

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// endpoint is an address and port that servers listen on together.
//
// nginx: src/http/ngx_http_request.c, ngx_http_init_connection; ngx_http.c, ngx_http_add_addresses.
type endpoint struct {
	listen   vars.Listen // the first of them, with the options of all
	port     uint16
	servers  []*config.Directive
	fallback *config.Directive                       // the default server
	by       map[*config.Directive]*config.Directive // the listen directive of each server
	names    vars.Hosts[*config.Directive]
	patterns []namePattern
}

// namePattern is a server_name that is a regular expression.
type namePattern struct {
	re     *vars.Regexp // nil where it can't be compiled
	server *config.Directive
}

// gatherEndpoints collects what all servers listen on.
func (r *Router) gatherEndpoints() []*endpoint {
	type key struct {
		addr netip.Addr
		name string
		port uint16
	}
	budget := maxListens
	all := []*endpoint{}
	index := map[key]*endpoint{}
	for _, server := range r.config.Servers() {
		for _, l := range r.vars.Listens(server) {
			for port := int(l.Port); port <= int(l.LastPort) && budget > 0; port++ {
				budget--
				k := key{l.Addr, l.Name, uint16(port)}
				e := index[k]
				if e == nil {
					e = &endpoint{listen: l, port: uint16(port), fallback: server, by: map[*config.Directive]*config.Directive{}}
					index[k] = e
					all = append(all, e)
				}
				e.add(l, server)
			}
		}
	}
	for _, e := range all {
		r.gatherNames(e)
	}
	return all
}

// maxListens is how many ports of servers are looked at: a range may name 65,535.
const maxListens = 1 << 20

// add adds a server to an endpoint.
func (e *endpoint) add(l vars.Listen, server *config.Directive) {
	e.listen.TLS = e.listen.TLS || l.TLS
	e.listen.DualStack = e.listen.DualStack || l.DualStack
	if l.Default {
		e.fallback = server
	}
	if n := len(e.servers); n == 0 || e.servers[n-1] != server {
		e.servers = append(e.servers, server)
		e.by[server] = l.By
	}
}

// gatherNames files the servers of an endpoint under their names. Of two with one name, the first counts.
//
// nginx: src/http/ngx_http.c, ngx_http_server_names.
func (r *Router) gatherNames(e *endpoint) {
	for _, server := range e.servers {
		named := false
		for _, d := range server.Own("server_name") {
			for _, w := range d.Args() {
				named = true
				r.addName(e, w.Value, server)
			}
		}
		if !named {
			e.names.Add("", false, server)
		}
	}
}

// addName files a server under one name.
func (r *Router) addName(e *endpoint, name string, server *config.Directive) {
	pattern, ok := strings.CutPrefix(name, "~")
	switch {
	case ok:
		// nginx compiles a name's pattern without regard to case where it has capital letters.
		re, _ := r.vars.Regexp(pattern, pattern != strings.ToLower(pattern))
		e.patterns = append(e.patterns, namePattern{re, server})
	case name == "$hostname":
	case name == "":
		e.names.Add("", false, server)
	default:
		e.names.Add(name, true, server)
	}
}

// endpointFor returns the endpoint that takes a connection to local.
func (r *Router) endpointFor(local netip.AddrPort) *endpoint {
	var wild *endpoint
	addr := local.Addr().Unmap()
	for _, e := range r.endpoints() {
		switch {
		case e.port != local.Port() || e.listen.QUIC:
		case e.listen.Addr == addr:
			return e
		case e.listen.Addr.IsValid() && e.listen.Addr.IsUnspecified() && (e.listen.Addr.Is4() == addr.Is4() || wild == nil && e.listen.DualStack):
			wild = e
		}
	}
	return wild
}

// choose finds where the run's connection came in. Where the request does not say, the World chooses among the endpoints
// that are as encrypted as the request.
func (w *way) choose() *endpoint {
	local := w.run.Request.Local
	if local.IsValid() {
		return w.router.endpointFor(local)
	}
	var fit []*endpoint
	for _, e := range w.router.endpoints() {
		if e.listen.TLS == w.run.Request.TLS && !e.listen.QUIC {
			fit = append(fit, e)
		}
	}
	if len(fit) == 0 {
		fit = w.router.endpoints()
	}
	if host := w.run.Host; host != "" { // those that name the host, if any do
		named := slices.DeleteFunc(slices.Clone(fit), func(e *endpoint) bool { _, ok := e.names.Find(host); return !ok })
		if len(named) > 0 {
			fit = named
		}
	}
	switch {
	case len(fit) == 0:
		return nil
	case len(fit) > maxEndpoints:
		w.run.World.Incomplete()
		fit = fit[:maxEndpoints]
	}
	return fit[w.run.World.Choose("endpoint", len(fit))]
}

// maxEndpoints is how many endpoints a World is asked to choose from.
const maxEndpoints = 16

// server returns the server of an endpoint that takes the host; found is false where it is the default server, because
// no name fits.
//
// nginx: src/http/ngx_http_request.c, ngx_http_find_virtual_server.
func (w *way) server(e *endpoint, host string) (server *config.Directive, found bool, err error) {
	if server, ok := e.names.Find(host); ok {
		return server, true, nil
	}
	if host == "" {
		return e.fallback, false, nil
	}
	for _, p := range e.patterns {
		if p.re == nil {
			if w.run.World.Choose(vars.Question("server_name", p.server, host), 2) == 1 {
				w.run.BlindCaptures(nil)
				return p.server, true, nil
			}
			continue
		}
		matched, err := w.run.Match(p.re, host)
		if err != nil || matched {
			return p.server, true, err
		}
	}
	return e.fallback, false, nil
}

// String names an endpoint as listen does.
func (e *endpoint) String() string {
	switch {
	case e.listen.Name != "" && e.port == 0:
		return e.listen.Name
	case e.listen.Name != "":
		return fmt.Sprintf("%s:%d", e.listen.Name, e.port)
	case e.listen.Addr == netip.IPv4Unspecified():
		return fmt.Sprintf("*:%d", e.port)
	}
	return netip.AddrPortFrom(e.listen.Addr, e.port).String()
}
