package eval

import (
	"regexp/syntax"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Canonical returns the request that At evaluates: the client asks the server's first name for the location's own path,
// or for a path that its regex matches, without arguments; encrypted where the server has a listen with ssl. For a named
// location, and a regex that we find no path for, the target is "/".
func (e *Evaluator) Canonical(location *config.Directive, client Client) *vars.Request {
	n := slices.Index(clients[:], client)
	if n < 0 {
		return client.Request(defaultHost, e.sampleTarget(location))
	}
	var req vars.Request
	e.facts(location).door.request(&req, n, e.sampleTarget(location))
	return &req
}

// door is how the clients come to a server.
type door struct {
	host    string
	tls     bool
	headers [len(clients)]atomic.Pointer[[]vars.Header] // made when first asked for
}

// defaultHost is asked for where no server says a name.
const defaultHost = "example.com"

// defaultDoor is that of a location without a server.
var defaultDoor = newDoor(defaultHost, false)

// newDoor returns the door of a server of that name.
func newDoor(host string, tls bool) *door {
	return &door{host: host, tls: tls}
}

// lines returns the header lines that a client sends there.
func (d *door) lines(client int) []vars.Header {
	if known := d.headers[client].Load(); known != nil {
		return *known
	}
	scheme := "http"
	if d.tls {
		scheme = "https"
	}
	lines := clients[client].headers(d.host, scheme)
	d.headers[client].Store(&lines)
	return lines
}

// request makes req a client's request.
func (d *door) request(req *vars.Request, client int, target string) {
	*req = vars.Request{Method: "GET", Target: target, Version: "1.1", Headers: d.lines(client)}
	if d.tls {
		req.TLS, req.ServerName = true, d.host
	}
}

// serverHost returns a name that the server answers to.
func serverHost(server *config.Directive) string {
	for _, d := range server.Own("server_name") {
		for _, word := range d.Args() {
			name := word.Value
			switch {
			case name == "" || name == "_" || name[0] == '~' || strings.IndexByte(name, '$') >= 0:
			case strings.HasPrefix(name, "*."):
				return "www" + name[1:]
			case strings.HasSuffix(name, ".*"):
				return name[:len(name)-1] + "com"
			default:
				return strings.TrimPrefix(name, ".")
			}
		}
	}
	return defaultHost
}

// serverTLS reports whether the server listens with ssl.
func serverTLS(server *config.Directive) bool {
	for _, d := range server.Own("listen", "ssl") {
		for _, word := range d.Args() {
			if word.Value == "ssl" || word.Value == "quic" || d.Name() == "ssl" && word.Value == "on" {
				return true
			}
		}
	}
	return false
}

// sampleTarget returns a request target that the location may be chosen for.
func (e *Evaluator) sampleTarget(location *config.Directive) string {
	for at := location; at != nil && at.Directive != nil; at = at.Parent {
		if at.Name() != "location" {
			continue
		}
		if prefix := uriPrefix(at); strings.HasPrefix(prefix, "/") {
			return escapeURI(prefix)
		}
		if pattern, fold := locationRegex(at); pattern != "" {
			return e.sampleOf(pattern, fold)
		}
		break
	}
	return "/"
}

// locationRegex returns a location's pattern; "" where it has none.
func locationRegex(d *config.Directive) (pattern string, fold bool) {
	modifier, pattern := d.Arg(1), d.Arg(2)
	if len(d.Words) == 2 {
		modifier = modifier[:len(modifier)-len(strings.TrimLeft(modifier, "~*"))]
		pattern = d.Arg(1)[len(modifier):]
	}
	switch modifier {
	case "~":
		return pattern, false
	case "~*":
		return pattern, true
	}
	return "", false
}

// sampleOf returns a path that the pattern matches, or "/".
func (e *Evaluator) sampleOf(pattern string, fold bool) string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	re, failed := e.table.Regexp(pattern, fold)
	if err != nil || failed != nil {
		return "/"
	}
	text := string(sample(nil, tree, 0))
	candidates := []string{text, "/" + text, "/x" + text}
	if strings.HasPrefix(text, ".") { // of `\.php$`
		candidates = []string{"/x" + text, "/" + text}
	}
	for _, path := range candidates {
		if strings.HasPrefix(path, "/") && !strings.ContainsAny(path, "?#% ") {
			if m, err := re.Match(path); err == nil && m != nil {
				return escapeURI(path)
			}
		}
	}
	return "/"
}

// maxSample bounds the samples of patterns such as `(a{100}){100}`.
const maxSample = 256

// sample appends the shortest text that the pattern's tree plainly stands for.
func sample(to []byte, tree *syntax.Regexp, depth int) []byte {
	if len(to) > maxSample || depth > maxSample {
		return to
	}
	switch tree.Op {
	case syntax.OpLiteral:
		return append(to, string(tree.Rune)...)
	case syntax.OpCharClass:
		return append(to, sampleByte(tree.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return append(to, 'x')
	case syntax.OpCapture, syntax.OpPlus:
		return sample(to, tree.Sub[0], depth+1)
	case syntax.OpRepeat:
		for range tree.Min {
			to = sample(to, tree.Sub[0], depth+1)
		}
	case syntax.OpConcat:
		for _, sub := range tree.Sub {
			to = sample(to, sub, depth+1)
		}
	case syntax.OpAlternate:
		return sample(to, tree.Sub[0], depth+1)
	}
	return to
}

// sampleByte returns a byte of the class, a letter if there is one.
func sampleByte(ranges []rune) byte {
	for _, want := range "xa1/-._" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return byte(want)
			}
		}
	}
	if len(ranges) > 0 && ranges[0] > ' ' && ranges[0] < 0x7f {
		return byte(ranges[0])
	}
	return 'x'
}
