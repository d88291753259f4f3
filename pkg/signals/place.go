package signals

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// word is an argument of a directive.
type word = syntax.Word

// host is one place that requests are sent to: a proxied name, or a server of an upstream block.
type host struct {
	name   string
	tokens []string
	port   int // 0 where it is not known
}

// hosts returns where the location sends requests. A URL without variables tells without evaluating anything.
func (w *weighing) hosts() []host {
	if w.found != nil {
		return w.found
	}
	w.found = []host{}
	if pass := w.location.Own("proxy_pass"); len(pass) == 1 && w.straight() && strings.IndexByte(pass[0].Arg(1), '$') < 0 {
		scheme, rest, _ := strings.Cut(pass[0].Arg(1), "://")
		name, _, _ := strings.Cut(rest, "/")
		port := map[string]string{"http": "80", "https": "443"}[strings.ToLower(scheme)]
		w.found = w.reader.reach(endpoint{name, port, w.reader.config.Upstream(name)})
		return w.found
	}
	for _, up := range w.outcomes().Proxied() {
		w.found = append(w.found, w.reader.reach(endpoint{up.Host.Text, up.Port, up.Block})...)
	}
	return w.found
}

// endpoint is what a proxied URL names.
type endpoint struct {
	name, port string
	block      *config.Directive // the upstream block of that name, or nil
}

// reach returns the host, or the upstream block of that name and its servers. The list is shared.
func (r *Reader) reach(e endpoint) []host {
	if known, ok := r.places.Load(e); ok {
		return known.([]host)
	}
	found := []host{hostOf(e.name, e.port)}
	if e.block != nil {
		for _, server := range e.block.Own("server") {
			found = append(found, hostOf(server.Arg(1), ""))
		}
	}
	found = slices.Clip(found)
	r.places.Store(e, found)
	return found
}

// hostOf reads "name:port"; port is what stands for none.
func hostOf(text, port string) host {
	name := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") && !strings.HasPrefix(text, "unix:") {
		name, port = text[:i], text[i+1:]
	}
	h := host{name: name, tokens: tokens(name, "._-")}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			h.port = int(n)
		}
	}
	return h
}

// serverNames returns the names of the server around the location.
func (w *weighing) serverNames() []host {
	server := w.location.Within("server")
	if server == nil {
		return nil
	}
	return w.reader.share(server).names
}

// share is what the locations of one server have in common.
type share struct {
	names     []host
	locations func() []*config.Directive
	// forwarders are, by what they pass requests to, two locations that forward Upgrade.
	forwarders func() map[string][]*config.Directive
}

// share returns it, found once.
func (r *Reader) share(server *config.Directive) *share {
	if known, ok := r.shares.Load(server); ok {
		return known.(*share)
	}
	s := &share{locations: sync.OnceValue(func() []*config.Directive { return locationsOf(server) })}
	s.forwarders = sync.OnceValue(func() map[string][]*config.Directive {
		found := map[string][]*config.Directive{}
		for _, l := range s.locations() {
			if pass := l.Own("proxy_pass"); len(pass) > 0 && r.setsUpgrade(l) && len(found[origin(pass[0].Arg(1))]) < 2 {
				found[origin(pass[0].Arg(1))] = append(found[origin(pass[0].Arg(1))], l)
			}
		}
		return found
	})
	for _, d := range server.Own("server_name") {
		for _, arg := range d.Args() {
			name := strings.ToLower(arg.Value)
			s.names = append(s.names, host{name: name, tokens: tokens(name, "._-")})
		}
	}
	r.shares.Store(server, s)
	return s
}

// siblings returns the other locations of the location's server, nested ones included.
func (r *Reader) siblings(location *config.Directive) []*config.Directive {
	server := location.Within("server")
	if server == nil {
		server = r.config.Root
	}
	var others []*config.Directive
	for _, l := range r.share(server).locations() {
		if l != location {
			others = append(others, l)
		}
	}
	return others
}

// locationsOf returns all locations of a server.
func locationsOf(server *config.Directive) []*config.Directive {
	var found []*config.Directive
	var gather func(*config.Directive)
	gather = func(block *config.Directive) {
		for _, d := range block.Children {
			if d.Block != nil && d.Name() == "location" {
				found = append(found, d)
			}
			if d.Block != nil && d.Name() != "server" {
				gather(d)
			}
		}
	}
	gather(server)
	return found
}
