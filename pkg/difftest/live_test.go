package difftest

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What the generator takes for accepted is accepted by every server, what it takes for refused is refused, requests
// that are meant to get to the backend do, and no run ends in a fault of the harness.
func TestGenerated(t *testing.T) {
	cases := NewGenerator(live.Seed).Cases(live.N)
	for _, s := range Servers(t) {
		t.Run(s.Version, func(t *testing.T) {
			start := time.Now()
			results, err := Run(s, cases)
			if err != nil {
				t.Fatal(err)
			}
			requests := 0
			for i, r := range results {
				requests += len(r.Observations)
				judge(t, cases[i], r)
			}
			t.Logf("%d pairs in %v", requests, time.Since(start))
		})
	}
}

// The same server gives the same observations twice: what is compared with it is not compared with chance.
func TestSameTwice(t *testing.T) {
	cases := NewGenerator(live.Seed + 1).Cases(live.N)
	for _, s := range Servers(t)[:1] {
		first, err := Run(s, cases)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(cases) // other neighbours, other ports
		second, err := Run(s, cases)
		if err != nil {
			t.Fatal(err)
		}
		for i := range first {
			if text := Compare(first[i], second[len(cases)-1-i]); text != "" {
				t.Errorf("%s: %s", cases[len(cases)-1-i].ID, text)
			}
		}
	}
}

// Recorded differences between servers are those that nginx's history knows, and they are seen: a comparison of two
// versions that finds none compares nothing.
func TestVersionsDiffer(t *testing.T) {
	servers := Servers(t)
	c := site("c1", "proxy_set_header Upgrade $http_upgrade", "proxy_set_header Connection upgrade")
	if text := Compare(runOne(t, servers[0], c), runOne(t, servers[len(servers)-1], c)); !strings.Contains(text, "HTTP/1.0") {
		t.Errorf("difference %q", text)
	}
}

var live = Flags(200)

func judge(t *testing.T, c *Case, r Result) {
	t.Helper()
	refusal := !dimRefusal.is(c.Pick, "no")
	if refusal == r.Accepted && !dimVersion.is(c.Pick, "2") && !dimKeepalive.is(c.Pick, "0") {
		t.Errorf("%s: accepted %v: %s\n%v", c.ID, r.Accepted, r.Message, c.Pick)
	}
	for i, o := range r.Observations {
		if o.Fault != "" {
			t.Errorf("%s, request %d: %s\n%v\n%v", c.ID, i, o.Fault, c.Pick, c.Requests[i].Pick)
		}
		if dimProtocol.is(c.Requests[i].Pick, "0.9") {
			continue // a whole request of that age gets through, to the default server
		}
		if _, _, early := decided(c.Pick, c.Requests[i].Pick); early == (len(o.Upstream) > 0) && !barren(c.Pick) {
			t.Errorf("%s, request %d: early %v, %q\n%v\n%v", c.ID, i, early, o.Status, c.Pick, c.Requests[i].Pick)
		}
	}
}
