// Package balance answers: which peer of an upstream takes this request?
//
// It chooses as nginx's balancers do: smooth weighted round robin, ip_hash, hash (consistent too) and least_conn, with
// backup servers and the marks of failed ones. It is pure: the time is given, nothing is dialled, and all state is in
// the Group.
//
// nginx: src/http/ngx_http_upstream_round_robin.c and src/http/modules/ngx_http_upstream_{ip_hash,hash,least_conn}_module.c.
package balance

import (
	"net/netip"
	"sync"
	"time"
)

// Method is how a Group chooses.
type Method uint8

// The methods.
const (
	RoundRobin Method = iota
	IPHash
	Hash
	ConsistentHash
	LeastConn
)

// Server is one address of an upstream.
type Server struct {
	// Name is the argument of its server directive, which consistent hashing places it by.
	Name string
	// Address is what is dialled: "127.0.0.1:80", or "unix:" and a path.
	Address string
	// Weight, MaxFails and MaxConns are the parameters; MaxFails 0 never gives up a server, MaxConns 0 is no limit.
	Weight, MaxFails, MaxConns int
	// FailTimeout is fail_timeout; whole seconds count.
	FailTimeout time.Duration
	// Down and Backup are the parameters of those names.
	Down, Backup bool
}

// Peer is a server of a Group with what the Group knows of it.
type Peer struct {
	Server
	set *set

	conns, fails       int
	current, effective int
	accessed, checked  int64 // seconds
}

// Group are the servers of one upstream. It is safe for concurrent use.
type Group struct {
	method Method
	mu     sync.Mutex
	// primary and backup are the two sets; backup may be empty, and is chosen from by round robin (or least_conn).
	primary, backup set
}

// set is the servers that are chosen from together.
type set struct {
	peers  []*Peer
	total  int  // weights
	tries  int  // peers that are not down
	single bool // one peer and no other set: it is taken whatever failed
	points []point
}

// New returns a group of these servers, in their order.
func New(method Method, servers []Server) *Group {
	g := &Group{method: method}
	for _, s := range servers {
		to := &g.primary
		if s.Backup {
			to = &g.backup
		}
		to.add(s)
	}
	g.primary.single = len(g.primary.peers) == 1 && len(g.backup.peers) == 0
	if method == ConsistentHash {
		g.primary.points = points(g.primary.peers)
	}
	return g
}

func (s *set) add(server Server) {
	if server.Weight <= 0 {
		server.Weight = 1
	}
	s.peers = append(s.peers, &Peer{Server: server, set: s, effective: server.Weight})
	s.total += server.Weight
	if !server.Down {
		s.tries++
	}
}

// Key is what a request is chosen by.
type Key struct {
	// Client is the client's address, for ip_hash.
	Client netip.Addr
	// Text is the value of hash's expression.
	Text string
}

// Pick is the choice for one request, which may take several tries. It belongs to one goroutine.
type Pick struct {
	// Tries is how many more peers may be asked. proxy_next_upstream_tries lowers it.
	Tries int

	group    *Group
	set      *set
	tried    map[*Peer]bool
	hash     uint32
	rehash   int
	attempts int // of a hashing method; beyond maxAttempts it is round robin
	key      Key
}

// maxAttempts is how often a hashing method hashes again before it is round robin.
const maxAttempts = 20

// Begin returns the choice for a request.
func (g *Group) Begin(key Key) *Pick {
	p := &Pick{group: g, set: &g.primary, key: key, Tries: g.primary.tries + g.backup.tries}
	switch g.method {
	case IPHash:
		p.hash = 89
	case ConsistentHash:
		p.hash = g.primary.find(key.Text)
	}
	return p
}

// Next returns the peer to ask now; nil where there is no live one.
//
// nginx: ngx_http_upstream_get_round_robin_peer and its like.
func (p *Pick) Next(now time.Time) *Peer {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	at := now.Unix()
	peer := p.choose(at)
	if peer == nil && p.set == &p.group.primary && len(p.group.backup.peers) > 0 {
		p.set, p.tried = &p.group.backup, nil
		if peer = p.fallback(at); peer == nil {
			p.set = &p.group.primary
		}
	}
	if peer == nil {
		return nil
	}
	peer.conns++
	if !p.set.single {
		if p.tried == nil {
			p.tried = map[*Peer]bool{}
		}
		p.tried[peer] = true
	}
	return peer
}

// choose asks the group's method.
func (p *Pick) choose(now int64) *Peer {
	if p.set.single {
		return p.alone()
	}
	if p.set == &p.group.backup || len(p.set.peers) == 0 {
		return p.fallback(now)
	}
	switch p.group.method {
	case IPHash:
		return p.byAddress(now)
	case Hash:
		return p.byKey(now)
	case ConsistentHash:
		return p.byPoint(now)
	case LeastConn:
		return p.leastConn(now)
	default:
		return p.roundRobin(now)
	}
}

// fallback chooses from the backup set.
func (p *Pick) fallback(now int64) *Peer {
	if p.group.method == LeastConn {
		return p.leastConn(now)
	}
	return p.roundRobin(now)
}

// alone returns the only peer there is.
func (p *Pick) alone() *Peer {
	peer := p.set.peers[0]
	if peer.Down || peer.MaxConns > 0 && peer.conns >= peer.MaxConns {
		return nil
	}
	return peer
}

// usable reports whether a peer may be asked now.
func (p *Pick) usable(peer *Peer, now int64) bool {
	switch {
	case p.tried[peer], peer.Down:
		return false
	case peer.MaxFails > 0 && peer.fails >= peer.MaxFails && now-peer.checked <= seconds(peer.FailTimeout):
		return false
	}
	return peer.MaxConns == 0 || peer.conns < peer.MaxConns
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// check notes that a peer that had failed is tried again.
func (peer *Peer) check(now int64) {
	if now-peer.checked > seconds(peer.FailTimeout) {
		peer.checked = now
	}
}

// roundRobin is the smooth weighted round robin.
//
// nginx: ngx_http_upstream_get_peer.
func (p *Pick) roundRobin(now int64) *Peer {
	best := p.smooth(now, func(*Peer) bool { return true })
	if best != nil {
		best.check(now)
	}
	return best
}

// smooth is one turn of the round robin among the usable peers that fit.
func (p *Pick) smooth(now int64, fits func(*Peer) bool) *Peer {
	var best *Peer
	total := 0
	for _, peer := range p.set.peers {
		if !p.usable(peer, now) || !fits(peer) {
			continue
		}
		peer.current += peer.effective
		total += peer.effective
		if peer.effective < peer.Weight {
			peer.effective++
		}
		if best == nil || peer.current > best.current {
			best = peer
		}
	}
	if best != nil {
		best.current -= total
	}
	return best
}

// leastConn takes the peer with the fewest connections for its weight; among equals it is round robin.
//
// nginx: src/http/modules/ngx_http_upstream_least_conn_module.c, ngx_http_upstream_get_least_conn_peer.
func (p *Pick) leastConn(now int64) *Peer {
	var best *Peer
	many := false
	for _, peer := range p.set.peers {
		if !p.usable(peer, now) {
			continue
		}
		switch {
		case best == nil || peer.conns*best.Weight < best.conns*peer.Weight:
			best, many = peer, false
		case peer.conns*best.Weight == best.conns*peer.Weight:
			many = true
		}
	}
	if many {
		least := best
		best = p.smooth(now, func(peer *Peer) bool { return peer.conns*least.Weight == least.conns*peer.Weight })
	}
	if best != nil {
		best.check(now)
	}
	return best
}

// Verdict is how asking a peer ended.
type Verdict uint8

// The verdicts.
const (
	// Served: it answered.
	Served Verdict = iota
	// Passed: another is asked though it did not fail (403 and 404 of proxy_next_upstream).
	Passed
	// Failed: it counts as a failure.
	Failed
)

// Done takes a peer that Next returned back, however it ended. It must be called once for each.
//
// nginx: ngx_http_upstream_free_round_robin_peer.
func (p *Pick) Done(peer *Peer, v Verdict, now time.Time) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	peer.conns--
	if peer.set.single {
		p.Tries = 0
		return
	}
	at := now.Unix()
	switch {
	case v == Failed:
		peer.fail(at)
	case peer.accessed < peer.checked:
		peer.fails = 0
	}
	if p.Tries > 0 {
		p.Tries--
	}
}

// fail counts a failure.
func (peer *Peer) fail(now int64) {
	peer.fails++
	peer.accessed, peer.checked = now, now
	if peer.MaxFails > 0 {
		peer.effective = max(0, peer.effective-peer.Weight/peer.MaxFails)
	}
}
