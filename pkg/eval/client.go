package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Client is one of the clients that rules ask about.
type Client string

// The clients, as section E of the WebSocket reference names them: W1, W2, W3, P and H.
const (
	// Chrome opens a WebSocket with `Connection: Upgrade`, as Chrome, Safari and most libraries do.
	Chrome Client = "chrome"
	// Firefox opens a WebSocket with `Connection: keep-alive, Upgrade`.
	Firefox Client = "firefox"
	// MixedCase opens a WebSocket with `Upgrade: WebSocket`, as old libraries do.
	MixedCase Client = "mixedcase"
	// Plain sends an ordinary GET and keeps the connection.
	Plain Client = "plain"
	// H2C asks for HTTP/2 on a connection without encryption.
	H2C Client = "h2c"
)

var clients = [...]Client{Chrome, Firefox, MixedCase, Plain, H2C}

// Clients lists the clients in order.
func Clients() []Client { return slices.Clone(clients[:]) }

// ParseClient reads a client's name, in any case.
func ParseClient(name string) (Client, error) {
	for _, c := range clients {
		if strings.EqualFold(string(c), name) {
			return c, nil
		}
	}
	return "", fmt.Errorf("no client is called %q: there are chrome, firefox, mixedcase, plain and h2c", name)
}

// WebSocket reports whether the client opens a WebSocket.
func (c Client) WebSocket() bool { return c == Chrome || c == Firefox || c == MixedCase }

// Request returns what the client sends to host for target, over a connection without encryption. The header lines are
// those that these clients send today, in their order.
func (c Client) Request(host, target string) *vars.Request {
	return &vars.Request{Method: "GET", Target: target, Version: "1.1", Headers: c.headers(host, "http")}
}

// headers returns the client's header lines.
func (c Client) headers(host, scheme string) []vars.Header {
	headers := slices.Clone(clientLines[c])
	for i := range headers {
		switch h := &headers[i]; h.Name {
		case "Host":
			h.Value = host
		case "Origin":
			h.Value = scheme + "://" + host
		}
	}
	return headers
}

const (
	chromeAgent  = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	firefoxAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
)

// clientLines are the header lines of each client; the values of Host and Origin are the request's.
var clientLines = map[Client][]vars.Header{
	Chrome: {
		{Name: "Host", Value: ""},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Pragma", Value: "no-cache"},
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "User-Agent", Value: chromeAgent},
		{Name: "Upgrade", Value: "websocket"},
		{Name: "Origin", Value: ""},
		{Name: "Sec-WebSocket-Version", Value: "13"},
		{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"},
		{Name: "Accept-Language", Value: "en-US,en;q=0.9"},
		{Name: "Sec-WebSocket-Key", Value: sampleKey},
		{Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate; client_max_window_bits"},
	},
	Firefox: {
		{Name: "Host", Value: ""},
		{Name: "User-Agent", Value: firefoxAgent},
		{Name: "Accept", Value: "*/*"},
		{Name: "Accept-Language", Value: "en-US,en;q=0.5"},
		{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"},
		{Name: "Sec-WebSocket-Version", Value: "13"},
		{Name: "Origin", Value: ""},
		{Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate"},
		{Name: "Sec-WebSocket-Key", Value: sampleKey},
		{Name: "Connection", Value: "keep-alive, Upgrade"},
		{Name: "Sec-Fetch-Dest", Value: "empty"},
		{Name: "Sec-Fetch-Mode", Value: "websocket"},
		{Name: "Sec-Fetch-Site", Value: "same-origin"},
		{Name: "Pragma", Value: "no-cache"},
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "Upgrade", Value: "websocket"},
	},
	MixedCase: {
		{Name: "Host", Value: ""},
		{Name: "Upgrade", Value: "WebSocket"},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Origin", Value: ""},
		{Name: "Sec-WebSocket-Version", Value: "13"},
		{Name: "Sec-WebSocket-Key", Value: sampleKey},
	},
	Plain: {
		{Name: "Host", Value: ""},
		{Name: "Connection", Value: "keep-alive"},
		{Name: "User-Agent", Value: chromeAgent},
		{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"},
		{Name: "Accept-Language", Value: "en-US,en;q=0.9"},
	},
	H2C: {
		{Name: "Host", Value: ""},
		{Name: "User-Agent", Value: "curl/8.14.1"},
		{Name: "Accept", Value: "*/*"},
		{Name: "Connection", Value: "Upgrade, HTTP2-Settings"},
		{Name: "Upgrade", Value: "h2c"},
		{Name: "HTTP2-Settings", Value: "AAMAAABkAAQAoAAAAAIAAAAA"},
	},
}
