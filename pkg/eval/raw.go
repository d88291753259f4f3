package eval

import (
	"bytes"
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
	req, consumed, refused := route.ParseRequest(raw, e.limits(e.defaultServer(c, v), v))
	switch {
	case refused != nil:
		if req.Method == "" {
			req.Method = firstWord(raw)
		}
		return e.refused(req, refused, c, v), max(consumed, 1)
	case req == nil:
		return Outcomes{}, 0
	}
	c.of(req)
	req.BodyRead = true // by the time that nginx asks for it, it is there
	return e.Request(req, v), consumed
}

// Limits returns what requests over a connection may be, before they name a host.
func (e *Evaluator) Limits(c Connection, v catalog.Version) route.Limits {
	return e.limits(e.defaultServer(c, v), v)
}

// Head reads the head of the first request of raw, as Raw does: consumed is how many bytes it took, 0 where it does not
// end there. Where nginx refuses it, refused is its answer, and else it has no outcome.
func (e *Evaluator) Head(raw []byte, l route.Limits, c Connection, v catalog.Version) (req *vars.Request, consumed int, refused Outcomes) {
	req, consumed, refusal := route.ParseHead(raw, l)
	switch {
	case refusal != nil:
		if req.Method == "" {
			req.Method = firstWord(raw)
		}
		return req, max(consumed, 1), e.refused(req, refusal, c, v)
	case req == nil:
		return nil, 0, Outcomes{}
	}
	c.of(req)
	return req, consumed, Outcomes{}
}

// firstWord returns the method of a request line that is too long to be read.
func firstWord(raw []byte) string {
	word, _, found := bytes.Cut(bytes.TrimLeft(raw, "\r\n"), []byte(" "))
	if !found || len(word) > 32 {
		return ""
	}
	return string(word)
}

// defaultServer returns the server that a connection belongs to before it names a host.
func (e *Evaluator) defaultServer(c Connection, v catalog.Version) *config.Directive {
	return e.serverFor(&vars.Request{}, c, v)
}

// serverFor returns the server that a request belongs to by what was read of its head: as far as its Host line, if nginx
// takes that.
func (e *Evaluator) serverFor(read *vars.Request, c Connection, v catalog.Version) *config.Directive {
	req := &vars.Request{Method: "GET", Target: "/", Version: "1.0"}
	for _, h := range read.Headers {
		if equalFold(h.Name, "Host") {
			req.Headers = []vars.Header{h}
			break
		}
	}
	if strings.Contains(read.Target, "://") {
		req.Target = read.Target
	}
	c.of(req)
	if server := e.router.Route(e.exchange(req, v, nil).run).Server; server != nil || len(req.Headers) == 0 {
		return server
	}
	return e.defaultServer(c, v)
}

// of makes the request one over this connection.
func (c Connection) of(req *vars.Request) {
	req.Local, req.Remote, req.TLS, req.ServerName = c.Local, c.Remote, c.TLS, c.ServerName
}

// limits returns what the server allows a request's head to be.
func (e *Evaluator) limits(server *config.Directive, v catalog.Version) route.Limits {
	l := route.Limits{Version: v}
	if server == nil {
		return l
	}
	if d := e.config.Effective(server, "client_header_buffer_size").By; d != nil {
		l.HeaderBuffer = parseSize(d.Arg(1))
	}
	if d := e.config.Effective(server, "large_client_header_buffers").By; d != nil {
		l.LargeBuffers, l.LargeBuffer = parseSize(d.Arg(1)), parseSize(d.Arg(2))
	}
	if d := e.config.Effective(server, "merge_slashes").By; d != nil {
		l.KeepSlashes = d.Arg(1) == "off"
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

// refused is nginx's answer to a request that it can't read whole.
func (e *Evaluator) refused(read *vars.Request, refusal *route.Refusal, c Connection, v catalog.Version) Outcomes {
	c.of(read)
	unread := read.Version == "" || read.Version == "0.9" || refusal.Status == 505 // the request line itself is at fault
	if read.Version == "" {
		read.Version = "1.0"
	}
	x := e.exchange(read, v, nil)
	x.refused = true
	server := e.serverFor(read, c, v)
	if unread {
		server = e.defaultServer(c, v)
	}
	if server == nil {
		d := &route.Decision{Unknown: "no server is known for the connection"}
		return Outcomes{All: []*Outcome{e.outcome(x, d)}, Complete: true}
	}
	d := e.router.Refused(x.run, server, refusal.Status)
	return Outcomes{All: []*Outcome{e.outcome(x, d)}, Complete: true}
}

// ServerOf returns the server that a connection belongs to by the name in its TLS handshake; the default server where
// none has that name.
//
// nginx: src/http/ngx_http_request.c, ngx_http_ssl_servername.
func (e *Evaluator) ServerOf(c Connection, v catalog.Version) *config.Directive {
	req := &vars.Request{}
	if c.ServerName != "" {
		req.Headers = []vars.Header{{Name: "Host", Value: c.ServerName}}
	}
	return e.serverFor(req, c, v)
}
