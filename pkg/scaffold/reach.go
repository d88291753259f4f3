package scaffold

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// errAnswers marks a server that answers before it looks for a location.
var errAnswers = errors.New("the server answers by itself")

// servers returns the servers that may be meant.
func (place Place) servers(c *config.Config, listen []string) ([]*config.Directive, error) {
	var here, found []*config.Directive
	for _, server := range c.Servers() {
		if server.Directive == nil || server.Block == nil || place.In != nil && !place.In(server.File.Path) {
			continue
		}
		here = append(here, server)
		if (place.Server == "" || hasName(server, place.Server)) && listensOn(c, server, listen) {
			found = append(found, server)
		}
	}
	switch {
	case len(here) == 0:
		return nil, errors.New("there is no server block of http in it")
	case len(found) == 0:
		list := ""
		for _, server := range here {
			list += "\n  " + describe(server)
		}
		return nil, fmt.Errorf("none of the servers is meant:%s", list)
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
func listensOn(c *config.Config, server *config.Directive, listen []string) bool {
	if len(listen) == 0 {
		return true
	}
	for _, l := range eval.New(c).Table().Listens(server) {
		if slices.Contains(listen, strconv.Itoa(int(l.Port))) || l.By != nil && slices.Contains(listen, l.By.Arg(1)) {
			return true
		}
	}
	return false
}

// describe names a server for a user.
func describe(server *config.Directive) string {
	text := "server"
	for _, name := range []string{"server_name", "listen"} {
		for _, d := range server.Own(name) {
			text += " " + d.File.Slice(d.Head())
		}
	}
	return spot(server.File.File, server.Head().Start) + ": " + source.Printable(text)
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

// reach says why requests don't get to the new locations, or nil where they do, or where that can't be known.
func (t *try) reach() error {
	e := eval.New(t.probed)
	server := t.probed.Servers()[t.index]
	for _, location := range t.found(t.probed) {
		out := e.AtRequest(server, e.Canonical(location, eval.Chrome), version)
		misses := out.Every(func(o *eval.Outcome) bool { return o.Unknown == "" && o.Decision.Location != location })
		arrives := out.Every(func(o *eval.Outcome) bool { return o.Unknown == "" && o.Decision.Location == location })
		switch {
		case misses:
			return t.elsewhere(location, out.All[0].Decision)
		case !arrives:
			t.notes = append(t.notes, "whether requests get to `"+named(location).String()+"` depends on what can't be seen here")
		}
	}
	return nil
}

// elsewhere words where requests go instead.
func (t *try) elsewhere(location *config.Directive, d *route.Decision) error {
	p := named(location)
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
				if out.Every(func(o *eval.Outcome) bool { return o.Upstream == nil || !handshake(o.Upstream) }) {
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
	return token("Upgrade", "websocket") && token("Connection", "upgrade") && u.Version.Text == "1.1"
}

// isUpgradeHeader reports whether a header line is one of the two that the location sets by itself.
func isUpgradeHeader(name string) bool {
	return strings.EqualFold(name, "Upgrade") || strings.EqualFold(name, "Connection")
}
