package difftest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Bytes is text that may hold any byte. In JSON a byte is the code point of the same number, so that nothing is lost
// and what is ASCII reads as itself.
type Bytes string

// MarshalJSON writes each byte as the code point of its number.
func (b Bytes) MarshalJSON() ([]byte, error) {
	runes := make([]rune, len(b))
	for i := range len(b) {
		runes[i] = rune(b[i])
	}
	return json.Marshal(string(runes))
}

// UnmarshalJSON reads what MarshalJSON wrote; a code point above 255 is an error.
func (b *Bytes) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	var out []byte
	for _, r := range text {
		if r > 0xff {
			return fmt.Errorf("code point %U is no byte", r)
		}
		out = append(out, byte(r))
	}
	*b = Bytes(out)
	return nil
}

// Result is what a server made of a case.
type Result struct {
	Accepted     bool          `json:"accepted"`
	Message      string        `json:"message,omitempty"`      // nginx's first complaint, without time and process
	Observations []Observation `json:"observations,omitempty"` // one a request; nil where the configuration is refused
}

// Observation is what one request made visible on both sides of nginx, in canonical addresses.
type Observation struct {
	Upstream []Exchange `json:"upstream,omitempty"` // what reached backends, in order of arrival
	Interim  []string   `json:"interim,omitempty"`  // status lines before the final one ("HTTP/1.1 100 Continue")
	Status   string     `json:"status"`             // the status line; empty for an HTTP/0.9 answer or none
	Headers  []string   `json:"headers,omitempty"`  // "Name: value" in order; nginx's own date reads {DATE}
	Body     Bytes      `json:"body,omitempty"`     // without its framing
	Tunnel   bool       `json:"tunnel,omitempty"`   // bytes of the client came back from the backend after a 101
	Closed   bool       `json:"closed,omitempty"`   // nginx closed the connection after the answer
	Fault    string     `json:"fault,omitempty"`    // what went wrong in the harness ("timeout"); never in a good run
}

// Exchange is one request as a backend received it.
type Exchange struct {
	Backend string `json:"backend"`        // "UP0" to "UP2" or "SOCK"
	Conn    int    `json:"conn"`           // which connection of the case, from 1: the same number is a reused one
	Head    Bytes  `json:"head"`           // every byte to the empty line, with it
	Body    Bytes  `json:"body,omitempty"` // without its framing
}

// Code is the status code, 0 where there is no status line.
func (o *Observation) Code() int {
	var code int
	if _, rest, ok := strings.Cut(o.Status, " "); ok {
		_, _ = fmt.Sscanf(rest, "%3d", &code) // no digits: 0, as documented
	}
	return code
}

// Header is the value of the first header of that name, spelled in any case.
func (o *Observation) Header(name string) (string, bool) {
	for _, line := range o.Headers {
		if n, value, _ := strings.Cut(line, ":"); strings.EqualFold(n, name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// ValidHandshake says whether a browser would take the answer for a WebSocket: 101, Upgrade, Connection, the accept
// value that belongs to key, and bytes through the tunnel. RFC 6455, 4.1.
func (o *Observation) ValidHandshake(key string) bool {
	upgrade, _ := o.Header("Upgrade")
	connection, _ := o.Header("Connection")
	accept, _ := o.Header("Sec-WebSocket-Accept")
	return o.Code() == 101 && strings.EqualFold(upgrade, "websocket") && hasToken(connection, "upgrade") &&
		accept == AcceptKey(key) && o.Tunnel
}

// hasToken looks for a member of a comma-separated list, in any case.
func hasToken(list, token string) bool {
	for member := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(member, " \t"), token) {
			return true
		}
	}
	return false
}

// quoted is the text with what is not printable ASCII escaped, without quotation marks.
func quoted(text string) string {
	q := strconv.QuoteToASCII(text)
	return q[1 : len(q)-1]
}
