package vars

import "net/netip"

// Header is one header line: the name as sent, and the value without the blanks around it.
type Header struct{ Name, Value string }

// Request is what a client sends, and over which connection. It is not changed by evaluating it.
type Request struct {
	// Method is the method as sent, such as GET.
	Method string
	// Target is the request target as sent: "/ws?a=b", "http://host/ws", "*".
	Target string
	// Version is "1.1", "1.0" or "0.9"; "2.0" for HTTP/2.
	Version string
	// Line is the request line as sent, without its end; "" for the plain one of Method, Target and Version.
	Line string
	// Headers are the header lines in order, in the client's spelling.
	Headers []Header
	// Body is what follows the head, with chunks put together.
	Body []byte
	// Chunked says that the body comes with Transfer-Encoding: chunked.
	Chunked bool
	// BodyRead says that the body was there whole before it was to be passed on: it goes with its length then, whatever
	// proxy_request_buffering says.
	BodyRead bool
	// BodyUnknown says that there may be a body whose bytes are not known.
	BodyUnknown bool
	// Local is the address that the client connected to; the zero AddrPort where it is not known: any listener.
	Local netip.AddrPort
	// Remote is the client's address; the zero AddrPort where it is not known.
	Remote netip.AddrPort
	// TLS says that the connection is encrypted.
	TLS bool
	// ServerName is the name that the client sent in the TLS handshake (SNI); "" for none.
	ServerName string
	// BodyLength is the body's length where Body is not read yet; else 0.
	BodyLength int
	// Live is what a running server knows; nil where the request is only evaluated.
	Live *Live
}
