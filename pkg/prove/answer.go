package prove

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Backend is the kind of the stand-in backends.
type Backend string

// The kinds. What they answer to a damaged handshake differs as it does between the servers in use.
const (
	// Strict refuses what the strictest servers refuse: anything but HTTP/1.1 with 505, and a head without exactly one
	// Host, one Upgrade and one Connection line that name what they should.
	Strict Backend = "strict"
	// Echo is github.com/coder/websocket.
	Echo Backend = "echo"
	// Node answers as ws for Node.js does, SocketIO as Socket.IO.
	Node     Backend = "node"
	SocketIO Backend = "socketio"
	// Plain speaks no WebSocket: it answers every request with a page.
	Plain Backend = "plain"
)

// Backends lists the kinds, the default first.
func Backends() []Backend { return []Backend{Strict, Echo, Node, SocketIO, Plain} }

// ParseBackend reads a kind.
func ParseBackend(text string) (Backend, error) {
	if b := Backend(text); slices.Contains(Backends(), b) {
		return b, nil
	}
	return "", fmt.Errorf("`%s` is none of echo, strict, node, socketio, plain", text)
}

// reply is what a stand-in answers in place of a 101.
type reply struct {
	status int
	kind   string // Content-Type
	body   string
}

// page is the reply to a request that opens no WebSocket.
var page = &reply{http.StatusOK, "text/plain", "ngxproof: a page\n"}

// answer returns what the kind answers to a head; nil to accept the handshake.
func (b Backend) answer(h *head) *reply {
	switch b {
	case Plain:
		return page
	case Node:
		return nodeAnswer(h)
	case SocketIO:
		return socketIOAnswer(h)
	case Echo:
		return echoAnswer(h)
	default:
		return strictAnswer(h)
	}
}

// strictAnswer refuses whatever a server in use refuses.
func strictAnswer(h *head) *reply {
	upgrade, connection := h.values("Upgrade"), h.values("Connection")
	list := strings.Join(connection, ",")
	switch {
	case len(h.values(keyLine)) == 0 && !h.upgrades():
		return page
	case h.version() != "HTTP/1.1":
		return failure(http.StatusHTTPVersionNotSupported)
	case len(h.values("Host")) != 1:
		return failure(http.StatusBadRequest)
	case len(upgrade) != 1 || !strings.EqualFold(upgrade[0], "websocket"):
		return failure(http.StatusUpgradeRequired)
	case len(connection) != 1 || !hasToken(list, "upgrade") || hasToken(list, "close"):
		return failure(http.StatusBadRequest)
	case h.method() != http.MethodGet:
		return failure(http.StatusMethodNotAllowed)
	case !sound(h):
		return failure(http.StatusBadRequest)
	}
	return nil
}

// nodeAnswer is the column "ws (node)" of what backends answer. Node joins lines of one name.
func nodeAnswer(h *head) *reply {
	upgrade := h.joined("Upgrade")
	switch {
	case upgrade == "" || !hasToken(h.joined("Connection"), "upgrade"):
		if len(h.values(keyLine)) > 0 {
			return failure(http.StatusUpgradeRequired)
		}
		return page
	case h.method() != http.MethodGet:
		return failure(http.StatusMethodNotAllowed)
	case !strings.EqualFold(upgrade, "websocket"):
		return &reply{http.StatusBadRequest, "text/html", "Invalid Upgrade header"}
	case !sound(h):
		return &reply{http.StatusBadRequest, "text/html", "Missing or invalid Sec-WebSocket-Key header"}
	}
	return nil
}

// socketIOAnswer is the column "socket.io".
func socketIOAnswer(h *head) *reply {
	bad := &reply{http.StatusBadRequest, "application/json", `{"code":3,"message":"Bad request"}`}
	upgrade := h.joined("Upgrade")
	switch {
	case upgrade == "" || !hasToken(h.joined("Connection"), "upgrade"):
		if len(h.values(keyLine)) > 0 {
			return bad
		}
		return &reply{http.StatusOK, "text/plain; charset=UTF-8",
			`0{"sid":"ngxproof","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`}
	case h.method() != http.MethodGet, !strings.EqualFold(upgrade, "websocket"), !sound(h):
		return bad
	}
	return nil
}

// echoAnswer leaves handshakes to the library.
func echoAnswer(h *head) *reply {
	if len(h.values(keyLine)) == 0 && !h.upgrades() {
		return page
	}
	return nil
}

const keyLine = "Sec-WebSocket-Key"

// sound reports whether the lines of the handshake itself came through.
func sound(h *head) bool {
	keys := h.values(keyLine)
	return len(keys) == 1 && keys[0] != "" && h.joined("Sec-WebSocket-Version") == "13"
}

func failure(status int) *reply {
	return &reply{status, "text/plain", http.StatusText(status) + "\n"}
}

// bytes returns the reply as it is sent.
func (r *reply) bytes(method string, closes bool) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n", r.status, http.StatusText(r.status), r.kind, len(r.body))
	if r.status == http.StatusUpgradeRequired {
		b.WriteString("Upgrade: websocket\r\n")
	}
	if closes {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	if method != http.MethodHead {
		b.WriteString(r.body)
	}
	return []byte(b.String())
}
