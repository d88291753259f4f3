package vars

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// Listen is one address that a server listens on, as its listen directive says.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_listen; src/core/ngx_inet.c, ngx_parse_url.
type Listen struct {
	// By is the directive; nil for the port that a server without one gets.
	By *config.Directive
	// Addr is the address: 0.0.0.0 or :: for all. It is not valid for a unix socket and a host name.
	Addr netip.Addr
	// Name is the unix socket ("unix:/path") or host name; "" where Addr is valid.
	Name string
	// Port and LastPort are the ports, both included; 0 for a unix socket.
	Port, LastPort uint16
	// Default marks default_server.
	Default bool
	// TLS marks ssl, and quic.
	TLS bool
	// ProxyProtocol marks proxy_protocol.
	ProxyProtocol bool
	// QUIC marks quic: no TCP connection comes here.
	QUIC bool
	// DualStack marks an IPv6 address that takes IPv4 connections too: ipv6only=off.
	DualStack bool
}

// Listens returns what a server block listens on.
func (t *Table) Listens(server *config.Directive) []Listen {
	t.mu.RLock()
	all, ok := t.listens[server]
	t.mu.RUnlock()
	if ok {
		return all
	}
	for _, d := range server.Own("listen") {
		if l, ok := parseListen(d); ok {
			all = append(all, l)
		}
	}
	if server.Doubtful("listen") {
		all = nil
	}
	if len(all) == 0 && !server.Hidden("listen") {
		all = []Listen{{Addr: netip.IPv4Unspecified(), Port: 80, LastPort: 80}}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listens[server] = all
	return all
}

// parseListen reads a listen directive; ok is false where nginx would refuse it.
func parseListen(d *config.Directive) (l Listen, ok bool) {
	l.By = d
	ok = l.place(d.Arg(1))
	for i := 2; i < len(d.Words); i++ {
		switch d.Arg(i) {
		case "default_server", "default":
			l.Default = true
		case "ssl":
			l.TLS = true
		case "proxy_protocol":
			l.ProxyProtocol = true
		case "quic":
			l.QUIC, l.TLS = true, true
		case "ipv6only=off":
			l.DualStack = true
		}
	}
	return l, ok
}

// place reads the address and port.
func (l *Listen) place(text string) bool {
	if strings.HasPrefix(text, "unix:") {
		l.Name = text
		return true
	}
	l.Addr = netip.IPv4Unspecified()
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return false
		}
		addr, err := netip.ParseAddr(text[1:end])
		l.Addr = addr
		return err == nil && l.port(strings.TrimPrefix(text[end+1:], ":"))
	}
	host, port, both := strings.Cut(text, ":")
	if !both && l.port(host) {
		return true // a port alone
	}
	if host != "*" && host != "" {
		addr, err := netip.ParseAddr(host)
		l.Addr = addr
		if err != nil {
			l.Addr, l.Name = netip.Addr{}, lower(host)
		}
	}
	return l.port(port)
}

// port reads "80", "8000-8010", or "" for 80.
func (l *Listen) port(text string) bool {
	if text == "" {
		l.Port, l.LastPort = 80, 80
		return true
	}
	from, to, span := strings.Cut(text, "-")
	if !span {
		to = from
	}
	first, err1 := strconv.ParseUint(from, 10, 16)
	last, err2 := strconv.ParseUint(to, 10, 16)
	l.Port, l.LastPort = uint16(first), uint16(last)
	return err1 == nil && err2 == nil && first > 0 && first <= last
}

// endpoint is what can be told apart of the connections that a server takes.
type endpoint struct {
	port uint16
	tls  bool
}

// endpoint returns the port and encryption of the run's connection. Where the request does not say where it came in, the
// World chooses among those of the server; ok is false where none is known.
func (r *Run) endpoint() (e endpoint, ok bool) {
	if local := r.Request.Local; local.IsValid() {
		return endpoint{local.Port(), r.Request.TLS}, true
	}
	if r.Server == nil {
		return endpoint{}, false
	}
	var all []endpoint
	for _, l := range r.Table.Listens(r.Server) {
		e := endpoint{l.Port, l.TLS}
		if !l.QUIC && (r.Listener == nil || r.Listener == l.By) && !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	if len(all) == 0 || len(all) > maxChoices {
		return endpoint{}, false
	}
	return all[r.World.Choose(Question("listen", r.Server, ""), len(all))], true
}

// Endpoint returns the port that the run's connection came to and whether it is encrypted; the World chooses where the
// request does not say. ok is false where no port is known.
func (r *Run) Endpoint() (port uint16, tls, ok bool) {
	e, ok := r.endpoint()
	if !ok {
		return 0, r.scheme() == "https", false
	}
	return e.port, e.tls, true
}

// scheme returns "http" or "https" as the run's connection is; the World chooses where nothing says.
func (r *Run) scheme() string {
	e, ok := r.endpoint()
	if !ok {
		e.tls = r.Request.TLS || r.World.Choose("scheme", 2) == 1
	}
	if e.tls {
		return "https"
	}
	return "http"
}
