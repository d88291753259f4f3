package signals

import (
	"strconv"
	"strings"

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

// hosts returns where the location sends requests.
func (w *weighing) hosts() []host {
	var hosts []host
	for _, up := range w.outcomes.Proxied() {
		hosts = append(hosts, hostOf(up.Host.Text, up.Port))
		if up.Block == nil {
			continue
		}
		for _, server := range up.Block.Own("server") {
			hosts = append(hosts, hostOf(server.Arg(1), ""))
		}
	}
	return hosts
}

// hostOf reads "name:port"; port is what stands for none.
func hostOf(text, port string) host {
	name := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") && !strings.HasPrefix(text, "unix:") {
		name, port = text[:i], text[i+1:]
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		n = 0
	}
	return host{name: name, tokens: tokens(name, "._-"), port: n}
}

// serverNames returns the names of the server around the location.
func (w *weighing) serverNames() []string {
	server := w.location.Within("server")
	if server == nil {
		return nil
	}
	var names []string
	for _, d := range server.Own("server_name") {
		for _, arg := range d.Args() {
			names = append(names, strings.ToLower(arg.Value))
		}
	}
	return names
}

// siblings returns the other locations of the location's server, nested ones included.
func (r *Reader) siblings(location *config.Directive) []*config.Directive {
	server := location.Within("server")
	if server == nil {
		server = r.config.Root
	}
	var others []*config.Directive
	for _, l := range r.locationsOf(server) {
		if l != location {
			others = append(others, l)
		}
	}
	return others
}

// locationsOf returns all locations of a server, found once.
func (r *Reader) locationsOf(server *config.Directive) []*config.Directive {
	if known, ok := r.shares.Load(server); ok {
		return known.([]*config.Directive)
	}
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
	r.shares.Store(server, found)
	return found
}
