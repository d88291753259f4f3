package difftest

import "strings"

// The dimensions of a request and of the backend's answer. Lines are header lines; a target's is the target.
var (
	dimMethod = &Dimension{Name: "method", Source: "R1", Request: true, Options: []Option{
		o("GET", "GET"), o("POST, length", "POST"), o("POST, chunked", "POST"), o("HEAD", "HEAD"), o("OPTIONS", "OPTIONS"), o("PUT, empty body", "PUT"),
		o("own", "X-PURGE"), masks("CONNECT", "CONNECT"), masks("lower case", "get")}}
	dimProtocol = &Dimension{Name: "protocol", Source: "R1", Request: true, Options: []Option{
		o("1.1", "HTTP/1.1"), o("1.0", "HTTP/1.0"), o("1.2", "HTTP/1.2"), masks("0.9", ""), masks("2.0", "HTTP/2.0"), masks("no number", "HTTP/")}}
	dimClientUpgrade = &Dimension{Name: "client Upgrade", Source: "R2", Request: true, Options: []Option{
		o("absent"), o("websocket", "Upgrade: websocket"), o("WebSocket", "upgrade: WebSocket"), o("empty", "Upgrade:"), o("h2c", "Upgrade: h2c"),
		o("websocket, h2c", "Upgrade: websocket, h2c"), o("twice", "Upgrade: h2c", "Upgrade: websocket"),
		o("4 kB", "Upgrade: "+strings.Repeat("websocket,", 400)), o("padded", "Upgrade: \t websocket \t ")}}
	dimClientConnection = &Dimension{Name: "client Connection", Source: "R3", Request: true, Options: []Option{
		o("absent"), o("Upgrade", "Connection: Upgrade"), o("upgrade", "connection: upgrade"), o("keep-alive, Upgrade", "Connection: keep-alive, Upgrade"),
		o("close", "Connection: close"), o("close, upgrade", "Connection: close, upgrade"), o("keep-alive", "Connection: keep-alive"),
		o("twice", "Connection: keep-alive", "Connection: Upgrade")}}
	dimSec = &Dimension{Name: "Sec-WebSocket", Source: "R4", Request: true, Options: []Option{
		o("present", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: chat, superchat"),
		o("absent"), o("duplicate", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: b3RoZXIgc2FtcGxlIGtleQ==", "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b")}}
	dimClientHost = &Dimension{Name: "client Host", Source: "R4", Request: true, Options: []Option{
		o("plain", "Host: www.{ID}.test"), o("port", "Host: www.{ID}.test:8080"), o("upper case", "HOST: WWW.{UPPER}.TEST"), o("trailing dot", "Host: www.{ID}.test."),
		o("unknown", "Host: nobody.test"), o("address", "Host: 127.0.0.1:{FRONT}"), o("absent"), masks("twice", "Host: www.{ID}.test", "Host: www.{ID}.test"),
		masks("empty", "Host:"), masks("invalid", "Host: a/b")}}
	dimExtra = &Dimension{Name: "other lines", Source: "R4", Request: true, Options: []Option{
		o("none"), o("TE", "TE: trailers"), o("Keep-Alive", "Keep-Alive: timeout=9"), o("Proxy-Connection", "Proxy-Connection: keep-alive"),
		o("Expect", "Expect: 100-continue"), o("underscore", "X_Under_Score: 1", "X-Under-Score: 2"), o("cookies", "Cookie: a=1; b=2", "Cookie: c=3"),
		o("forwarded twice", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2", "X-Dup: a", "X-Dup: b"),
		o("conditional", "Range: bytes=0-3", "If-None-Match: \"x\"", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT"),
		o("browser", "Origin: http://www.{ID}.test", "Authorization: Basic YTpi", "User-Agent: difftest/1", "Accept-Encoding: gzip", "Referer: http://www.{ID}.test/"),
		o("content", "Content-Type: text/x", "Accept: */*", "X-Empty:", "X-Spaces:   a  b  "), o("strange name", "X{bad: 1", "X!ok#: 2", "a/b: 3"),
		o("no colon", "Lonely"), o("high bytes", "X-High: \xe9\xff\x80"), o("bare LF"), masks("folded", "X-Fold: a", " b"), masks("NUL", "X-Nul: a\x00b"),
		masks("space before colon", "X-Space : 1"), masks("control in name", "X-\x01: 1"), masks("duplicate length", "Content-Length: 3", "Content-Length: 3"),
		masks("duplicate Authorization", "Authorization: a", "Authorization: b"), masks("bad length", "Content-Length: 1x"),
		masks("unknown coding", "Transfer-Encoding: gzip"), masks("bad Expect", "If-Match: a", "If-Match: b")}}
	dimTarget = &Dimension{Name: "target", Source: "R5", Request: true, Options: []Option{
		o("/ws", "/ws"), o("/ws/", "/ws/"), o("deep", "/ws/a/b.html"), o("//ws", "//ws//a"), o("%2f", "/ws%2fa%2Fb"), o("%0a", "/ws/a%0ab"), o("query", "/ws?a=1&b=%20c"),
		o("deep query", "/ws/x?a=/../b?c&%zz#f"), o(";p", "/ws/;p=1"), o("/../", "/x/../ws/./a"), o("dots at end", "/ws/a/.."), o("absolute", "http://www.{ID}.test/ws/a?x=1"),
		o("absolute, other host", "http://other.test:81/ws"), o("encoded letter", "/%77s/a%20b%c3%a9"), o("upper case", "/WS/a"), o("high bytes", "/ws/\xc3\xa9"),
		o("fragment", "/ws/a#frag?x"), o("plus", "/ws/a+b&c=d?e+f"), o("empty query", "/ws/?"), o("encoded question", "/ws/%3fa%23%25"),
		masks("very long", "/ws/"+strings.Repeat("a", 9000)), masks("star", "*"), masks("%00", "/ws/%00"), masks("bad escape", "/ws/%zz"),
		masks("no slash", "ws"), masks("above root", "/../../ws"), masks("space", "/ws a b")}}
	dimAnswer = &Dimension{Name: "answer", Source: "U1", Request: true, Options: answerNames()}
)

// requestDimensions are covered in pairs with each other and with the configuration's.
var requestDimensions = []*Dimension{dimMethod, dimProtocol, dimClientUpgrade, dimClientConnection, dimSec, dimClientHost, dimExtra, dimTarget, dimAnswer}

// answers are the backend's scripts, by the value's name.
var answers = []struct {
	name   string
	answer Answer
}{
	{"101", switching("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {ACCEPT}", "X-Backend: b", "Date: "+UpstreamDate, "Server: backend/1")},
	{"101, many headers", switching("HTTP/1.1 101 Switching Protocols", "X-Other: 1", "upgrade: WebSocket", "connection: upgrade", "sec-websocket-accept: {ACCEPT}", "Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Type: text/x", "X-Backend: b", "X-Backend: c", "Keep-Alive: timeout=5", "X-Accel-Buffering: no", "X-Pad: p")},
	{"101, bare", switching("HTTP/1.1 101 ")},
	{"101, HTTP/1.0", switching("HTTP/1.0 101 Odd Reason", "Upgrade: other", "Connection: close")},
	{"200, length", Answer{Status: "HTTP/1.1 200 OK", Headers: []string{"Content-Type: text/plain", "X-Backend: b", "Date: " + UpstreamDate, "Server: backend/1"}, Body: "hello\n", Framing: Length}},
	{"200, chunked", Answer{Status: "HTTP/1.1 200 Fine", Headers: []string{"Content-Type: text/html; charset=utf-8", "X-Backend: b", "Connection: keep-alive", "X-Other: 2"}, Body: "<p>hello</p>", Framing: Chunked}},
	{"200, close", Answer{Status: "HTTP/1.0 200 OK", Headers: []string{"X-Backend: b", "X-Other: 2"}, Body: "until the end", Framing: Close}},
	{"200, many headers", Answer{Status: "HTTP/1.1 200 OK", Headers: []string{"Last-Modified: " + UpstreamDate, "ETag: \"e\"", "Cache-Control: no-cache", "Cache-Control: private", "Expires: 0", "Vary: Origin", "Link: </a>", "Set-Cookie: a=1", "Set-Cookie: b=2", "Accept-Ranges: bytes", "Upgrade: h2c", "X-Backend:", "x-other: lower", "Content-Language: en", "WWW-Authenticate: Basic", "X-Accel-Buffering: no"}, Body: "body", Framing: Length}},
	{"204", Answer{Status: "HTTP/1.1 204 No Content", Headers: []string{"X-Backend: b"}}},
	{"302, backend", Answer{Status: "HTTP/1.1 302 Found", Headers: []string{"Location: http://127.0.0.1:{UP0}/x/y?z"}, Framing: Length}},
	{"302, path", Answer{Status: "HTTP/1.1 302 Found", Headers: []string{"Location: /elsewhere"}, Framing: Length}},
	{"302, old", Answer{Status: "HTTP/1.1 302 Moved", Headers: []string{"Location: http://old.test/a", "X-Backend: b"}, Body: "moved", Framing: Length}},
	{"302, block", Answer{Status: "HTTP/1.1 302 Found", Headers: []string{"Location: http://up_{ID}/x/y", "Refresh: 5; url=http://up_{ID}/r"}, Framing: Length}},
	{"304", Answer{Status: "HTTP/1.1 304 Not Modified", Headers: []string{"ETag: \"e\"", "X-Backend: b"}}},
	{"400", Answer{Status: "HTTP/1.1 400 Bad Request", Headers: []string{"Content-Type: application/json", "X-Backend: b"}, Body: `{"code":3}`, Framing: Length}},
	{"404, chunked", Answer{Status: "HTTP/1.1 404 Not Found", Headers: []string{"X-Backend: b"}, Body: "nothing", Framing: Chunked}},
	{"426", Answer{Status: "HTTP/1.1 426 Upgrade Required", Headers: []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Content-Type: text/plain"}, Body: "Upgrade Required", Framing: Length}},
	{"500, close", Answer{Status: "HTTP/1.1 500 Internal Server Error", Headers: []string{"Connection: close", "Server: backend/1"}, Body: "oops", Framing: Close}},
	{"strict", Answer{Strict: true}},
}

func switching(status string, headers ...string) Answer {
	return Answer{Status: status, Headers: headers, Body: "after"}
}

func answerNames() []Option {
	var out []Option
	for _, a := range answers {
		out = append(out, o(a.name))
	}
	return out
}
