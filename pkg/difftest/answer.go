package difftest

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
)

// Framing is how an answer's end is told.
type Framing string

// The framings of an answer.
const (
	Length  Framing = "length"  // Content-Length
	Chunked Framing = "chunked" // Transfer-Encoding: chunked
	Close   Framing = "close"   // the connection ends
	Bare    Framing = ""        // an answer without a body: 101, 204, 304
)

// Answer is what a scripted backend says. {ACCEPT} in a header is the accept value for the key that it received,
// placeholders are as in Case.
type Answer struct {
	Status  string   `json:"status,omitempty"`  // "HTTP/1.1 200 OK"
	Headers []string `json:"headers,omitempty"` // sent as they are, in order
	Body    string   `json:"body,omitempty"`    // after a 101 without a tunnel: sent, then the connection ends
	Framing Framing  `json:"framing,omitempty"`
	Strict  bool     `json:"strict,omitempty"` // the rest is ignored: answer as a strict WebSocket backend
}

// AcceptKey is the Sec-WebSocket-Accept value of a key. RFC 6455, 4.2.2.
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// bytes is the answer to a request with that method and key.
func (a Answer) bytes(method, key string) []byte {
	var b strings.Builder
	b.WriteString(a.Status + "\r\n")
	for _, line := range a.Headers {
		b.WriteString(strings.ReplaceAll(line, "{ACCEPT}", AcceptKey(key)) + "\r\n")
	}
	switch a.Framing {
	case Length:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.Body))
	case Chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	}
	b.WriteString("\r\n")
	if method == "HEAD" {
		return []byte(b.String())
	}
	return append([]byte(b.String()), a.framed()...)
}

// framed is the body as it goes over the wire; a chunked one in two chunks where it has two bytes.
func (a Answer) framed() string {
	if a.Framing != Chunked {
		return a.Body
	}
	var b strings.Builder
	half := len(a.Body) / 2
	for _, part := range []string{a.Body[:half], a.Body[half:]} {
		if part != "" {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
	}
	return b.String() + "0\r\n\r\n"
}

// switches says whether the answer is a 101.
func (a Answer) switches() bool {
	_, rest, _ := strings.Cut(a.Status, " ")
	return strings.HasPrefix(rest, "101")
}
