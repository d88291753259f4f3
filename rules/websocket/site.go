package websocket

import (
	"slices"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/signals"
)

// A rule of this package is usually one function over the sites, called once for a configuration (OnConfig):
//
//	for _, s := range sitesOf(p) {
//		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { ... })   // for which versions is every head wrong?
//		if when.none() { continue }
//		found.add(directive that decides, "", s, when)                      // causes.go: one finding for one cause
//	}
//	found.report(p, func(c *cause) diag.Diagnostic { ... })                 // when.ending(), evidence(...)
//
// What a site knows is computed when first asked for and shared by all rules. Questions about one head (*eval.Upstream)
// are in handshake.go and headers.go; a function there that can't know answers so that no finding follows.

// site is one level that requests are proxied from: a location, or an if or limit_except in it, with the proxy_pass
// that takes them.
type site struct {
	// level is the block whose settings hold; location the location that it is or is in, or the top of a fragment.
	level, location *config.Directive
	// pass is the proxy_pass directive.
	pass *config.Directive
	// headers are the proxy_set_header directives in effect.
	headers config.List
	all     *sites
	// entries are the locations whose requests end here: mostly the site's own alone.
	entries []*config.Directive
	// partial says that not all ways here are known, so that nothing may be claimed of every head.
	partial   bool
	asked     sync.Once
	upgrading bool // what forwards found

	mu      sync.Mutex
	kept    []keptHeads // what heads was asked
	verdict *signals.Verdict
}

// keptHeads is a question to heads and its answer.
type keptHeads struct {
	client eval.Client
	group  int
	heads  []*eval.Upstream
}

// sites are all sites of a configuration, in the order of their locations.
type sites struct {
	list   []*site
	byPass map[*config.Directive]*site // by level
	eval   *eval.Evaluator
	config *config.Config
	aim    *aim
	bare   bool // nobody looks at evidence
	reader *signals.Reader

	guarding sync.Once
	guarded  map[backend][]limit // what limits access to a backend

	once      sync.Once
	upgrading []*site // those that forward Upgrade

	targets sync.Once
	aside   map[*config.Directive]bool // the locations that auth_request and mirror use
}

// sitesKey is the key under which a run shares its sites.
type sitesKey struct{}

// allSites returns the sites of the configuration, found once for all rules.
func allSites(p *lint.Pass) *sites {
	return p.Shared(sitesKey{}, func() any { return findSites(p) }).(*sites)
}

// sitesOf returns every site of the configuration.
func sitesOf(p *lint.Pass) []*site { return allSites(p).list }

// forwarding returns the sites at which a WebSocket client's Upgrade reaches the backend, for some version: S1.
func forwarding(p *lint.Pass) []*site {
	all := allSites(p)
	all.once.Do(func() {
		all.upgrading = slices.DeleteFunc(slices.Clone(all.list), func(s *site) bool { return !s.forwards() })
	})
	return all.upgrading
}

// findSites looks at every location.
func findSites(p *lint.Pass) *sites {
	all := &sites{byPass: map[*config.Directive]*site{}, eval: p.Eval(), config: p.Config, aim: newAim(p.Target), bare: p.Bare}
	all.reader = signals.New(all.eval, declared(p.WebSockets))
	all.reader.Version = all.aim.groups[0].version
	var indirect []*config.Directive
	for _, location := range all.entryLevels() {
		if onlyInternal(location) {
			indirect = append(indirect, location)
			continue
		}
		all.enter(location)
	}
	for _, location := range indirect {
		if !all.reached(location) {
			all.enter(location)
		}
	}
	all.leaveClosed()
	return all
}

// leaveClosed sees to it that nothing is said of requests to locations whose server answers each request by itself, as one
// that redirects to https does.
func (all *sites) leaveClosed() {
	closed := map[*config.Directive]bool{}
	for _, s := range all.list {
		server := s.level.Within("server")
		if server == nil {
			continue
		}
		if _, known := closed[server]; !known {
			closed[server] = all.eval.Router().Closed(server)
		}
		s.partial = s.partial || closed[server]
	}
}

// declared puts what the user declared in the terms of signals.
func declared(paths []lint.WebSocket) []signals.Declared {
	var out []signals.Declared
	for _, d := range paths {
		out = append(out, signals.Declared(d))
	}
	return out
}

// entryLevels returns the locations, and the top of a fragment that is a part of one.
func (all *sites) entryLevels() []*config.Directive {
	locations := all.config.Locations()
	root := all.config.Root
	if root.Inside&catalog.Location != 0 && len(root.Own("proxy_pass")) > 0 {
		return append([]*config.Directive{root}, locations...)
	}
	return locations
}

// onlyInternal reports whether no client's request comes straight to the location.
func onlyInternal(location *config.Directive) bool {
	return location.Directive != nil && (len(location.Own("internal")) > 0 || len(location.Arg(1)) > 0 && location.Arg(1)[0] == '@')
}

// reached reports whether some site found so far is in the location.
func (all *sites) reached(location *config.Directive) bool {
	return slices.ContainsFunc(all.list, func(s *site) bool { return s.location == location })
}

// enter notes where a location's requests are proxied.
func (all *sites) enter(location *config.Directive) {
	if pass, ok := straight(location); ok {
		all.at(location, pass).enteredFrom(location)
		return
	}
	for _, client := range []eval.Client{eval.Chrome, eval.Plain} {
		out := all.eval.At(location, client, all.aim.groups[0].version)
		var found []*site
		for _, o := range out.All {
			if o.Upstream != nil && o.Decision.Kind == route.Proxy {
				s := all.at(o.Decision.Level, o.Upstream.Pass)
				s.enteredFrom(location)
				found = append(found, s)
			}
		}
		for _, s := range found {
			s.partial = s.partial || uncertain(out)
		}
	}
}

// uncertain reports whether the outcomes are not all, or the end of one is not known.
func uncertain(out eval.Outcomes) bool {
	return !out.Complete || slices.ContainsFunc(out.All, func(o *eval.Outcome) bool { return o.Unknown != "" })
}

// straight returns a location's own proxy_pass where nothing else in the location can lead a request elsewhere, which
// spares evaluating it.
func straight(location *config.Directive) (pass *config.Directive, ok bool) {
	if location.Hidden("") {
		return nil, false
	}
	for _, d := range location.Children {
		switch {
		case d.Name() == "proxy_pass" && d.Block == nil:
			pass = d
		case leadsAway[d.Name()]:
			return nil, false
		}
	}
	return pass, pass != nil
}

// leadsAway are the directives by which a location's requests may end elsewhere than at its own proxy_pass. What nobody
// knows may do so too, but then At knows no better.
var leadsAway = map[string]bool{
	"if": true, "rewrite": true, "return": true, "try_files": true, "limit_except": true, "break": true,
	"fastcgi_pass": true, "uwsgi_pass": true, "scgi_pass": true, "grpc_pass": true, "memcached_pass": true,
	"rewrite_by_lua_block": true, "rewrite_by_lua_file": true, "access_by_lua_block": true, "content_by_lua_block": true,
}

// at returns the site of a level, a new one the first time.
func (all *sites) at(level, pass *config.Directive) *site {
	if s := all.byPass[level]; s != nil {
		return s
	}
	s := &site{level: level, location: level, pass: pass, all: all, headers: all.config.EffectiveList(level, "proxy_set_header")}
	if location := level.Within("location"); location != nil {
		s.location = location
	}
	all.byPass[level] = s
	all.list = append(all.list, s)
	return s
}

// maxEntries bounds the locations that are asked for one site.
const maxEntries = 64

func (s *site) enteredFrom(location *config.Directive) {
	if slices.Contains(s.entries, location) {
		return
	}
	if len(s.entries) == maxEntries {
		s.partial = true
		return
	}
	s.entries = append(s.entries, location)
}

// heads returns the heads that the client's request gives at the site with a group's versions; none where nothing may
// be claimed of all of them.
func (s *site) heads(client eval.Client, group int) []*eval.Upstream {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.kept {
		if k := &s.kept[i]; k.group == group && k.client == client {
			return k.heads
		}
	}
	heads := s.evaluate(client, s.all.aim.groups[group].version)
	if s.kept == nil {
		s.kept = make([]keptHeads, 0, usual*len(s.all.aim.groups))
	}
	s.kept = append(s.kept, keptHeads{client, group, heads})
	return heads
}

// usual is how many clients most sites are asked about.
const usual = 2

// evaluate asks the evaluator for the heads from every entry.
func (s *site) evaluate(client eval.Client, v catalog.Version) []*eval.Upstream {
	var heads []*eval.Upstream
	if s.partial {
		return nil
	}
	for _, entry := range s.entries {
		out := s.all.eval.At(entry, client, v)
		if uncertain(out) {
			return nil
		}
		for _, o := range out.All {
			if o.Upstream != nil && o.Decision.Level == s.level {
				heads = append(heads, o.Upstream)
			}
		}
	}
	return heads
}

// holds returns the versions aimed at for which the client's request reaches the backend from here, and claim is true of
// every head that it may have.
func (s *site) holds(client eval.Client, claim func(*eval.Upstream) bool) versions {
	when := s.all.aim.never()
	for g := range s.all.aim.groups {
		heads := s.heads(client, g)
		if len(heads) > 0 && !slices.ContainsFunc(heads, func(u *eval.Upstream) bool { return !claim(u) }) {
			when = when.with(g)
		}
	}
	return when
}

// maySet reports whether the headers in effect may have one of that name: where they don't, no head of a client's has it
// but for what nginx sends by itself, which spares evaluating most locations.
func (s *site) maySet(name string) bool {
	list := &s.headers
	return list.State == config.Unknown ||
		slices.ContainsFunc(list.Items, func(d *config.Directive) bool { return strings.EqualFold(d.Arg(1), name) })
}

// maySetFrom reports whether the headers in effect may have one of that name whose value has a variable.
func (s *site) maySetFrom(name string) bool {
	list := &s.headers
	return list.State == config.Unknown || slices.ContainsFunc(list.Items, func(d *config.Directive) bool {
		return strings.EqualFold(d.Arg(1), name) && strings.IndexByte(d.Arg(2), '$') >= 0
	})
}

// forwards reports whether a WebSocket client's Upgrade reaches the backend, for some version.
func (s *site) forwards() bool {
	s.asked.Do(func() { s.upgrading = s.maySet("Upgrade") && !s.holds(eval.Chrome, forwardsUpgrade).none() })
	return s.upgrading
}

// head returns the client's first head for the first of the versions: what a finding shows. It is nil where none is.
func (s *site) head(client eval.Client, when versions) *eval.Upstream {
	for g := range s.all.aim.groups {
		if heads := s.heads(client, g); when.has(g) && len(heads) > 0 {
			return heads[0]
		}
	}
	return nil
}

// signals weighs what the location is for; where another location alone leads here, what that one is for, unless the user
// says it of this one.
func (s *site) signals() *signals.Verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.verdict == nil {
		s.verdict = s.all.reader.Of(s.location)
		if !s.verdict.Declared && len(s.entries) == 1 && s.entries[0] != s.location && onlyInternal(s.location) {
			s.verdict = s.all.reader.Of(s.entries[0])
		}
	}
	return s.verdict
}
