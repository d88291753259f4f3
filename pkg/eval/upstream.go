package eval

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Upstream is what nginx sends to the backend, and on what terms.
type Upstream struct {
	// Scheme is "http" or "https".
	Scheme vars.Value
	// Host is $proxy_host: with the port where it is not the scheme's own; "localhost" for a unix socket.
	Host vars.Value
	// Port is $proxy_port; "" for a unix socket.
	Port string
	// Socket is the path of a unix socket; "" where there is none.
	Socket string
	// Block is the upstream block that is asked; nil for a literal address or a name to be resolved.
	Block *config.Directive
	// Resolve says that the name comes from a variable and names no upstream block nor address, so that nginx needs
	// a resolver: 502 where the location has none (NoResolver).
	Resolve, NoResolver bool
	// Method, URI and Version are those of the request line; Version is "1.0", "1.1" or "2".
	Method, URI, Version vars.Value
	// VersionBy is the proxy_http_version directive; nil for the default of nginx's version.
	VersionBy *config.Directive
	// Open says that not all proxy_set_header directives can be seen: further lines may be sent, each line marked
	// Maybe may be missing or differ, and each dropped line marked Maybe may be sent. What is not Maybe is sure.
	Open bool
	// Body is what is sent after the head; nil where BodyUnknown.
	Body []byte
	// BodyUnknown says that a body may be sent whose bytes are not known.
	BodyUnknown bool
	// Chunked says that the body is sent in chunks; Body holds it without them.
	Chunked bool
	// Keepalive says that the connection may come from, and return to, a pool of the upstream block.
	Keepalive bool
	// Cached says that proxy_cache is on for the request.
	Cached bool
	// Timers are what ends the request or its tunnel; never nil.
	Timers *Timers
	// Pass is the proxy_pass directive.
	Pass *config.Directive

	from material // of the header lines
}

// Origin says where a header line comes from.
type Origin uint8

// The origins.
const (
	// OriginDefault: nginx adds it by itself.
	OriginDefault Origin = iota
	// OriginDirective: a directive sets it; Line.By is that directive.
	OriginDirective
	// OriginClient: the client (or, in a response, the backend) sent it, and it is passed on.
	OriginClient
)

// String gives "default", "directive" or "client".
func (o Origin) String() string { return [...]string{"default", "directive", "client"}[o] }

// Line is one header line and why it is, or is not, there.
type Line struct {
	// Name is as sent: in the spelling of the directive, of nginx or of the client.
	Name  string
	Value vars.Value
	// By is the directive that sets it; nil for other origins.
	By *config.Directive
	// DroppedAt is, in Dropped, the directive that dropped it; nil where nginx does so by itself.
	DroppedAt *config.Directive
	// DroppedBy says, in Dropped, why the line is not sent.
	DroppedBy Reason
	// Origin says where the line comes from.
	Origin Origin
	// Maybe says that hidden directives may remove the line, change it or, for a dropped one, restore it.
	Maybe bool
}

// Reason says why a line is dropped.
type Reason uint8

// The reasons.
const (
	// Sent: it is not dropped.
	Sent Reason = iota
	// EmptyValue: its value is empty, and nginx sends no empty lines.
	EmptyValue
	// Replaced: a directive sets the header; DroppedAt is the first.
	Replaced
	// HopByHop: nginx by itself sends no such line on.
	HopByHop
	// ForCache: nginx removes it because it may cache the response.
	ForCache
	// NotPassed: proxy_pass_request_headers is off.
	NotPassed
	// Superseded: a later directive of the same name wins (Host since nginx 1.31.4).
	Superseded
	// Hidden: proxy_hide_header, or nginx by itself, hides the backend's line.
	Hidden
	// StatusNotCovered: add_header without always does not add to this status.
	StatusNotCovered
	// OwnInstead: nginx by itself sends one of its own instead.
	OwnInstead
)

// reasons are the texts of the reasons.
var reasons = [...]string{"", "empty value", "replaced", "hop-by-hop", "cache", "proxy_pass_request_headers off",
	"a later directive wins", "hidden", "status not covered", "nginx sends its own"}

// String gives the reason in words, "" for Sent.
func (r Reason) String() string { return reasons[r] }

// Values returns the values of all lines of that name (any case), in order. known is false where hidden directives may
// add, remove or change such a line, or a value is not known: then nothing may be claimed of the header.
func (u *Upstream) Values(name string) (values []string, known bool) {
	m := u.named(name, theValues)
	return m.values, !u.Open && !m.unknown
}

// Lookup returns the lines of that name (any case) that are sent, in order.
func (u *Upstream) Lookup(name string) []Line {
	m := u.named(name, theSent)
	return m.lines
}

// Decider returns the proxy_set_header directive that decides about the header of that name (any case): the one whose
// line is sent, else the last one whose line is dropped; nil where nginx's default or the client's line holds.
func (u *Upstream) Decider(name string) *config.Directive {
	m := u.named(name, theDecider)
	if m.sentBy != nil {
		return m.sentBy
	}
	return m.droppedBy
}

// Head returns the bytes of the head: request line, header lines, and the empty line. Of a value that is not known it
// holds the readable stand-in.
func (u *Upstream) Head() []byte { return u.AppendHead(make([]byte, 0, u.size())) }

// AppendHead appends what Head returns, for who looks at many heads and keeps none.
func (u *Upstream) AppendHead(to []byte) []byte {
	m := u.maker(theHead)
	head := append(append(to, u.Method.Text...), ' ')
	head = append(append(append(head, u.URI.Text...), " HTTP/"...), u.Version.Text...)
	m.head = append(head, "\r\n"...)
	m.make()
	return append(m.head, "\r\n"...)
}

// size returns about how long the head is, rather more than less.
func (u *Upstream) size() int {
	const fixed = 128 // request line and nginx's own headers
	n := fixed + len(u.URI.Text) + len(u.Host.Text)
	for i := range u.from.values {
		n += len(u.from.plan.headers.items[i].name) + len(u.from.values[i].Text) + len(": \r\n")
	}
	for i := range u.from.client {
		n += len(u.from.client[i].Name) + len(u.from.client[i].Value) + len(": \r\n")
	}
	return n
}

// append appends the line with its end to head.
func (l *Line) append(head []byte) []byte {
	head = append(append(head, l.Name...), ": "...)
	return append(append(head, l.Value.Text...), "\r\n"...)
}

// Known reports whether every byte of the head is known.
func (u *Upstream) Known() bool {
	m := u.maker(theValues)
	m.make()
	return !m.unknown && !u.Open && !u.Method.Unknown && !u.URI.Unknown && !u.Version.Unknown
}
