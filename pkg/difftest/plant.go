package difftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fault is one way to break a WebSocket location.
type Fault struct {
	Name string
	Rule string // the code of the rule that is to find it
	// Spares says that a server of that version is not broken by it; nil: every one is.
	Spares  func(version string) bool
	pick    Pick            // what the builder is told instead
	refused bool            // by most servers
	lines   []string        // what the location gets besides
	edit    func(c *Case)   // what is done to the finished case
	levels  map[string]bool // the levels of headers at which it works; nil: all
}

// Planted is a case whose marked location works but for the faults in it. Its requests are a handshake by each of
// Chrome, Firefox and MixedCase, then plain ones; the backend is strict.
type Planted struct {
	*Case
	Faults []Fault
}

// Handshakes is how many of a planted case's requests are handshakes: the first ones.
const Handshakes = 3

// clientKey is the key that every planted handshake carries.
const clientKey = "dGhlIHNhbXBsZSBub25jZQ=="

// Works says whether each of the handshakes got what a browser would take for a WebSocket.
func (p Planted) Works(r Result) bool {
	if !r.Accepted || len(r.Observations) < Handshakes {
		return false
	}
	for i := range Handshakes {
		if !r.Observations[i].ValidHandshake(clientKey) {
			return false
		}
	}
	return true
}

// Breaks says whether a server of that version must fail for one of the faults.
func (p Planted) Breaks(version string) bool {
	return slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Spares == nil || !f.Spares(version) })
}

// Planted makes n cases, a quarter without a fault, half with one, the rest with two. Each fault has its turn.
func (g *Generator) Planted(n int) []Planted {
	faults := Faults()
	var out []Planted
	turn := 0
	for i := range n {
		var chosen []Fault
		if i%4 > 0 {
			chosen = append(chosen, faults[turn%len(faults)])
			turn++
		}
		if i%4 == 3 {
			chosen = append(chosen, g.second(faults, chosen[0]))
		}
		out = append(out, g.Plant(chosen...))
	}
	return out
}

// second picks another fault, one that does not undo the first.
func (g *Generator) second(faults []Fault, first Fault) Fault {
	for {
		second := faults[g.rng.IntN(len(faults))]
		if second.Name != first.Name && !second.touches(first) {
			return second
		}
	}
}

// touches says whether two faults change the same part of a configuration.
func (f Fault) touches(other Fault) bool {
	for part := range f.pick {
		if _, both := other.pick[part]; both {
			return true
		}
	}
	return f.Rule == other.Rule && (f.edit != nil && other.edit != nil || f.lines != nil && other.lines != nil)
}

// Plant makes one working case and puts the faults into it.
func (g *Generator) Plant(faults ...Fault) Planted {
	g.next++
	id := fmt.Sprintf("c%d", g.next)
	p := g.sound(faults)
	for _, f := range faults {
		maps.Copy(p, f.pick)
	}
	c := build(id, p, g.rng)
	target := marked(c)
	target.Comment = "ngxproof:websocket"
	for _, f := range faults {
		target.Block = append(target.Block, simples(f.lines)...)
		c.Alone = c.Alone || f.refused
		if f.edit != nil {
			f.edit(c)
		}
	}
	c.Requests = plantedRequests(p)
	return Planted{Case: c, Faults: faults}
}

// marked is the location under test: the innermost one with a proxy_pass.
func marked(c *Case) *Directive {
	var found *Directive
	walk(c.Servers, func(d *Directive) {
		if d.Name() == "location" && slices.ContainsFunc(d.Block, func(in *Directive) bool { return in.Name() == "proxy_pass" }) {
			found = d
		}
	})
	return found
}

// unsound are the values with which a location does not work for all clients, is refused by some server, or rests on
// what later rules judge. A Host that is empty breaks a strict backend, but no rule of level error is about it.
var unsound = map[*Dimension][]string{
	dimVersion:    {"absent", "1.0", "2"},
	dimUpgrade:    {"absent", "empty", "twice", "no $", "colon", "misspelt"},
	dimConnection: {"absent", "empty", "close", "keep-alive", "twice"},
	dimMap:        {"~", "value text", "set override", "regex order", "two definitions"},
	dimLevel:      {"if"},
	dimOwn:        {"yes"},
	dimHost:       {"empty", "twice"},
	dimOther:      {"Sec-WebSocket-Key empty", "no request headers", "method", "set body"},
	dimPass:       {"variable, fixed URI", "capture"},
	dimKeepalive:  {"0"},
	dimHide:       {"Upgrade", "Accept", "several"},
	dimAdd:        {"Upgrade"},
}

// sound picks a configuration that works and suits the faults.
func (g *Generator) sound(faults []Fault) Pick {
	for {
		p := g.possible(configDimensions, nil)
		p[dimRefusal.Name] = "no"
		for d, values := range unsound {
			for among(values, p[d.Name]) {
				p[d.Name] = g.value(d)
			}
		}
		suits := func(f Fault) bool { return f.levels == nil || f.levels[p[dimLevel.Name]] }
		if !slices.ContainsFunc(faults, func(f Fault) bool { return !suits(f) }) && !excluded(configDimensions, p) {
			return p
		}
	}
}

// plantedRequests are what browsers and others send to the marked location.
func plantedRequests(p Pick) []Request {
	target := "/ws/a?x=1"
	if dimLocation.is(p, "= /ws") {
		target = "/ws?x=1"
	}
	host := " HTTP/1.1\r\nHost: www.{ID}.test\r\n"
	handshake := "Sec-WebSocket-Key: " + clientKey + "\r\nSec-WebSocket-Version: 13\r\nOrigin: http://www.{ID}.test\r\n\r\n"
	var out []Request
	for _, raw := range []string{
		"GET " + target + host + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" + handshake,
		"GET " + target + host + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" + handshake,
		"GET " + target + host + "connection: upgrade\r\nupgrade: WebSocket\r\n" + handshake,
		"GET " + target + host + "Connection: keep-alive\r\n\r\n",
		"POST " + target + host + "Connection: keep-alive\r\nContent-Length: 11\r\n\r\nhello=world",
		"GET " + target + host + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
	} {
		out = append(out, Request{Raw: Bytes(raw), Answer: Answer{Strict: true}})
	}
	return out
}

// headerOf finds the location's or an outer level's proxy_set_header of that name.
func headerOf(c *Case, name string) *Directive {
	var found *Directive
	for _, list := range [][]*Directive{c.HTTP, c.Servers} {
		walk(list, func(d *Directive) {
			if words := strings.Fields(d.Text); len(words) > 2 && words[0] == "proxy_set_header" && strings.EqualFold(words[1], name) {
				found = d
			}
		})
	}
	return found
}

// setHeader gives a header in effect another value, or adds one beside Upgrade where there is none.
func setHeader(name, value string) func(*Case) {
	return func(c *Case) {
		if d := headerOf(c, name); d != nil {
			d.Text = "proxy_set_header " + name + " " + value
			return
		}
		beside(c, "proxy_set_header "+name+" "+value)
	}
}

// beside adds a statement behind the Upgrade header's, on the same level and in the same file.
func beside(c *Case, text string) {
	upgrade := headerOf(c, "Upgrade")
	insert := func(list []*Directive) []*Directive {
		if at := slices.Index(list, upgrade); at >= 0 {
			return slices.Insert(list, at+1, Simple(text))
		}
		return list
	}
	c.HTTP, c.Servers = insert(c.HTTP), insert(c.Servers)
	walk(c.Servers, func(d *Directive) { d.Block = insert(d.Block) })
	walk(c.HTTP, func(d *Directive) { d.Block = insert(d.Block) })
}
