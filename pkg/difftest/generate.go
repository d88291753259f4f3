package difftest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Options are a live test's flags.
type Options struct {
	Seed uint64 // of the generator; 0 was given: the clock's, printed by the test so that a run can be repeated
	N    int    // configuration and request pairs
}

// Flags registers -seed and -n for the tests of the package that calls it; the values hold once flags are parsed. n is
// the number without the flag.
func Flags(n int) *Options {
	o := &Options{}
	flag.Uint64Var(&o.Seed, "seed", 1, "seed of the generated cases; 0 takes the time")
	flag.IntVar(&o.N, "n", n, "generated configuration and request pairs")
	return o
}

// Generator makes cases that cover pairs of values early.
type Generator struct {
	Coverage *Coverage
	seed     uint64
	rng      *rand.Rand
	next     int
}

// perCase is how many requests go through one configuration.
const perCase = 4

// tries is among how many random picks the one with the most uncovered pairs is taken.
const tries = 24

// NewGenerator gives the same cases for the same seed.
func NewGenerator(seed uint64) *Generator {
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	return &Generator{Coverage: NewCoverage(), seed: seed, rng: rand.New(rand.NewPCG(seed, 0x6e67696e78))}
}

// Seed is the one in use.
func (g *Generator) Seed() uint64 { return g.seed }

// Cases makes cases with at least n requests in all.
func (g *Generator) Cases(n int) []*Case {
	var out []*Case
	for made := 0; made < n; {
		c := g.Case()
		out = append(out, c)
		if !barren(c.Pick) && !dimKeepalive.is(c.Pick, "0") { // what every server accepts
			made += len(c.Requests)
		}
	}
	return out
}

// Case makes one case with four requests, crediting what it covers.
func (g *Generator) Case() *Case {
	config := g.config()
	g.next++
	c := build(fmt.Sprintf("c%d", g.next), config, g.rng)
	c.Alone = barren(config) || dimKeepalive.is(config, "0")
	for range perCase {
		request := g.request(config)
		c.Requests = append(c.Requests, makeRequest(request, g.rng))
		g.Coverage.Add(config, request)
	}
	return c
}

// config picks a configuration.
func (g *Generator) config() Pick {
	best, most := Pick(nil), -1
	for range tries {
		p := g.possible(configDimensions, nil)
		if n := g.Coverage.gain(p, nil); n > most {
			best, most = p, n
		}
	}
	switch g.next % 40 { // seldom: such a case shows little else
	case 7:
		best[dimRefusal.Name] = dimRefusal.Options[1+g.next/40%(len(dimRefusal.Options)-1)].Name
	case 27:
		best[dimVersion.Name] = "2"
	}
	return best
}

// request picks a request for a configuration. Three of four are meant to get through to the backend.
func (g *Generator) request(config Pick) Pick {
	early := g.rng.IntN(4) == 0
	best, most := Pick(nil), -1
	for range tries {
		p := g.possible(requestDimensions, nil)
		if early {
			g.mask(p)
		} else {
			g.through(config, p)
		}
		if n := g.Coverage.gain(config, p); n > most {
			best, most = p, n
		}
	}
	return best
}

// possible picks a value for each dimension, none that masks, and no two that exclude each other.
func (g *Generator) possible(dims []*Dimension, p Pick) Pick {
	for attempt := 0; p == nil || excluded(dims, p); attempt++ {
		p = Pick{}
		for _, d := range dims {
			p[d.Name] = g.value(d)
		}
	}
	return p
}

// value picks one that does not mask. Servers before 1.29.7 refuse keepalive 0, which costs a case: it is rare.
func (g *Generator) value(d *Dimension) string {
	for {
		if v := d.Options[g.rng.IntN(len(d.Options))]; !v.Masks && (d != dimKeepalive || v.Name != "0" || g.rng.IntN(12) == 0) {
			return v.Name
		}
	}
}

func excluded(dims []*Dimension, p Pick) bool {
	for _, e := range exclusions {
		if _, has := p[e.a.Name]; has && among(e.values, p[e.a.Name]) && e.others != nil && among(e.others, p[e.b.Name]) && !e.a.Request {
			return true
		}
	}
	return false
}

// mask gives one dimension of a request a value that ends it early, or leaves it to chance where it goes.
func (g *Generator) mask(p Pick) {
	d := requestDimensions[g.rng.IntN(len(requestDimensions))]
	p[d.Name] = d.Options[g.rng.IntN(len(d.Options))].Name
}

// through changes the parts of a request that choose its way until it gets to the location under test.
func (g *Generator) through(config, p Pick) {
	for {
		if _, _, yes := decided(config, p); !yes {
			return
		}
		for _, d := range []*Dimension{dimMethod, dimProtocol, dimClientHost, dimTarget} {
			p[d.Name] = g.value(d)
		}
	}
}

// makeRequest writes the bytes of a picked request; rng orders its lines.
func makeRequest(p Pick, rng *rand.Rand) Request {
	var lines []string
	for _, d := range []*Dimension{dimClientUpgrade, dimClientConnection, dimSec, dimClientHost, dimExtra} {
		lines = append(lines, d.lines(p)...)
	}
	first := strings.TrimSuffix(dimMethod.lines(p)[0]+" "+dimTarget.lines(p)[0]+" "+dimProtocol.lines(p)[0], " ")
	body := ""
	switch p[dimMethod.Name] {
	case "POST, length":
		lines, body = append(lines, "Content-Length: 11"), "hello=world"
	case "POST, chunked":
		lines, body = append(lines, "Transfer-Encoding: chunked"), "5\r\nhello\r\n6\r\n=world\r\n0\r\n\r\n"
	case "PUT, empty body":
		lines = append(lines, "Content-Length: 0")
	}
	if !dimExtra.is(p, "folded") {
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	return Request{Raw: Bytes(join(p, first, lines, body)), Pick: p, Answer: answerOf(p)}
}

// join puts the request together with the line ends of its pick.
func join(p Pick, first string, lines []string, body string) string {
	if dimProtocol.is(p, "0.9") {
		return first + "\r\n"
	}
	end := "\r\n"
	if dimExtra.is(p, "bare LF") {
		end = "\n"
	}
	return first + end + strings.Join(append(lines, ""), end) + end + body
}

func answerOf(p Pick) Answer {
	for _, a := range answers {
		if a.name == p[dimAnswer.Name] {
			return a.answer
		}
	}
	return Answer{}
}
