package balance

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 0)

// servers reads "a=5 b c=2,backup d,down e,fails=0".
func servers(text string) []Server {
	var all []Server
	for field := range strings.FieldsSeq(text) {
		s := Server{Weight: 1, MaxFails: 1, FailTimeout: 10 * time.Second}
		for i, part := range strings.Split(field, ",") {
			name, value, _ := strings.Cut(part, "=")
			switch {
			case i == 0:
				s.Name, s.Address = name, name
				if value != "" {
					s.Weight = int(value[0] - '0')
				}
			case name == "backup":
				s.Backup = true
			case name == "down":
				s.Down = true
			case name == "fails":
				s.MaxFails = int(value[0] - '0')
			case name == "conns":
				s.MaxConns = int(value[0] - '0')
			}
		}
		all = append(all, s)
	}
	return all
}

// ask serves n requests one after the other and returns who took them.
func ask(g *Group, n int, key Key) string {
	var b strings.Builder
	for range n {
		p := g.Begin(key)
		peer := p.Next(start)
		if peer == nil {
			b.WriteString("-")
			continue
		}
		b.WriteString(peer.Address)
		p.Done(peer, Served, start)
	}
	return b.String()
}

// The order of smooth weighted round robin is the one that nginx's own commit message of it shows.
func TestRoundRobin(t *testing.T) {
	for _, c := range []struct{ servers, want string }{
		{"a b c", "abcabcabc"},
		{"a=5 b c", "aabacaaaabacaa"},
		{"a=2 b=2 c,backup", "ababab"},
		{"a,down b c", "bcbcbc"},
		{"a,down b,backup", "bbb"},
		{"a,down", "---"},
		{"a", "aaa"},
		{"a,down b,down", "---"},
	} {
		if got := ask(New(RoundRobin, servers(c.servers)), len(c.want), Key{}); got != c.want {
			t.Errorf("%s: %s, want %s", c.servers, got, c.want)
		}
	}
}

// A failed server is left out for fail_timeout, then tried once; success brings it back.
func TestFailures(t *testing.T) {
	g := New(RoundRobin, servers("a b"))
	p := g.Begin(Key{})
	a := p.Next(start)
	p.Done(a, Failed, start)
	if a.Address != "a" || p.Tries != 1 {
		t.Fatalf("%s, %d tries left", a.Address, p.Tries)
	}
	b := p.Next(start)
	p.Done(b, Served, start)
	if b.Address != "b" || p.Tries != 0 {
		t.Fatalf("%s, %d tries left", b.Address, p.Tries)
	}
	if got := ask(g, 4, Key{}); got != "bbbb" {
		t.Errorf("while a is out: %s", got)
	}
	later := start.Add(11 * time.Second)
	seen := ""
	for range 4 {
		p := g.Begin(Key{})
		peer := p.Next(later)
		seen += peer.Address
		p.Done(peer, Served, later)
	}
	if !strings.Contains(seen, "a") {
		t.Errorf("after fail_timeout: %s", seen)
	}
}

// One server alone is asked whatever failed, and not twice for one request.
func TestSingle(t *testing.T) {
	g := New(RoundRobin, servers("a"))
	for range 3 {
		p := g.Begin(Key{})
		peer := p.Next(start)
		if peer == nil {
			t.Fatal("no live upstream")
		}
		p.Done(peer, Failed, start)
		if p.Tries != 0 {
			t.Errorf("%d tries left", p.Tries)
		}
	}
}

// With all servers failed, the backup takes over; with that failed too, nobody is left.
func TestBackup(t *testing.T) {
	g := New(RoundRobin, servers("a b,backup"))
	p := g.Begin(Key{})
	got := ""
	for range 2 {
		peer := p.Next(start)
		got += peer.Address
		p.Done(peer, Failed, start)
	}
	if peer := p.Next(start); got != "ab" || peer != nil || p.Tries != 0 {
		t.Errorf("%s, then %v, %d tries", got, peer, p.Tries)
	}
	if got := ask(g, 2, Key{}); got != "--" {
		t.Errorf("all failed: %s", got)
	}
}

func TestMaxConns(t *testing.T) {
	g := New(RoundRobin, servers("a,conns=1 b,conns=1"))
	p, q, r := g.Begin(Key{}), g.Begin(Key{}), g.Begin(Key{})
	a, b := p.Next(start), q.Next(start)
	if a.Address != "a" || b.Address != "b" || r.Next(start) != nil {
		t.Errorf("%v %v", a, b)
	}
	q.Done(b, Served, start)
	if peer := r.Next(start); peer == nil || peer.Address != "b" {
		t.Errorf("after b is free: %v", peer)
	}
}

// least_conn counts tunnels that stay open.
func TestLeastConn(t *testing.T) {
	g := New(LeastConn, servers("a b c=2"))
	got := ""
	for range 8 {
		got += g.Begin(Key{}).Next(start).Address
	}
	if strings.Count(got, "c") != 4 || strings.Count(got, "a") != 2 {
		t.Errorf("%s", got)
	}
}

// Addresses of one /24 go to one server, as ip_hash says.
func TestIPHash(t *testing.T) {
	g := New(IPHash, servers("a b c"))
	seen := map[string]bool{}
	for i := range 40 {
		net := netip.AddrFrom4([4]byte{10, 0, byte(i), 1})
		same := netip.AddrFrom4([4]byte{10, 0, byte(i), 200})
		one, other := ask(g, 1, Key{Client: net}), ask(g, 1, Key{Client: same})
		if one != other {
			t.Errorf("%v to %s, %v to %s", net, one, same, other)
		}
		seen[one] = true
	}
	if len(seen) != 3 {
		t.Errorf("only %v are used", seen)
	}
}

// A hashed key keeps its server; without it, another takes over, and with consistent hashing only its keys move.
func TestHash(t *testing.T) {
	for _, m := range []Method{Hash, ConsistentHash} {
		full, less := New(m, servers("a:1 b:1 c:1 d:1")), New(m, servers("a:1 b:1 c:1 d:1,down"))
		moved, used := 0, map[string]bool{}
		for i := range 400 {
			key := Key{Text: "/path/" + strings.Repeat("x", i%17) + string(rune('a'+i%26))}
			one := ask(full, 1, key)
			if again := ask(full, 1, key); again != one {
				t.Fatalf("%v: %s, then %s", m, one, again)
			}
			used[one] = true
			if ask(less, 1, key) != one && one != "d:1" {
				moved++
			}
		}
		if len(used) != 4 || moved != 0 {
			t.Errorf("method %d: used %v, %d keys of others moved", m, used, moved)
		}
	}
}

// However requests end, no more peers are handed out than tries, and every connection is given back.
func FuzzPick(f *testing.F) {
	f.Add(uint8(0), uint16(0x1234), []byte{0, 1, 2, 0, 2, 2, 2})
	f.Add(uint8(3), uint16(0xffff), []byte{2, 2, 2, 2, 2, 2, 2, 2})
	f.Fuzz(func(t *testing.T, method uint8, shape uint16, ends []byte) {
		var all []Server
		for i := range 1 + int(shape&3) {
			bits := shape >> (2 + 3*i)
			all = append(all, Server{Name: string(rune('a' + i)), Weight: int(bits & 3), MaxFails: int(bits >> 1 & 1),
				Down: bits&7 == 5, Backup: bits&7 == 3, FailTimeout: time.Second})
		}
		g := New(Method(method%5), all)
		now := start
		for len(ends) > 0 {
			p := g.Begin(Key{Text: "k", Client: netip.AddrFrom4([4]byte{1, 2, 3, 4})})
			for tries := p.Tries; tries > 0 && len(ends) > 0; tries-- {
				peer := p.Next(now)
				if peer == nil {
					break
				}
				p.Done(peer, Verdict(ends[0]%3), now)
				now = now.Add(time.Duration(ends[0]) * 10 * time.Millisecond)
				ends = ends[1:]
			}
			if len(ends) > 0 {
				ends = ends[1:]
			}
		}
		for _, peer := range append(g.primary.peers, g.backup.peers...) {
			if peer.conns != 0 || peer.effective < 0 || peer.effective > peer.Weight {
				t.Errorf("%+v", peer)
			}
		}
	})
}
