// Package websocket answers: where does a WebSocket fail, and why? Its rules ask the evaluator what the backend receives
// from the five clients; none matches text.
//
// The files without a page are the questions that the rules share: site.go (where requests are proxied), handshake.go
// (what RFC 6455 asks of a head), versions.go (for which versions of nginx something holds), headers.go (which directive
// decides a header), causes.go (one finding for one cause), evidence.go (the head as a finding shows it).
package websocket

import (
	"embed"

	"github.com/ngxproof/ngxproof/pkg/lint"
)

//go:embed *.md
var pages embed.FS

var set = lint.NewSet("websocket", pages)

// Rules returns the category's rules.
func Rules() *lint.Set { return set }
