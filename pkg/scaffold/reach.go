package scaffold

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// errAnswers marks a server that answers before it looks for a location.
var errAnswers = errors.New("the server answers by itself")

// servers returns the servers that may be meant.
func (place Place) servers(c *config.Config, listen []string) ([]*config.Directive, error) {
	var here, found []*config.Directive
	table := eval.New(c).Table()
	for _, server := range c.Servers() {
		if server.Directive == nil || server.Block == nil || place.In != nil && !place.In(server.File.Path) {
			continue
		}
		here = append(here, server)
		if (place.Server == "" || hasName(server, place.Server)) && listensOn(table, server, listen) {
			found = append(found, server)
		}
	}
	switch {
	case len(here) == 0:
		return nil, errors.New("there is no server block of http in it")
	case len(found) == 0:
		return nil, fmt.Errorf("no server has that name and address; there are %s", listed(here))
	}
	return found, nil
}

// hasName reports whether a server has that name.
func hasName(server *config.Directive, name string) bool {
	for _, d := range server.Own("server_name") {
		for _, word := range d.Args() {
			if strings.EqualFold(word.Value, name) {
				return true
			}
		}
	}
	return false
}

// listensOn reports whether a server listens on one of the addresses or ports; true for none.
func listensOn(table *vars.Table, server *config.Directive, listen []string) bool {
	if len(listen) == 0 {
		return true
	}
	for _, l := range table.Listens(server) {
		if slices.Contains(listen, strconv.Itoa(int(l.Port))) || l.By != nil && slices.Contains(listen, l.By.Arg(1)) {
			return true
		}
	}
	return false
}

// maxListed is how many servers a message names.
const maxListed = 8

// listed names servers for a user.
func listed(servers []*config.Directive) string {
	var texts []string
	for _, server := range servers[:min(len(servers), maxListed)] {
		texts = append(texts, describe(server))
	}
	if n := len(servers) - maxListed; n > 0 {
		texts = append(texts, fmt.Sprintf("%d more", n))
	}
	return strings.Join(texts, "; ")
}

// describe names a server for a user: "nginx.conf:4 (server_name example.com, listen 80)".
func describe(server *config.Directive) string {
	var texts []string
	for _, name := range []string{"server_name", "listen"} {
		for _, d := range server.Own(name) {
			texts = append(texts, source.Printable(d.File.Slice(d.Head())))
		}
	}
	where := spot(server.File.File, server.Head().Start)
	if len(texts) == 0 {
		return where
	}
	return where + " (" + strings.Join(texts, ", ") + ")"
}

// spot writes a place for a user: file:line.
func spot(f *source.File, offset int) string {
	return fmt.Sprintf("%s:%d", source.Printable(f.Name), f.Line(offset))
}

// named returns a location's path and what chooses it.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_location.
func named(location *config.Directive) path {
	if len(location.Words) > 2 {
		return path{location.Arg(1), location.Arg(2)}
	}
	for _, modifier := range []string{"=", "^~", "~*", "~"} {
		if rest, ok := strings.CutPrefix(location.Arg(1), modifier); ok {
			return path{modifier, rest}
		}
	}
	return path{name: location.Arg(1)}
}

// taken returns the location of the server that has the path already: nginx refuses a second one, or never asks it.
func taken(server *config.Directive, p path) *config.Directive {
	group := func(p path) string { return strings.TrimPrefix(p.modifier, "^~") } // prefixes are one group
	for _, d := range server.Children {
		if d.Block != nil && d.Name() == "location" {
			if other := named(d); other.name == p.name && group(other) == group(p) {
				return d
			}
		}
	}
	return nil
}

// version is the nginx that is asked where a request goes: that does not differ between versions.
var version = catalog.Version{Major: 1, Minor: 26, Patch: 3}

// reach says why requests don't get to the new locations, or nil where they do, by any of the server's addresses, or
// where that can't be known.
func (t *try) reach() error {
	e := eval.New(t.probed)
	server := t.probed.Servers()[t.index]
	for _, location := range t.found(t.probed) {
		var refused error
		arrives, misses := false, true
		for _, out := range outcomes(e, server, location) {
			here := func(o *eval.Outcome) bool { return o.Unknown == "" && o.Decision.Location == location }
			elsewhere := func(o *eval.Outcome) bool { return o.Unknown == "" && o.Decision.Location != location }
			arrives = arrives || out.Every(here)
			misses = misses && out.Every(elsewhere)
			if refused == nil && out.Every(elsewhere) {
				refused = t.elsewhere(location, server, out.All[0].Decision)
			}
		}
		switch {
		case misses:
			return refused
		case !arrives:
			t.notes = append(t.notes, "whether requests get to `"+named(location).String()+"` depends on what can't be seen here")
		}
	}
	return nil
}

// outcomes asks for the location's path at each address of the server, or, where we know no name that the server answers
// to, as if it had been chosen.
func outcomes(e *eval.Evaluator, server, location *config.Directive) []eval.Outcomes {
	for _, d := range server.Own("server_name") {
		for _, word := range d.Args() {
			if strings.ContainsAny(word.Value, "~$") {
				return []eval.Outcomes{e.AtRequest(server, e.Canonical(location, eval.Chrome), version)}
			}
		}
	}
	var all []eval.Outcomes
	for _, l := range e.Table().Listens(server) {
		req := *e.Canonical(location, eval.Chrome)
		if req.TLS = l.TLS; !l.TLS {
			req.ServerName = ""
		}
		switch {
		case l.Addr.Is4() && l.Addr.IsUnspecified():
			req.Local = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), l.Port)
		case l.Addr.IsValid() && l.Addr.IsUnspecified():
			req.Local = netip.AddrPortFrom(netip.IPv6Loopback(), l.Port)
		case l.Addr.IsValid():
			req.Local = netip.AddrPortFrom(l.Addr, l.Port)
		}
		all = append(all, e.Request(&req, version))
	}
	return all
}

// elsewhere words where requests go instead.
func (t *try) elsewhere(location, server *config.Directive, d *route.Decision) error {
	p := named(location)
	if d.Server != nil && d.Server != server {
		return fmt.Errorf("requests for its name would go to another server: %s", describe(d.Server))
	}
	if d.Location == nil {
		by := ""
		if d.By != nil {
			by = ": " + spot(d.By.File.File, d.By.Head().Start) + ": " + source.Printable(d.By.File.Slice(d.By.Head()))
		}
		return fmt.Errorf("%w before it looks for a location%s", errAnswers, by)
	}
	other := named(d.Location)
	text := fmt.Sprintf("requests for `%s` would go to `%s` (%s)", p.name, source.Printable(other.String()), spot(d.Location.File.File, d.Location.Head().Start))
	if other.regex() && p.modifier == "" {
		text += fmt.Sprintf(": a regex wins over a prefix; --path '^~ %s' wins over it", p.name)
	}
	return errors.New(text)
}

// works looks whether the new locations do what they are for with every version aimed at, and are what was meant.
func (t *try) works(done *Insertion) error {
	if len(done.Locations) != len(t.want.paths) {
		return errors.New("the new location is not found where it was put")
	}
	e := eval.New(done.Config)
	for i, meant := range t.want.locations() {
		location := done.Locations[i]
		if err := compare(location.Block.Directives, nodes(meant)); err != nil {
			return err
		}
		for _, profile := range t.want.spec.Profiles {
			for _, client := range []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase} {
				out := e.At(location, client, profile.Representative)
				if out.Every(func(o *eval.Outcome) bool { return o.Upstream == nil || !handshake(o.Upstream) || !accepted(o) }) {
					return fmt.Errorf("the server keeps a WebSocket from working in `%s` (nginx %s); `ngxproof lint` says more", named(location), profile.Representative)
				}
			}
		}
	}
	return nil
}

// nodes returns the directives in a node's block.
func nodes(d *gonginx.Directive) []gonginx.IDirective { return d.GetBlock().GetDirectives() }

// handshake reports whether a backend takes the head for the handshake of a WebSocket.
func handshake(u *eval.Upstream) bool {
	token := func(name, want string) bool {
		lines := u.Lookup(name)
		return len(lines) == 1 && !lines[0].Value.Unknown && strings.EqualFold(lines[0].Value.Text, want)
	}
	return token("Upgrade", "websocket") && token("Connection", "upgrade") && u.Version.Text == "1.1" && len(u.Lookup("Sec-WebSocket-Key")) == 1
}

// accept is how a backend takes a WebSocket.
var accept = eval.Response{Status: 101, Reason: "Switching Protocols", Version: "1.1", Headers: []vars.Header{
	{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"}, {Name: "Sec-WebSocket-Accept", Value: "x"},
}}

// accepted reports whether a browser takes what it gets when the backend accepts; RFC 6455, 4.1.
func accepted(o *eval.Outcome) bool {
	head := o.Answer(accept)
	once := func(name, want string) bool {
		n := 0
		for _, line := range head.Lines {
			if strings.EqualFold(line.Name, name) {
				n++
				if !line.Value.Unknown && !strings.EqualFold(line.Value.Text, want) {
					return false
				}
			}
		}
		return n == 1
	}
	return head.Unknown != "" || head.Tunnel && once("Upgrade", "websocket") && once("Connection", "upgrade") && once("Sec-WebSocket-Accept", "x")
}
