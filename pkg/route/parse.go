package route

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Refusal is nginx's answer to a request that it can't read.
type Refusal struct {
	// Status is what nginx answers: 400, 405, 414, 501, 505; 494 (answered as 400) for too large a head.
	Status int
	// Reason is what it logs, such as "client sent invalid method".
	Reason string
}

// Limits are the version and the settings of the default server that reading a request obeys. The zero value is the
// defaults of an old nginx.
type Limits struct {
	// Version is nginx's: it has read hosts and chunks more strictly since 1.29.4.
	Version      catalog.Version
	HeaderBuffer int // client_header_buffer_size, bytes; 0 for 1024
	LargeBuffers int // large_client_header_buffers, count; 0 for 4
	LargeBuffer  int // large_client_header_buffers, bytes each; 0 for 8192
	MaxHeaders   int // max_headers; 0 for no limit, as before 1.29.8
	// KeepSlashes is merge_slashes off: "//.." is a path then.
	KeepSlashes bool
}

// ParseRequest reads the first request of raw: head and body. consumed is how many bytes it took. It returns a Refusal
// where nginx answers by itself, with what it has read of the request by then, and neither a request nor a Refusal where
// raw ends before the request does. Header lines whose names nginx would drop are kept: Router.Route drops them, as the
// server in question says.
//
// nginx: src/http/ngx_http_request.c, ngx_http_process_request_line and ngx_http_process_request_headers.
func ParseRequest(raw []byte, limits Limits) (req *vars.Request, consumed int, refused *Refusal) {
	p := newParser(raw, limits)
	if !p.head() || p.req.Version != "0.9" && !p.body() {
		return p.refusal()
	}
	return p.req, p.at, nil
}

// ParseHead is ParseRequest without the body: consumed is how many bytes the head took.
func ParseHead(raw []byte, limits Limits) (req *vars.Request, consumed int, refused *Refusal) {
	p := newParser(raw, limits)
	if !p.head() {
		return p.refusal()
	}
	return p.req, p.at, nil
}

func newParser(raw []byte, limits Limits) *parser {
	return &parser{raw: raw, req: &vars.Request{}, buffers: newBuffers(limits), limits: limits}
}

// head reads the request line and, but for HTTP/0.9, the header lines.
func (p *parser) head() bool {
	if !p.line() {
		return false
	}
	if p.req.Version == "0.9" {
		return true
	}
	if !p.headers() {
		return false
	}
	p.refused = checkHead(p.req, strictSince(p.limits.Version))
	return p.refused == nil
}

// refusal returns what was read before the refusal; nothing where there is none, since more is to come.
func (p *parser) refusal() (*vars.Request, int, *Refusal) {
	if p.refused == nil {
		return nil, p.at, nil
	}
	return p.req, p.at, p.refused
}

// strictSince reports whether a version reads hosts as RFC 3986 says, CONNECT as RFC 9110 does, and no bare LF in chunks:
// measured are 1.26.3, which does not, and 1.30.6, which does; the change is that of 1.29.4.
func strictSince(v catalog.Version) bool {
	return !v.Before(catalog.Version{Major: 1, Minor: 29, Patch: 4})
}

// parser reads one request.
type parser struct {
	raw     []byte
	at      int
	req     *vars.Request
	refused *Refusal
	buffers buffers
	limits  Limits
	kept    int // header lines so far, but for those with invalid names
}

// refuse ends the reading with nginx's answer.
func (p *parser) refuse(status int, reason string) bool {
	p.refused = &Refusal{Status: status, Reason: reason}
	return false
}

// next returns the next line up to its LF, without it; ok is false where it is not there whole or too long.
func (p *parser) next(tooLong int, reason string) (line []byte, ok bool) {
	n := bytes.IndexByte(p.raw[p.at:], '\n')
	end := len(p.raw)
	if n >= 0 {
		end = p.at + n + 1
	}
	if !p.buffers.fit(p.at, end) {
		return nil, p.refuse(tooLong, reason)
	}
	if n < 0 {
		return nil, false
	}
	line = p.raw[p.at : end-1]
	p.at = end
	return line, true
}

// buffers follows how nginx reads a head into buffers, of which no line may span two.
//
// nginx: ngx_http_alloc_large_header_buffer.
type buffers struct {
	start, size  int // of the buffer in use: where it starts in the head, its bytes
	left, larger int // large buffers that are left, bytes of each
}

func newBuffers(l Limits) buffers {
	return buffers{size: cmp.Or(l.HeaderBuffer, 1024), left: cmp.Or(l.LargeBuffers, 4), larger: cmp.Or(l.LargeBuffer, 8192)}
}

// fit reports whether the line from start to end can be read.
func (b *buffers) fit(start, end int) bool {
	for end > b.start+b.size {
		if part := b.start + b.size - start; part >= b.larger && part > 0 || b.left == 0 {
			return false
		}
		b.left--
		b.start, b.size = start, b.larger
	}
	return true
}

// line reads the request line.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_request_line.
func (p *parser) line() bool {
	for p.at < len(p.raw) && (p.raw[p.at] == '\r' || p.raw[p.at] == '\n') {
		p.at++
	}
	p.buffers.start = p.at - p.at%max(1, p.buffers.size)
	if reason := badStart(p.raw[p.at:]); reason != "" {
		return p.refuse(400, reason)
	}
	line, ok := p.next(414, "client sent too long URI")
	if !ok {
		return false
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	method, rest, _ := strings.Cut(string(line), " ")
	p.req.Method, p.req.Line = method, string(line)
	target, after, spaced := strings.Cut(strings.TrimLeft(rest, " "), " ")
	p.req.Target = target
	if !targetOK(method, target, strictSince(p.limits.Version)) {
		return p.refuse(400, "client sent invalid request")
	}
	return p.version(strings.TrimLeft(after, " "), spaced) && p.path()
}

// path refuses a path that can't be normalised, which nginx does before it reads the header lines.
//
// nginx: ngx_http_process_request_uri.
func (p *parser) path() bool {
	t, ok := parseTarget(p.req.Target)
	if !ok {
		return true
	}
	if _, err := NormaliseURI(t.raw, !p.limits.KeepSlashes); err != nil {
		p.req.Version = ""
		return p.refuse(400, err.Error())
	}
	return true
}

// badStart returns why nginx refuses a request by its first bytes, even where the line is not whole; "" if not.
func badStart(raw []byte) string {
	for i, c := range raw {
		switch {
		case c == ' ' && i > 0:
			return ""
		case (c < 'A' || c > 'Z') && c != '_' && c != '-':
			return "client sent invalid method"
		}
	}
	return ""
}

// version reads what follows the target.
func (p *parser) version(text string, spaced bool) bool {
	if text == "" || !spaced {
		p.req.Version = "0.9"
		if p.req.Method != "GET" {
			return p.refuse(400, "client sent invalid method in HTTP/0.9 request")
		}
		return true
	}
	number, ok := strings.CutPrefix(strings.TrimRight(text, " "), "HTTP/")
	major, minor, dot := strings.Cut(number, ".")
	switch {
	case !ok || !digits(major) || major[0] == '0':
		return p.refuse(400, "client sent invalid request")
	case major != "1":
		return p.refuse(505, "client sent invalid version")
	case !dot || !digits(minor) || len(minor) > 3:
		return p.refuse(400, "client sent invalid request")
	}
	p.req.Version = "1." + minor
	return true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// headers reads the header lines and the empty line after them.
func (p *parser) headers() bool {
	for {
		line, ok := p.next(494, "client sent too long header line")
		if !ok {
			return false
		}
		if len(line) == 0 || string(line) == "\r" {
			return true
		}
		h, ok := parseHeader(line)
		if !ok {
			return p.refuse(400, "client sent invalid header line")
		}
		p.req.Headers = append(p.req.Headers, h)
		if nameOK(h.Name, false) { // measured on 1.30.6: lines that are ignored don't count
			p.kept++
		}
		if p.limits.MaxHeaders > 0 && p.kept > p.limits.MaxHeaders {
			return p.refuse(494, "client sent too many header lines")
		}
	}
}

// parseHeader reads one header line; ok is false where nginx answers 400. Of the blanks, only spaces are cut off a value.
//
// nginx: ngx_http_parse_header_line.
func parseHeader(line []byte) (h vars.Header, ok bool) {
	text := string(bytes.TrimRight(line, "\r"))
	name, value, _ := strings.Cut(text, ":")
	if name == "" {
		return h, false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] == 0x7f {
			return h, false
		}
	}
	value = strings.Trim(value, " ")
	if strings.IndexByte(value, 0) >= 0 || strings.IndexByte(value, '\r') >= 0 {
		return h, false
	}
	return vars.Header{Name: name, Value: value}, true
}

// nameOK reports whether nginx takes a header name for a valid one.
func nameOK(name string, underscores bool) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '-', c == '_' && underscores:
		default:
			return false
		}
	}
	return true
}
