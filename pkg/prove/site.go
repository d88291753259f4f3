package prove

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// likely is the confidence from which on a location is one for WebSockets.
const likely = 0.8

// site is a location to be tried.
type site struct {
	level     *config.Directive // in the configuration as written
	index     int               // in its Locations; -1 for a fragment's own level
	verdict   *signals.Verdict
	heartbeat time.Duration
	paths     []string      // that were declared and are served here
	idle      time.Duration // proxy_read_timeout; 0 where it is not known or none
	tries     int           // how many servers of an upstream are asked in turn
	hidden    string        // why what is in effect here can't be seen; "" where it can

	door    door
	request func(eval.Client) *vars.Request
	port    uint16 // as the configuration names it
	away    string // why no request gets here
}

// find returns the locations that are meant for WebSockets.
func (p *prover) find() []*site {
	e := eval.New(p.config)
	reader := signals.New(e, p.options.Paths)
	var all []*site
	add := func(level *config.Directive, index int) {
		v := reader.Of(level)
		if v.Confidence < likely && !v.Declared && !p.blamed(level) || p.options.OnlyPaths && !v.Has("S3") {
			return
		}
		s := &site{level: level, index: index, verdict: v, heartbeat: v.Heartbeat}
		if p.options.Heartbeat > 0 {
			s.heartbeat = p.options.Heartbeat
		}
		if s.paths = p.declaredAt(e, level); p.options.OnlyPaths && len(s.paths) == 0 {
			return
		}
		s.look(e, p.engine.Version())
		all = append(all, s)
	}
	if p.config.Fragment && wrapperOf(p.config) == catalog.Location {
		add(p.config.Root, -1)
	}
	for i, l := range p.config.Locations() {
		add(l, i)
	}
	return all
}

// blamed reports whether the linter says that WebSockets fail at a location: then it is meant for them, though what is
// wrong may hide that.
func (p *prover) blamed(level *config.Directive) bool {
	s := &site{level: level}
	return slices.ContainsFunc(p.options.Findings, func(d diag.Diagnostic) bool {
		return d.Level == diag.Error && d.Category == "websocket" && d.Rule != "map-outside-http" && nearness(&d, s) >= inIt && !innerHas(&d, level)
	})
}

// declaredAt returns the declared paths that are served at a location.
func (p *prover) declaredAt(e *eval.Evaluator, level *config.Directive) []string {
	var paths []string
	for _, d := range p.options.Paths {
		only := signals.New(e, []signals.Declared{d})
		if v := only.Of(level); slices.ContainsFunc(v.Signals, func(s signals.Signal) bool {
			return s.ID == "S3" && strings.Contains(s.Why, "`"+d.Path+"`")
		}) {
			paths = append(paths, d.Path)
		}
	}
	return paths
}

// look reads what is in effect at the location.
func (s *site) look(e *eval.Evaluator, v catalog.Version) {
	s.tries = 1
	out := e.At(s.level, eval.Chrome, v)
	for _, u := range out.Proxied() {
		if u.Block != nil {
			s.tries = max(s.tries, min(len(u.Block.Own("server")), maxTries))
		}
		s.idle = max(s.idle, u.Timers.Read.After)
		if u.Scheme.Unknown {
			s.hidden = "the scheme of `proxy_pass` is not known"
		}
		if u.Open || u.Timers.Read.State == config.Unknown {
			s.hidden = "directives that can't be seen may be in effect here"
		}
	}
}

// maxTries is how many silent servers in turn are waited for.
const maxTries = 4

// guide finds requests that end at locations of the configuration as it is run.
type guide struct {
	eval    *eval.Evaluator
	run     *run
	version catalog.Version
	written *config.Config // as it was before it was rebuilt
	table   *vars.Table    // of written
}

// portOf returns the port of a server's listener in the configuration as it is written.
func (g *guide) portOf(server *config.Directive, listener int) uint16 {
	i := slices.Index(g.run.config.Servers(), server)
	if servers := g.written.Servers(); i < len(servers) {
		all := slices.DeleteFunc(slices.Clone(g.table.Listens(servers[i])), func(l vars.Listen) bool { return l.QUIC })
		if listener < len(all) {
			return all[listener].Port
		}
	}
	return implicit.Port
}

// lead finds a request that ends at the site.
func (g *guide) lead(s *site) {
	at := g.run.config.Locations()[s.index+g.run.built.wrapped]
	targets := slices.Clone(s.paths)
	if len(targets) == 0 {
		targets = append(targets, g.eval.Canonical(at, eval.Chrome).Target)
		for _, l := range g.run.config.Locations() {
			if l.Within("server") == at.Within("server") {
				targets = append(targets, g.eval.Canonical(l, eval.Chrome).Target)
			}
		}
	}
	s.away = "no request was found that gets here"
	for _, host := range []string{"", "localhost"} { // the server's own name may be none that nginx takes
		for i, target := range targets {
			if g.knock(s, at, host, target, len(s.paths) > 0 && i == 0) {
				return
			}
		}
	}
}

// knock tries a request at each listener of the location's server; sure says that it is the one, wherever it ends.
func (g *guide) knock(s *site, at *config.Directive, host, target string, sure bool) bool {
	server := at.Within("server")
	for j, l := range g.eval.Table().Listens(server) {
		d, err := g.run.door(l)
		if err != nil {
			continue
		}
		l.TLS = l.TLS || encrypted(g.run.config, server)
		d.tls = l.TLS
		ask := g.asker(at, l, host, target)
		end, there := g.ends(ask(eval.Chrome), at)
		if there || sure {
			d.serverName = ask(eval.Chrome).ServerName
			s.door, s.request, s.port, s.away = d, ask, g.portOf(server, j), g.foreign(ask(eval.Chrome))
			return true
		}
		if end != nil && target == g.eval.Canonical(at, eval.Chrome).Target {
			s.away = "requests for `" + target + "` end at `" + headOf(end) + "`"
		}
	}
	return false
}

// asker returns what makes a client's request; host stands in for the server's name unless it is "".
func (g *guide) asker(at *config.Directive, l vars.Listen, host, target string) func(eval.Client) *vars.Request {
	return func(client eval.Client) *vars.Request {
		req := g.eval.Canonical(at, client)
		if host != "" {
			req.Headers, req.ServerName = client.Request(host, target).Headers, host
		}
		req.Target, req.TLS = target, l.TLS
		addr := l.Addr
		if !addr.IsValid() || addr.IsUnspecified() {
			addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		req.Local = netip.AddrPortFrom(addr, l.Port)
		req.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 54321)
		if !l.TLS {
			req.ServerName = ""
		}
		return req
	}
}

// foreign says that a request goes to a backend of another protocol than HTTP; "" where it does not.
func (g *guide) foreign(req *vars.Request) string {
	for _, o := range g.eval.Request(req, g.version).All {
		if d := o.Decision; d != nil && d.Kind == route.Other && strings.HasSuffix(d.Handler.Name(), "_pass") {
			return "requests are passed on by `" + d.Handler.Name() + "`, and the stand-in backends speak HTTP only"
		}
	}
	return ""
}

// ends reports whether a request ends at the location, and else where it does, nil where that is no location.
func (g *guide) ends(req *vars.Request, at *config.Directive) (other *config.Directive, there bool) {
	for _, o := range g.eval.Request(req, g.version).All {
		switch {
		case o.Decision == nil:
		case o.Decision.Location == at:
			return at, true
		default:
			other = o.Decision.Location
		}
	}
	return other, false
}

// headOf returns a block's words as written.
func headOf(d *config.Directive) string {
	if d == nil || d.Directive == nil {
		return "the fragment"
	}
	return d.File.Slice(d.Head())
}

// row returns the site's row of the table, without cells.
func (s *site) row() *Row {
	r := &Row{Location: headOf(s.level), Broad: s.verdict.Broad, Heartbeat: seconds(s.heartbeat), site: s}
	at := s.place()
	r.File, r.Line = at.File.Name, at.File.Line(at.Span.Start)
	if server := s.level.Within("server"); server != nil {
		for _, d := range server.Own("server_name") {
			r.Server = d.Arg(1)
		}
	}
	return r
}

// place is where the location's head stands.
func (s *site) place() diag.Location {
	if s.level.Directive == nil {
		return diag.Location{File: s.level.File.File}
	}
	return diag.Location{File: s.level.File.File, Span: s.level.Head()}
}

// address writes the URL that a request asks for; port is the one that the configuration names.
func address(req *vars.Request, port uint16) string {
	scheme, usual := "ws", uint16(80)
	if req.TLS {
		scheme, usual = "wss", 443
	}
	host := hostOf(req)
	if port != usual && port != 0 {
		host += ":" + strconv.Itoa(int(port))
	}
	u := url.URL{Scheme: scheme, Host: host}
	return u.String() + req.Target
}
