package refproxy

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// bind is one address that a configuration listens on, and where that is.
type bind struct {
	configured string         // "0.0.0.0:80", "[::]:80", "unix:/path"
	local      netip.AddrPort // the address that requests count as having come to, where it is not a wildcard
	wildcard   bool
	port       uint16
	address    string // what is listened on: "127.0.0.1:80", "unix:/path"
	tls        bool
	protocol   bool                // the PROXY protocol is expected, which is not supported
	servers    []*config.Directive // in order, the default server first

	limits atomic.Pointer[route.Limits] // of heads
}

// limitsOf returns what heads over a connection to the address may be.
func (b *bind) limitsOf(c *conn) *route.Limits {
	if l := b.limits.Load(); l != nil {
		return l
	}
	l := c.gen.eval.Limits(c.peers, c.gen.version)
	b.limits.Store(&l)
	return &l
}

// listener is a socket that listens.
type listener struct {
	socket net.Listener
	bind   *bind
	path   string // of a unix socket
}

// close ends the listener.
func (l *listener) close() {
	_ = l.socket.Close() // it was listening: nothing is lost
}

// plan finds what a configuration listens on, moves it to loopback addresses and says so.
func (p *Proxy) plan(g *generation) []*bind {
	var all []*bind
	byName := map[string]*bind{}
	for _, server := range g.config.Servers() {
		for _, l := range g.eval.Table().Listens(server) {
			if l.QUIC {
				continue
			}
			for port := int(l.Port); port <= int(l.LastPort) && len(all) < maxBinds; port++ {
				b := newBind(l, uint16(port))
				if known := byName[b.configured]; known != nil {
					b = known
				} else {
					byName[b.configured] = b
					all = append(all, b)
				}
				b.tls, b.protocol = b.tls || l.TLS, b.protocol || l.ProxyProtocol
				b.servers = append(b.servers, server)
				if l.Default {
					b.servers[0], b.servers[len(b.servers)-1] = b.servers[len(b.servers)-1], b.servers[0]
				}
			}
		}
	}
	return p.place(all)
}

// maxBinds is how many sockets one configuration may open: ranges of ports add up.
const maxBinds = 1024

// newBind names an address of a listen directive.
func newBind(l vars.Listen, port uint16) *bind {
	b := &bind{port: port, configured: l.Name}
	switch {
	case strings.HasPrefix(l.Name, "unix:"):
		return b
	case l.Name != "":
		b.configured = net.JoinHostPort(l.Name, strconv.Itoa(int(port)))
		b.wildcard = true
		return b
	}
	b.local = netip.AddrPortFrom(l.Addr, port)
	b.wildcard = l.Addr.IsUnspecified()
	b.configured = b.local.String()
	return b
}

// place decides where each bind listens, and leaves out what has no place.
func (p *Proxy) place(all []*bind) []*bind {
	taken := map[string]*bind{}
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b *bind) int { return cmp.Compare(rank(a), rank(b)) })
	for _, b := range order {
		for _, address := range p.places(b) {
			if taken[address] == nil {
				taken[address], b.address = b, address
				break
			}
		}
		switch {
		case b.address == "" && b.wildcard && sharesPort(all, b):
		case b.address == "":
			p.say("%s is not listened on: its place on a loopback address is taken", b.configured)
		case b.protocol:
			p.say("`listen %s ... proxy_protocol` is not supported: requests that come there are answered 501", b.configured)
		case b.address != b.configured && p.options.MapListen[b.configured] == "":
			p.say("%s is moved to %s", b.configured, b.address)
		}
	}
	return slices.DeleteFunc(all, func(b *bind) bool { return b.address == "" })
}

// sharesPort reports whether another wildcard address has the port, as [::]:80 beside 0.0.0.0:80, so that who connects to
// a loopback address gets to the same servers.
func sharesPort(all []*bind, b *bind) bool {
	return slices.ContainsFunc(all, func(o *bind) bool { return o != b && o.wildcard && o.port == b.port && o.address != "" })
}

// rank has loopback addresses choose first, then IPv4.
func rank(b *bind) int {
	switch {
	case loopback(b.configured):
		return 0
	case strings.HasPrefix(b.configured, "["):
		return 2
	}
	return 1
}

// places returns where a bind may listen, the best first.
func (p *Proxy) places(b *bind) []string {
	port := strconv.Itoa(int(b.port))
	for _, name := range []string{b.configured, port, "*:" + port} {
		if to := p.options.MapListen[name]; to != "" && (name == b.configured || b.wildcard) {
			return []string{to}
		}
	}
	if p.options.ListenAny || loopback(b.configured) {
		return []string{b.configured}
	}
	moved := []string{"127.0.0.1:" + port}
	if strings.HasPrefix(b.configured, "[") {
		moved = append(moved, "[::1]:"+port)
	}
	return moved
}

// listen opens the sockets of a generation that are not open yet. Where one can't be opened, none is.
func (p *Proxy) listen(g *generation) (fresh []*listener, err error) {
	p.mu.Lock()
	open := map[string]bool{}
	for address := range p.listeners {
		open[address] = true
	}
	p.mu.Unlock()
	for _, b := range g.binds {
		if open[b.address] {
			continue
		}
		l, err := p.open(b)
		if err != nil {
			for _, l := range fresh {
				l.close()
			}
			return nil, fmt.Errorf("cannot listen on %s for `listen %s`: %w", b.address, b.configured, err)
		}
		fresh = append(fresh, l)
	}
	return fresh, nil
}

// open opens one socket. A unix socket that nobody listens on any more is replaced.
func (p *Proxy) open(b *bind) (*listener, error) {
	path, unix := strings.CutPrefix(b.address, "unix:")
	if !unix {
		socket, err := p.network.Listen("tcp", b.address)
		return &listener{socket: socket, bind: b}, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if conn, err := net.Dial("unix", path); err == nil {
			return nil, errors.Join(errors.New("somebody listens there"), conn.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	socket, err := p.network.Listen("unix", path)
	return &listener{socket: socket, bind: b, path: path}, err
}

// adopt makes the listeners those of a generation, and returns those that are not needed any more. The proxy is locked.
func (p *Proxy) adopt(fresh []*listener, g *generation) (gone []*listener) {
	wanted := map[string]*bind{}
	for _, b := range g.binds {
		wanted[b.address] = b
	}
	for address, l := range p.listeners {
		if b := wanted[address]; b != nil {
			l.bind = b
			continue
		}
		gone = append(gone, l)
		delete(p.listeners, address)
	}
	for _, l := range fresh {
		p.listeners[l.bind.address] = l
		p.serving.Add(1)
		go p.accept(l)
	}
	return gone
}

func sortListeners(all []Listener) {
	slices.SortFunc(all, func(a, b Listener) int { return cmp.Compare(a.Configured, b.Configured) })
}
