// Package scaffold answers: what should a new location, server or site look like?
//
// It builds a gonginx AST of generic nodes, prints it, and puts a location into a configuration that is there. What it
// makes works with every nginx version aimed at, forwards WebSockets and nothing else, and says why in short comments.
package scaffold

import (
	"fmt"
	"time"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// Kind is what is to be made.
type Kind string

// The kinds.
const (
	Location Kind = "location" // a location, for a server block
	Server   Kind = "server"   // a server block, for http; with an upstream block where it needs one
	Map      Kind = "map"      // the maps that the locations use, for http
	Site     Kind = "site"     // a whole file that http includes: maps, upstream, server
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Location, Server, Map, Site} }

// ParseKind reads a kind.
func ParseKind(text string) (Kind, error) {
	for _, k := range Kinds() {
		if text == string(k) {
			return k, nil
		}
	}
	return "", fmt.Errorf("`%s` is none of location, server, map, site", text)
}

// Spec is what a user wants. Zero values stand for the preset's, or the defaults.
type Spec struct {
	// Preset is an application that is known; nil for none.
	Preset *Preset
	// Path is where WebSockets are opened: a location's name, with `=`, `^~`, `~` or `~*` and a blank before it where it
	// has one.
	Path string
	// Upstreams are where the backend listens: "127.0.0.1:3000", "3000", "https://app:8443/base", "unix:/run/app.sock",
	// or the name of an upstream block that is there.
	Upstreams []string
	// ServerNames are the names of the server.
	ServerNames []string
	// Listen are the addresses that the server listens on; none for 80, or 443 with a certificate.
	Listen []string
	// Certificate and Key are the files of the server's TLS certificate; both or none.
	Certificate, Key string
	// ReadTimeout is when an idle WebSocket is closed, Heartbeat how often the application sends something while idle;
	// 0 for the preset's, or an hour.
	ReadTimeout, Heartbeat time.Duration
	// Sticky sends a client to the same backend always.
	Sticky bool
	// AnyUpgrade passes every Upgrade on, h2c too.
	AnyUpgrade bool
	// Profiles are the ranges of nginx versions aimed at; none for all.
	Profiles []catalog.Profile
}

// Field is one thing that a Spec has to say.
type Field string

// The fields that have no default.
const (
	NeedsPath       Field = "path"
	NeedsUpstream   Field = "upstream"
	NeedsServerName Field = "server-name"
)

// Missing returns what the spec has to say beyond what it says.
func (s *Spec) Missing(kind Kind) []Field {
	var fields []Field
	if kind == Map {
		return nil
	}
	if s.Path == "" && s.Preset == nil {
		fields = append(fields, NeedsPath)
	}
	if len(s.Upstreams) == 0 && s.Preset == nil {
		fields = append(fields, NeedsUpstream)
	}
	if len(s.ServerNames) == 0 && kind != Location {
		fields = append(fields, NeedsServerName)
	}
	return fields
}

// New makes what the spec wants as a gonginx AST: generic Directive and Block nodes in nginx's order. Names and
// parameters are the words that are meant, without quotes (Print writes them so that nginx reads them back); comments
// carry their own `#`.
func New(kind Kind, spec Spec) (*gonginx.Config, error) {
	w, err := spec.resolve(kind)
	if err != nil {
		return nil, err
	}
	var list []*gonginx.Directive
	switch kind {
	case Map:
		list = w.maps(kind)
	case Location:
		if w.pool != nil {
			return nil, fmt.Errorf("several backends need an upstream block, which stands outside of the server")
		}
		list = w.locations()
		explain(list[0], w.mapsNote()...)
	case Server:
		list = append(w.upstreams(), w.server()...)
		explain(list[0], w.mapsNote()...)
	case Site:
		list = append(append(w.maps(kind), w.upstreams()...), w.server()...)
		if redirect := w.redirect(); redirect != nil {
			list = append(list, redirect)
		}
	}
	return &gonginx.Config{Block: blockOf(list...)}, nil
}
