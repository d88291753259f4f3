package eval

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Connection is how a client reached nginx.
type Connection struct {
	// Local and Remote are the addresses of both ends.
	Local, Remote netip.AddrPort
	// TLS says that it is encrypted; ServerName is the name in its handshake.
	TLS        bool
	ServerName string
}

// Raw evaluates the first request of the bytes that came over a connection. consumed is how many bytes it took; it is 0,
// with no outcome, where raw ends before the request does. What nginx refuses to read has one outcome: its answer.
func (e *Evaluator) Raw(raw []byte, c Connection, v catalog.Version) (out Outcomes, consumed int) {
	server := e.defaultServer(c, v)
	req, consumed, refused := route.ParseRequest(raw, e.limits(server, v))
	switch {
	case refused != nil:
		return e.refused(refused, server, c, v), max(consumed, 1)
	case req == nil:
		return Outcomes{}, 0
	}
	req.Local, req.Remote, req.TLS, req.ServerName = c.Local, c.Remote, c.TLS, c.ServerName
	return e.Request(req, v), consumed
}

// defaultServer returns the server that a connection belongs to before it names a host.
func (e *Evaluator) defaultServer(c Connection, v catalog.Version) *config.Directive {
	x := e.exchange(&vars.Request{Method: "GET", Target: "/", Version: "1.0", Local: c.Local, Remote: c.Remote, TLS: c.TLS, ServerName: c.ServerName}, v, nil)
	return e.router.Route(x.run).Server
}

// limits returns what the server allows a request's head to be.
func (e *Evaluator) limits(server *config.Directive, v catalog.Version) route.Limits {
	var l route.Limits
	if server == nil {
		return l
	}
	if d := e.config.Effective(server, "client_header_buffer_size").By; d != nil {
		l.HeaderBuffer = parseSize(d.Arg(1))
	}
	if d := e.config.Effective(server, "large_client_header_buffers").By; d != nil {
		l.LargeBuffers, l.LargeBuffer = parseSize(d.Arg(1)), parseSize(d.Arg(2))
	}
	if !v.Before(catalog.Version{Major: 1, Minor: 29, Patch: 8}) {
		l.MaxHeaders = 1000
		if d := e.config.Effective(server, "max_headers").By; d != nil {
			l.MaxHeaders = parseSize(d.Arg(1))
		}
	}
	return l
}

// parseSize reads a size such as 4k; 0 for what is none.
//
// nginx: src/core/ngx_parse.c, ngx_parse_size.
func parseSize(text string) int {
	unit := 1
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'k', 'K':
			unit = 1 << 10
		case 'm', 'M':
			unit = 1 << 20
		}
	}
	number := text
	if unit > 1 {
		number = text[:len(text)-1]
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || strings.HasPrefix(number, "+") {
		return 0
	}
	return int(n) * unit
}

// refused is nginx's answer to a request that it can't read.
func (e *Evaluator) refused(refusal *route.Refusal, server *config.Directive, c Connection, v catalog.Version) Outcomes {
	req := &vars.Request{Method: "GET", Target: "/", Version: "1.1", Local: c.Local, Remote: c.Remote, TLS: c.TLS,
		Headers: []vars.Header{{Name: "Connection", Value: "close"}}}
	x := e.exchange(req, v, nil)
	x.run.Server, x.run.Location = server, server
	d := &route.Decision{Kind: route.Answer, Server: server, Level: server, Status: refusal.Status, Page: true, PageStatus: refusal.Status}
	d, _ = e.router.ErrorPage(x.run, d, refusal.Status)
	return Outcomes{All: []*Outcome{e.outcome(x, d)}, Complete: true}
}
