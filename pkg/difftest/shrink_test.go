package difftest

import (
	"strings"
	"testing"
)

// A disagreement that needs two statements, a map entry and a header line is brought down to these.
func TestShrink(t *testing.T) {
	g := NewGenerator(3)
	var c *Case
	for c == nil || !strings.Contains(c.String(), "Connection $cu_") || c.Layout == (Layout{}) || !mentions(c, "cookie: a=1") {
		c = g.Case()
	}
	disagree := func(c *Case) bool {
		text := c.String()
		return strings.Contains(text, "proxy_set_header Connection $cu_") && strings.Contains(text, "map ") && mentions(c, "cookie: a=1")
	}
	small := Shrink(c, disagree)
	if !disagree(small) {
		t.Fatal("shrunk case agrees")
	}
	statements := count(small.HTTP) + count(small.Named) + count(small.Servers)
	if statements > 4 || len(small.Requests) != 1 || strings.Count(string(small.Requests[0].Raw), "\n") != 3 {
		t.Errorf("%d statements:\n%s", statements, small)
	}
}

func mentions(c *Case, line string) bool {
	for _, r := range c.Requests {
		if strings.Contains(strings.ToLower(string(r.Raw)), line) {
			return true
		}
	}
	return false
}

// A real difference between two servers shrinks to what makes it.
func TestShrinkLive(t *testing.T) {
	servers := Servers(t)
	old, new := servers[0], servers[len(servers)-1]
	differ := func(c *Case) bool {
		results := map[string]string{}
		for _, s := range []Server{old, new} {
			all, err := Run(s, []*Case{c})
			if err != nil || !all[0].Accepted || len(all[0].Observations[0].Upstream) == 0 {
				return false
			}
			results[s.Version] = string(all[0].Observations[0].Upstream[0].Head)
		}
		return strings.Contains(results[old.Version], "Connection: close") && !strings.Contains(results[new.Version], "Connection:")
	}
	c := site("c7", "proxy_set_header X-A 1", "proxy_set_header X-B 2", "proxy_buffering off", "proxy_http_version 1.1")
	small := Shrink(c, differ)
	if n := count(small.Servers); n > 4 { // server, listen, location, proxy_pass
		t.Errorf("%d statements:\n%s", n, small)
	}
	t.Logf("\n%s", small)
}
