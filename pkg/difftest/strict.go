package difftest

import (
	"net/http"
	"strconv"
	"strings"
)

// strictAnswer is what the strictest backends in use say to a handshake: HTTP/1.1 or 505, exactly one Upgrade line with
// the token websocket and one Host line, Connection lines whose joined list has upgrade and not close, a key and
// version 13; then a valid 101. A plain request, without Upgrade and without an upgrade token, gets a 200.
func strictAnswer(h head) Answer {
	upgrade, connection := h.values("Upgrade"), strings.Join(h.values("Connection"), ",")
	switch {
	case h.version() != "HTTP/1.1":
		return failure(505)
	case len(h.values("Host")) != 1:
		return failure(400)
	case len(upgrade) == 0 && !hasToken(connection, "upgrade") && h.value("Sec-WebSocket-Key") == "":
		return Answer{Status: "HTTP/1.1 200 OK", Headers: []string{"Content-Type: text/plain"}, Body: "plain\n", Framing: Length}
	case len(upgrade) != 1 || !hasToken(upgrade[0], "websocket"):
		return failure(426)
	case !hasToken(connection, "upgrade") || hasToken(connection, "close"):
		return failure(400)
	case !oneValue(h, "Sec-WebSocket-Key") || h.value("Sec-WebSocket-Version") != "13":
		return failure(400)
	}
	return Answer{Status: "HTTP/1.1 101 Switching Protocols",
		Headers: []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {ACCEPT}"}}
}

func oneValue(h head, name string) bool {
	all := h.values(name)
	return len(all) == 1 && all[0] != ""
}

func failure(code int) Answer {
	return Answer{Status: "HTTP/1.1 " + strconv.Itoa(code) + " " + http.StatusText(code),
		Headers: []string{"Content-Type: text/plain"}, Body: http.StatusText(code) + "\n", Framing: Length}
}
