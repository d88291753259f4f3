package fix

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// heads reports requests that safe fixes serve otherwise than "Fix classes" allows.
func (c *check) heads() string {
	if slices.ContainsFunc(c.fixes, func(p *proposal) bool { return !p.safe }) {
		return ""
	}
	c.sites, c.versions = c.spots(), c.aimedAt()
	for i := range c.after.configs {
		pairs, reason := c.pairs(i)
		if reason != "" {
			return reason
		}
		for j := range pairs {
			at := pairs[j].before
			pairs[j].site = c.sites[c.spotOf(at)]
			if pairs[j].site {
				c.notice(i, pairs[j])
			}
		}
		if reason := c.compareAll(i, pairs); reason != "" {
			return reason
		}
	}
	return ""
}

// spot is where a block begins.
type spot struct {
	path string
	at   int
}

func (c *check) spotOf(d *config.Directive) spot { return spot{c.path(d.File.Path), d.Head().Start} }

// spots returns where the fixes say that requests may be served otherwise.
func (c *check) spots() map[spot]bool {
	sites := map[spot]bool{}
	for _, p := range c.fixes {
		for _, at := range p.finding.Fix.Sites {
			sites[spot{c.path(at.File.Path), at.Span.Start}] = true
		}
	}
	return sites
}

// pair is a location before and after.
type pair struct {
	before, after *config.Directive
	site          bool
}

// pairs finds each location of configuration i again.
func (c *check) pairs(i int) ([]pair, string) {
	was, is := c.before.configs[i].Locations(), c.after.configs[i].Locations()
	if len(was) != len(is) && !c.refused(i) {
		return nil, "it adds or removes a location"
	}
	found := map[spot][]*config.Directive{}
	for _, l := range is {
		key := spot{l.File.Path, l.Head().Start}
		found[key] = append(found[key], l)
	}
	var pairs []pair
	for _, l := range was {
		for _, at := range c.moved(diag.Location{File: l.File.File, Span: l.Head()}) {
			key := spot{l.File.Path, at}
			if len(found[key]) > 0 {
				pairs = append(pairs, pair{before: l, after: found[key][0]})
				found[key] = found[key][1:]
				break
			}
		}
	}
	return pairs, ""
}

// compareAll compares the heads of all pairs, as many at once as there are processors, and returns the first reason.
func (c *check) compareAll(i int, pairs []pair) string {
	refused := c.refused(i)
	if refused && c.after.refused(i) {
		return "" // nobody is served
	}
	reasons := make([]string, len(pairs))
	next := make(chan int, len(pairs))
	for j := range pairs {
		next <- j
	}
	close(next)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var room comparer
			for j := range next {
				reasons[j] = c.compare(&room, i, pairs[j], refused)
			}
		})
	}
	workers.Wait()
	for _, reason := range reasons {
		if reason != "" {
			return reason
		}
	}
	return ""
}

// compare compares the heads of one location for every client and every version aimed at.
func (c *check) compare(room *comparer, i int, p pair, refused bool) string {
	was, is := c.before.evals[c.before.configs[i]], c.after.evals[c.after.configs[i]]
	for _, client := range eval.Clients() {
		for _, v := range c.versions {
			before, after := was.At(p.before, client, v), is.At(p.after, client, v)
			switch {
			case p.site && client.WebSocket():
				if reason := c.handshake(room, p, before, after, refused); reason != "" {
					return c.says(p, client, v, reason)
				}
			case refused:
			case !room.alike(before, after, p.site || c.leadsToSite(before), client.WebSocket() || c.job.Lint.AnyUpgrade):
				return c.says(p, client, v, "it changes what the backend gets")
			}
		}
	}
	return ""
}

// leadsToSite reports whether requests may end up in a location with the finding.
func (c *check) leadsToSite(o eval.Outcomes) bool {
	return slices.ContainsFunc(o.All, func(one *eval.Outcome) bool {
		for at := one.Decision.Location; at != nil && at.Directive != nil; at = at.Parent {
			if c.sites[c.spotOf(at)] {
				return true
			}
		}
		return false
	})
}

// aimedAt returns one version for each group of neighbouring profiles aimed at that send the same heads.
func (c *check) aimedAt() []catalog.Version {
	profiles := c.job.Lint.Target.Profiles
	if profiles == nil {
		profiles = catalog.Profiles()
	}
	var versions []catalog.Version
	for _, p := range profiles {
		if n := len(versions); n == 0 || !eval.Alike(versions[n-1], p.Representative) {
			versions = append(versions, p.Representative)
		}
	}
	return versions
}

func (c *check) says(p pair, client eval.Client, v catalog.Version, reason string) string {
	return fmt.Sprintf("%s: location %s, client %s, nginx %s", reason, p.before.Words[len(p.before.Words)-1].Value, client, v)
}

// handshake reports a handshake that worked and does not, or one that is forwarded and wrong without a finding that says
// so.
func (c *check) handshake(room *comparer, p pair, before, after eval.Outcomes, refused bool) string {
	switch {
	case room.works(after) || !forwards(after) && !forwards(before):
		return ""
	case room.works(before) && !refused:
		return "it breaks the handshake"
	case !known(after) || room.alike(before, after, false, true):
		return "" // nothing can be said, or it is as it was
	case refused && !c.job.Rules.Whole("websocket"):
		return "" // nobody was served, and a rule that would say so is not on
	}
	for i := range c.after.findings {
		if d := &c.after.findings[i]; d.Level >= diag.Warning && concerns(d, p.after) {
			return ""
		}
	}
	return "the handshake does not meet RFC 6455"
}

// notice keeps a location that fixes are about, and whether it forwards a WebSocket's Upgrade since then.
func (c *check) notice(i int, p pair) {
	c.touched = append(c.touched, p)
	was, is := c.before.evals[c.before.configs[i]], c.after.evals[c.after.configs[i]]
	v := c.versions[0]
	if !opens(was.At(p.before, eval.Chrome, v)) && opens(is.At(p.after, eval.Chrome, v)) {
		c.uncovered = append(c.uncovered, p.after)
	}
}

// forwards reports whether any of the heads has an Upgrade line.
func forwards(o eval.Outcomes) bool {
	return slices.ContainsFunc(o.Proxied(), func(u *eval.Upstream) bool { return len(u.Lookup("Upgrade")) > 0 })
}

// opens reports whether one of the heads is known to ask for a WebSocket.
func opens(o eval.Outcomes) bool {
	return slices.ContainsFunc(o.Proxied(), func(u *eval.Upstream) bool {
		values, known := u.Values("Upgrade")
		return known && slices.ContainsFunc(values, func(v string) bool { return eval.HasToken(v, "websocket") })
	})
}

// known reports whether every byte of the heads is.
func known(o eval.Outcomes) bool {
	return o.Complete && !slices.ContainsFunc(o.Proxied(), func(u *eval.Upstream) bool { return !u.Known() })
}

// works reports whether every head is a handshake as RFC 6455, 4.1, wants it.
func (c *comparer) works(o eval.Outcomes) bool {
	heads := o.Proxied()
	return len(heads) > 0 && !slices.ContainsFunc(heads, func(u *eval.Upstream) bool { return !c.handshake(u) })
}

// handshake reports whether a head is one that a strict backend takes.
func (c *comparer) handshake(u *eval.Upstream) bool {
	if u.Method.Text != "GET" || u.Version.Text != "1.1" {
		return false
	}
	var upgrade, key, version, host int
	var websocket, connection bool
	c.lines = u.AppendLines(c.lines[:0])
	for i := range c.lines {
		line := &c.lines[i]
		switch strings.ToLower(line.Name) {
		case "upgrade":
			upgrade++
			websocket = websocket || eval.HasToken(line.Value.Text, "websocket")
		case "connection":
			connection = connection || eval.HasToken(line.Value.Text, "upgrade")
		case "sec-websocket-key":
			key++
		case "sec-websocket-version":
			version++
		case "host":
			host++
		}
	}
	return upgrade == 1 && websocket && connection && key == 1 && version == 1 && host == 1
}
