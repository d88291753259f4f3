package balance

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// byAddress is ip_hash: the first three bytes of an IPv4 address, all of an IPv6 address.
//
// nginx: src/http/modules/ngx_http_upstream_ip_hash_module.c, ngx_http_upstream_get_ip_hash_peer.
func (p *Pick) byAddress(now int64) *Peer {
	address := make([]byte, 3) // that of a unix socket
	if client := p.key.Client.Unmap(); client.IsValid() {
		if address = client.AsSlice(); client.Is4() {
			address = address[:3]
		}
	}
	for p.attempts <= maxAttempts {
		for _, b := range address {
			p.hash = (p.hash*113 + uint32(b)) % 6271
		}
		if peer := p.weighed(p.hash); p.usable(peer, now) {
			peer.check(now)
			return peer
		}
		p.attempts++
	}
	return p.roundRobin(now)
}

// weighed returns the peer at a place in the line in which each stands as often as it weighs.
func (p *Pick) weighed(hash uint32) *Peer {
	w := int(hash % uint32(p.set.total))
	for _, peer := range p.set.peers {
		if w < peer.Weight {
			return peer
		}
		w -= peer.Weight
	}
	return p.set.peers[0] // not reached: the weights add up to total
}

// byKey is hash without consistent, as Cache::Memcached::Fast does it.
//
// nginx: src/http/modules/ngx_http_upstream_hash_module.c, ngx_http_upstream_get_hash_peer.
func (p *Pick) byKey(now int64) *Peer {
	if p.key.Text == "" {
		return p.roundRobin(now)
	}
	for p.attempts <= maxAttempts {
		text := p.key.Text
		if p.rehash > 0 {
			text = strconv.Itoa(p.rehash) + text
		}
		p.hash += crc32.ChecksumIEEE([]byte(text)) >> 16 & 0x7fff
		p.rehash++
		if peer := p.weighed(p.hash); p.usable(peer, now) {
			peer.check(now)
			return peer
		}
		p.attempts++
	}
	return p.roundRobin(now)
}

// point is a place of a server on the ring of consistent hashing.
type point struct {
	hash uint32
	name string
}

// pointsPerWeight is how many places a server has for each unit of its weight.
const pointsPerWeight = 160

// points returns the ring, compatible with Cache::Memcached's ketama.
//
// nginx: ngx_http_upstream_update_chash, ngx_http_upstream_init_chash.
func points(peers []*Peer) []point {
	var ring []point
	for _, peer := range peers {
		host, port := split(peer.Name)
		base := crc32.ChecksumIEEE([]byte(host + "\x00" + port))
		var previous [4]byte
		for range peer.Weight * pointsPerWeight {
			hash := crc32.Update(base, crc32.IEEETable, previous[:])
			ring = append(ring, point{hash, peer.Name})
			binary.LittleEndian.PutUint32(previous[:], hash)
		}
	}
	slices.SortStableFunc(ring, func(a, b point) int {
		switch {
		case a.hash < b.hash:
			return -1
		case a.hash > b.hash:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(ring, func(a, b point) bool { return a.hash == b.hash })
}

// split parts a server's name into host and port as consistent hashing sees them.
func split(name string) (host, port string) {
	if len(name) >= 5 && strings.EqualFold(name[:5], "unix:") {
		return name[5:], ""
	}
	for i := len(name) - 1; i >= 0; i-- {
		switch c := name[i]; {
		case c == ':':
			return name[:i], name[i+1:]
		case c < '0' || c > '9':
			return name, ""
		}
	}
	return name, ""
}

// find returns the index of the first point at or behind a key's place.
func (s *set) find(key string) uint32 {
	hash := crc32.ChecksumIEEE([]byte(key))
	return uint32(sort.Search(len(s.points), func(i int) bool { return s.points[i].hash >= hash }))
}

// byPoint is hash with consistent.
//
// nginx: ngx_http_upstream_get_chash_peer.
func (p *Pick) byPoint(now int64) *Peer {
	if p.key.Text == "" || len(p.set.points) == 0 {
		return p.roundRobin(now)
	}
	for p.attempts <= maxAttempts {
		name := p.set.points[p.hash%uint32(len(p.set.points))].name
		if peer := p.smooth(now, func(peer *Peer) bool { return peer.Name == name }); peer != nil {
			peer.check(now)
			return peer
		}
		p.hash++
		p.attempts++
	}
	return p.roundRobin(now)
}
