package eval

import "github.com/ngxproof/ngxproof/pkg/vars"

// Response is what a backend answers.
type Response struct {
	// Status is the status code, Reason the text after it; nginx passes both on.
	Status int
	Reason string
	// Version is "1.1" or "1.0".
	Version string
	// Headers are the header lines in order.
	Headers []vars.Header
}

// ClientHead is the head that the client gets.
type ClientHead struct {
	// Status is the status code; 0 where the connection is closed without an answer.
	Status int
	// StatusLine is what stands after "HTTP/1.1 ".
	StatusLine string
	// Lines are the header lines in order, with Server and Date, whose value is not known.
	Lines []Line
	// Dropped are the backend's lines that are not passed on, and add_header directives that do not apply.
	Dropped []Line
	// Tunnel says that the connection becomes a tunnel: bytes are passed both ways until a side closes.
	Tunnel bool
	// KeepAlive says that the connection to the client stays open for a further request.
	KeepAlive bool
	// Chunked says that the body is sent in chunks.
	Chunked bool
	// Body is the body of an answer that nginx makes by itself; BodyUnknown where it is not known, or the backend's.
	Body        []byte
	BodyUnknown bool
	// Open says that not all of hide, pass and add_header can be seen; see Upstream.Open.
	Open bool
	// Unknown says why nothing is known of the head; "" where it is.
	Unknown string
}
