package refproxy

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ngxproof/ngxproof/pkg/balance"
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// upstreamKey is what tells upstreams apart.
type upstreamKey struct {
	block   *config.Directive // nil for an address
	address string
}

// upstream is a group of servers with the connections to them that are kept.
type upstream struct {
	group *balance.Group
	hash  *vars.Expr // of the hash method
	keep  keeping
	lacks string // a directive of the block that is not supported; "" for none

	mu     sync.Mutex
	idle   []*upConn // the one used last comes last
	closed bool
}

// keeping says how connections are kept.
//
// nginx: src/http/modules/ngx_http_upstream_keepalive_module.c.
type keeping struct {
	most, requests int
	idle, age      time.Duration
	local          bool // for one location each
}

// upstream returns the upstream that a request is sent to.
func (g *generation) upstream(up *eval.Upstream) *upstream {
	key := upstreamKey{block: up.Block}
	if up.Block == nil {
		key.address = addressIn(up)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	u := g.upstreams[key]
	if u == nil {
		u = g.newUpstream(up, key)
		if len(g.upstreams) < maxUpstreams {
			g.upstreams[key] = u
		}
	}
	return u
}

// maxUpstreams bounds what is remembered of addresses that variables name.
const maxUpstreams = 4096

// addressIn returns the address of an upstream that is no block.
func addressIn(up *eval.Upstream) string {
	if up.Socket != "" {
		return "unix:" + up.Socket
	}
	return hostOf(up) + ":" + up.Port
}

// hostOf returns the host of a proxy_pass URL, without its port.
func hostOf(up *eval.Upstream) string {
	host, _ := strings.CutSuffix(up.Host.Text, ":"+up.Port)
	return host
}

// newUpstream reads an upstream block, or makes one of an address.
func (g *generation) newUpstream(up *eval.Upstream, key upstreamKey) *upstream {
	u := &upstream{}
	if key.block == nil {
		var servers []balance.Server
		for _, address := range addresses(key.address) {
			servers = append(servers, balance.Server{Name: key.address, Address: address, MaxFails: 1, FailTimeout: defaultFailTimeout})
		}
		u.group = balance.New(balance.RoundRobin, servers)
		return u
	}
	var servers []balance.Server
	method := balance.RoundRobin
	for _, d := range key.block.Children {
		if g.unsupported[d.Name()] {
			u.lacks = d.Name()
		}
		switch d.Name() {
		case "server":
			servers = append(servers, serversOf(d)...)
		case "ip_hash":
			method = balance.IPHash
		case "least_conn":
			method = balance.LeastConn
		case "hash":
			u.hash = g.eval.Table().Expr(d.Arg(1))
			if method = balance.Hash; d.Arg(2) == "consistent" {
				method = balance.ConsistentHash
			}
		}
	}
	u.group = balance.New(method, servers)
	if up.Keepalive {
		u.keep = g.keepingOf(key.block)
	}
	return u
}

const defaultFailTimeout = 10 * time.Second

// serversOf reads one server directive: a server for each address of its name.
func serversOf(d *config.Directive) []balance.Server {
	s := balance.Server{Name: d.Arg(1), Weight: 1, MaxFails: 1, FailTimeout: defaultFailTimeout}
	for _, w := range d.Args()[1:] {
		name, value, _ := strings.Cut(w.Value, "=")
		n, _ := strconv.Atoi(value) // what nginx refuses is 0
		switch name {
		case "weight":
			s.Weight = n
		case "max_fails":
			s.MaxFails = n
		case "max_conns":
			s.MaxConns = n
		case "fail_timeout":
			s.FailTimeout, _ = eval.ParseTime(value)
		case "down":
			s.Down = true
		case "backup":
			s.Backup = true
		}
	}
	var all []balance.Server
	for _, address := range addresses(withPort(d.Arg(1))) {
		one := s
		one.Address = address
		all = append(all, one)
	}
	return all
}

// withPort completes a server's name with the port that it leaves out.
func withPort(name string) string {
	if strings.HasPrefix(name, "unix:") {
		return name
	}
	if _, _, err := net.SplitHostPort(name); err == nil {
		return name
	}
	return name + ":80"
}

// addresses returns what a name stands for. Names other than localhost are resolved when they are dialled.
func addresses(name string) []string {
	if port, ok := strings.CutPrefix(strings.ToLower(name), "localhost:"); ok {
		return []string{"127.0.0.1:" + port, "[::1]:" + port}
	}
	return []string{name}
}

// keepingOf reads keepalive and its like in an upstream block.
func (g *generation) keepingOf(block *config.Directive) keeping {
	k := keeping{most: 32, local: true, requests: 1000, idle: time.Minute, age: time.Hour}
	if g.version.Before(catalog.Version{Major: 1, Minor: 19, Patch: 10}) {
		k.requests = 100
	}
	for _, d := range block.Children {
		switch d.Name() {
		case "keepalive":
			k.most, _ = strconv.Atoi(d.Arg(1)) // what nginx refuses is 0
			k.local = d.Arg(2) == "local"
		case "keepalive_requests":
			k.requests, _ = strconv.Atoi(d.Arg(1)) // as above
		case "keepalive_timeout":
			k.idle, _ = eval.ParseTime(d.Arg(1))
		case "keepalive_time":
			k.age, _ = eval.ParseTime(d.Arg(1))
		}
	}
	return k
}

// begin returns the choice of servers for a request.
func (u *upstream) begin(r *request, run func(*vars.Expr) vars.Value) *balance.Pick {
	key := balance.Key{Client: r.c.peers.Remote.Addr()}
	if u.hash != nil {
		key.Text = run(u.hash).Text
	}
	return u.group.Begin(key)
}

// upConn is a connection to a server of an upstream.
type upConn struct {
	raw, net net.Conn
	address  string
	tag      *config.Directive // the location that it was made for
	in       []byte            // what was read and not used yet; its capacity is proxy_buffer_size
	reads    alarm
	writes   alarm
	requests int
	started  time.Time
	once     sync.Once

	watched chan struct{} // while it is idle: closed when the read behind it ends
	broken  bool          // the read brought something, or the end
	expires Timer
}

// connect returns a connection to a server: a kept one, else a new one.
func (u *upstream) connect(ctx context.Context, p *Proxy, f *forward, address string) (c *upConn, reused bool, err error) {
	if c := u.take(address, f.tag); c != nil {
		return c, true, nil
	}
	raw, err := p.dial(ctx, address, f.up.Timers.Connect.After)
	if err != nil {
		return nil, false, err
	}
	c = &upConn{raw: raw, net: raw, address: address, tag: f.tag, started: p.clock.Now()}
	c.reads.clock, c.reads.deadline = p.clock, raw.SetReadDeadline
	c.writes.clock, c.writes.deadline = p.clock, raw.SetWriteDeadline
	if f.up.Scheme.Text == "https" {
		if err := c.encrypt(ctx, f); err != nil {
			c.close()
			return nil, false, err
		}
	}
	return c, false, nil
}

// take returns a kept connection to an address, nil for none.
func (u *upstream) take(address string, tag *config.Directive) *upConn {
	for {
		c := u.pop(address, tag)
		if c == nil || c.wake() {
			return c
		}
		c.close()
	}
}

// pop takes the connection that was used last off the list.
func (u *upstream) pop(address string, tag *config.Directive) *upConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := len(u.idle) - 1; i >= 0; i-- {
		if c := u.idle[i]; c.address == address && (!u.keep.local || c.tag == tag) {
			u.idle = append(u.idle[:i], u.idle[i+1:]...)
			return c
		}
	}
	return nil
}

// give keeps a connection whose response was read to its end, or closes it.
func (u *upstream) give(p *Proxy, c *upConn, keep bool) {
	u.mu.Lock()
	old := p.clock.Now().Sub(c.started) > u.keep.age
	if !keep || u.closed || u.keep.most == 0 || c.requests >= u.keep.requests || old || len(c.in) > 0 {
		u.mu.Unlock()
		c.close()
		return
	}
	var evicted *upConn
	if len(u.idle) >= u.keep.most {
		evicted, u.idle = u.idle[0], u.idle[1:]
	}
	u.idle = append(u.idle, c)
	c.sleep(u, p)
	u.mu.Unlock()
	if evicted != nil {
		evicted.close()
	}
}

// close closes the kept connections, and keeps none from now on.
func (u *upstream) close() {
	u.mu.Lock()
	all := u.idle
	u.idle, u.closed = nil, true
	u.mu.Unlock()
	for _, c := range all {
		c.close()
	}
}

// drop closes an idle connection, if it still is one.
func (u *upstream) drop(c *upConn) {
	u.mu.Lock()
	for i := range u.idle {
		if u.idle[i] == c {
			u.idle = append(u.idle[:i], u.idle[i+1:]...)
			u.mu.Unlock()
			c.close()
			return
		}
	}
	u.mu.Unlock()
}

// sleep watches an idle connection: the server may close it, and keepalive_timeout does. The upstream is locked.
func (c *upConn) sleep(u *upstream, p *Proxy) {
	c.in = nil
	done := make(chan struct{})
	c.watched = done
	p.serving.Add(1)
	go func() {
		defer p.serving.Done()
		var b [1]byte
		_, err := c.net.Read(b[:])
		broken := err == nil || !isTimeout(err)
		c.broken = broken
		close(done) // from here on the connection may be somebody else's
		if broken {
			u.drop(c)
		}
	}()
	c.expires = p.clock.AfterFunc(u.keep.idle, func() { u.drop(c) })
}

// wake ends the watch and reports whether the connection is still good.
func (c *upConn) wake() bool {
	c.expires.Stop()
	select {
	case <-c.watched:
	default:
		_ = c.raw.SetReadDeadline(past) // on a closed connection the read ends anyway
		<-c.watched
		_ = c.raw.SetReadDeadline(time.Time{}) // as above
	}
	// A deadline ends the read even where the server's end has come and the watch was not run since: nginx takes events in
	// the order in which they come, so it would know. What waits on an encrypted connection may be a session ticket.
	return !c.broken && (c.net != c.raw || !readable(c.raw))
}

// close ends the connection; it may be called again, and from other goroutines.
func (c *upConn) close() {
	c.once.Do(func() {
		c.reads.kill()
		c.writes.kill()
		if c.expires != nil {
			c.expires.Stop()
		}
		_ = c.net.Close() // whoever still uses it sees that
	})
}

// write sends bytes; none of them may block longer than limit.
func (c *upConn) write(b []byte, limit time.Duration) error {
	c.writes.set(limit)
	_, err := c.net.Write(b)
	if c.writes.off() && err != nil {
		return errTimedOut
	}
	return err
}
