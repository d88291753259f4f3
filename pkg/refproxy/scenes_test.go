package refproxy

import (
	"strings"
	"time"
)

const (
	get       = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	handshake = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	switched  = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
	ok5       = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	pass      = "location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_pass http://{UP}; }"
	plainPass = "location / { proxy_pass http://{UP}; }"
	second    = time.Second
)

// one is a script for every connection.
func one(steps ...step) [][]step { return [][]step{steps} }

func steps(s ...step) []step { return s }

// raw is a scene in which the client says something and reads the answer.
func raw(name, server, text string) *scene {
	return &scene{name: name, server: server, client: steps(send(text), read()), backend: one(head(), send(ok5), read())}
}

// answers is a scene in which the backend answers a request so, and closes.
func answers(name, text string) *scene {
	return &scene{name: name, server: pass, client: steps(send(get), read()), backend: one(head(), send(text), hangup())}
}

// stays is the same with a backend that keeps the connection.
func stays(name, text string) *scene {
	return &scene{name: name, server: pass, client: steps(send(get), read()), backend: one(head(), send(text), read())}
}

// allScenes lists the scenes.
func allScenes() []*scene {
	all := tunnelScenes()
	all = append(all, answerScenes()...)
	all = append(all, requestScenes()...)
	all = append(all, bodyScenes()...)
	all = append(all, flowScenes()...)
	all = append(all, staticScenes()...)
	all = append(all, balanceScenes()...)
	names := map[string]bool{}
	for _, s := range all {
		if names[s.name] {
			panic("two scenes are called " + s.name)
		}
		names[s.name] = true
	}
	return all
}

func tunnelScenes() []*scene {
	up := func(name string, client []step, backend ...step) *scene {
		return &scene{name: name, server: pass, client: client, backend: one(backend...), log: `$status $upstream_status $body_bytes_sent $sent_http_connection $request`}
	}
	timed := func(name, server string, client []step, backend ...step) *scene {
		s := up(name, client, backend...)
		s.seconds = true
		s.server = "location / { " + server + " proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_pass http://{UP}; }"
		return s
	}
	early := up("client ends with the head", steps(send(handshake), fin(), read()), rest(second/2))
	early.deaf = true
	stuck := timed("client takes nothing", "send_timeout 1s; proxy_read_timeout 20s;", steps(send(handshake), await("\r\n\r\n"), rest(3*second), step{do: "drain"}), head(), send(switched), flood(16<<20))
	stuck.log = "$status"
	return []*scene{early, stuck,
		up("echo", steps(send(handshake), await("\r\n\r\n"), send("ping"), await("ping"), fin(), read()), head(), send(switched), await("ping"), send("ping"), read()),
		up("bytes with the head", steps(send(handshake+"early"), read()), head(), send(switched), await("early"), send("late"), hangup()),
		up("bytes before the 101", steps(send(handshake), rest(second/10), send("early"), read()), head(), rest(second/3), send(switched), await("early"), hangup()),
		up("data with the 101", steps(send(handshake), read()), head(), send(switched+"data"), hangup()),
		up("no upgrade by the client", steps(send(get), rest(second/2), send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"), read()), head(), send(switched+"data"), rest(second), hangup()),
		up("empty Upgrade", steps(send("GET / HTTP/1.1\r\nHost: a\r\nUpgrade:\r\n\r\n"), await("\r\n\r\n"), send("x"), read()), head(), send(switched), await("x"), send("y"), hangup()),
		up("HTTP 1.0 client", steps(send("GET / HTTP/1.0\r\nUpgrade: w\r\n\r\n"), await("\r\n\r\n"), send("x"), read()), head(), send(switched), await("x"), send("y"), hangup()),
		up("POST with a body", steps(send("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: w\r\nContent-Length: 4\r\n\r\nbodymore"), read()), head(), await("body"), send(switched), await("more"), send("y"), hangup()),
		up("101 of HTTP 1.0", steps(send(handshake), await("\r\n\r\n"), send("x"), read()), head(), send("HTTP/1.0 101 Odd\r\n\r\n"), await("x"), send("y"), hangup()),
		up("101 with a length", steps(send(handshake), await("\r\n\r\n"), send("x"), read()), head(), send("HTTP/1.1 101 S\r\nContent-Length: 3\r\nContent-Type: a/b\r\nConnection: close\r\nSet-Cookie: c\r\n\r\n"), await("x"), send("y more"), hangup()),
		up("101 chunked", steps(send(handshake), await("\r\n\r\n"), send("x"), read()), head(), send("HTTP/1.1 101 S\r\nTransfer-Encoding: chunked\r\n\r\n"), await("x"), send("3\r\nabc\r\n0\r\n\r\n"), hangup()),
		up("client ends", steps(send(handshake), await("\r\n\r\n"), send("bye"), fin(), read()), head(), send(switched), read()),
		up("client resets", steps(send(handshake), await("\r\n\r\n"), send("bye"), rest(second/5), reset()), head(), send(switched), await("bye"), read()),
		up("server resets", steps(send(handshake), await("\r\n\r\n"), read()), head(), send(switched), rest(second/5), reset()),
		up("server half-closes", steps(send(handshake), await("\r\n\r\n"), read(), send("x"), rest(second/5), read()), head(), send(switched), rest(second/5), fin(), read()),
		up("3 MB then the end", steps(send(handshake), await("\r\n\r\n"), rest(second), count()), head(), send(switched), step{do: "flood", wait: 3 << 20}, hangup()),
		up("server ends while the client floods", steps(send(handshake), await("\r\n\r\n"), flood(8<<20), read()), head(), send(switched), rest(second/2), send("bye"), fin(), rest(second)),
		up("426 keeps the connection", steps(send(handshake), read(), send(get), read()), head(), send("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno"), head(), send(ok5), read()),
		timed("idle", "proxy_read_timeout 1s;", steps(send(handshake), await("\r\n\r\n"), read()), head(), send(switched), read()),
		timed("client traffic keeps it", "proxy_read_timeout 1s;", steps(send(handshake), await("\r\n\r\n"), rest(second*7/10), send("a"), rest(second*7/10), send("b"), read()), head(), send(switched), read(), read(), read()),
		timed("read timeout 0", "proxy_read_timeout 0;", steps(send(handshake), read()), head(), rest(second/5), send(switched), read()),
		timed("no answer", "proxy_read_timeout 1s;", steps(send(handshake), read()), head(), read()),
		timed("trickling head", "proxy_read_timeout 1s;", steps(send(handshake), read()), head(), send("HTTP/1.1 101"), rest(second*6/10), send(" S\r\n"), rest(second*6/10), send("\r\n"), read()),
	}
}

func answerScenes() []*scene {
	big := func(n int) string {
		return "HTTP/1.1 200 OK\r\nX-Big: " + strings.Repeat("b", n) + "\r\nContent-Length: 0\r\n\r\n"
	}
	length := len(big(0))
	return []*scene{
		stays("100 then 200", "HTTP/1.1 100 Continue\r\n\r\n"+ok5), stays("103 then 200", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+ok5),
		answers("100 then 200, closed", "HTTP/1.1 100 Continue\r\n\r\n"+ok5), answers("103 then 200, closed", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+ok5),
		answers("head of the buffer", big(4096-length)), answers("head one too long", big(4097-length)), answers("head far too long", big(9000)),
		{name: "intercepted challenges", server: "proxy_intercept_errors on; error_page 401 /e; location = /e { internal; add_header X-A b always; return 200 shown; } " + pass, client: steps(send(get), read()),
			backend: one(head(), send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nX: y\r\nwww-authenticate: Digest\r\nContent-Length: 2\r\n\r\nno"), read())},
		{name: "intercepted challenge, another backend", server: "proxy_intercept_errors on; error_page 401 = @other; location @other { proxy_intercept_errors off; proxy_pass http://{UP}; } " + pass, client: steps(send(get), read()),
			backend: one(head(), send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno"), read())},
		answers("no status line", "hello there\r\n\r\nbody"), answers("short status line", "HTTP/1.1\r\n\r\n"), answers("two digits", "HTTP/1.1 20 OK\r\n\r\n"),
		answers("four digits", "HTTP/1.1 2000 OK\r\n\r\n"), answers("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), answers("status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok"),
		answers("status 099", "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok"),
		answers("answer of HTTP 2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), answers("lower case", "http/1.1 200 OK\r\n\r\nok"), answers("bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok"),
		answers("nothing", ""), answers("half a head", "HTTP/1.1 200 OK\r\nContent-Le"), answers("NUL in a value", "HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\nok"),
		answers("blank in a name", "HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 2\r\n\r\nok"), answers("blank before the colon", "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nok"),
		answers("folded", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok"), answers("no colon", "HTTP/1.1 200 OK\r\nX\r\nContent-Length: 2\r\n\r\nok"), answers("empty name", "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nok"),
		answers("odd names", "HTTP/1.1 200 OK\r\nX_Y: a\r\nZ(: b\r\nContent-Length: 2\r\n\r\nok"), answers("tabs", "HTTP/1.1 200 OK\r\nX:\ta\t\r\nContent-Length: 2\r\n\r\nok"),
		answers("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), answers("length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
		answers("chunks and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n"), answers("bad length", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok"), answers("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"),
		answers("unknown encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"), answers("two encodings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), answers("gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
		answers("short body", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"), answers("short chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok"), answers("bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok"), answers("no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
		answers("long body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), answers("trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nT: v\r\n\r\n"), answers("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"), answers("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"), answers("no length", "HTTP/1.1 200 OK\r\n\r\nto the end"),
		answers("many duplicates", "HTTP/1.1 200 OK\r\nDate: x\r\nDate: y\r\nServer: a\r\nServer: b\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nETag: e\r\nETag: f\r\nLast-Modified: g\r\nLast-Modified: h\r\nLocation: i\r\nLocation: j\r\nExpires: k\r\nExpires: l\r\nContent-Encoding: m\r\nContent-Encoding: n\r\nRefresh: o\r\nRefresh: p\r\nWWW-Authenticate: q\r\nWWW-Authenticate: r\r\nVary: s\r\nVary: t\r\nAccept-Ranges: u\r\nAccept-Ranges: v\r\nCache-Control: w\r\nCache-Control: x\r\nLink: y\r\nLink: z\r\nX-Accel-Expires: 1\r\nContent-Length: 2\r\n\r\nok"),
		{name: "head in pieces", server: pass, client: steps(send(get), read()), backend: one(head(), trickle(ok5), read())},
		{name: "backend resets", server: pass, client: steps(send(get), read()), backend: one(head(), reset())},
		{name: "backend resets at once", server: pass, client: steps(send(get), read()), backend: one(reset())},
		{name: "backend resets in the head", server: pass, client: steps(send(get), read()), backend: one(head(), send("HTTP/1.1 200 OK\r\n"), rest(second/5), reset())},
		{name: "backend resets in the body", server: pass, client: steps(send(get), read()), backend: one(head(), send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok"), rest(second/5), reset())},
	}
}

func requestScenes() []*scene {
	post := func(lines, body string) string { return "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body }
	return []*scene{
		raw("two requests at once", pass, get+get), raw("get then rubbish", pass, get+"!!\r\n\r\n"),
		raw("two lengths of a request", pass, post("Content-Length: 2\r\nContent-Length: 2\r\n", "ok")), raw("request length and chunks", pass, post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
		raw("request bare LF", pass, "GET / HTTP/1.1\nHost: a\n\n"), raw("request NUL", pass, "GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n"), raw("request folded", pass, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
		raw("blank before colon", pass, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"), raw("no host", pass, "GET / HTTP/1.1\r\n\r\n"), raw("lower method", pass, "get / HTTP/1.1\r\nHost: a\r\n\r\n"), raw("HTTP 0.9", pass, "GET /\r\n"), raw("HTTP 2.0", pass, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"), raw("preface", pass, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		raw("CONNECT", pass, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"), raw("TRACE", pass, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), raw("chunked identity", pass, post("Transfer-Encoding: identity\r\n", "")),
		raw("too long line", pass, "GET /"+strings.Repeat("a", 9000)+" HTTP/1.1\r\nHost: a\r\n\r\n"), raw("too long header", pass, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("a", 9000)+"\r\n\r\n"), raw("too many headers", pass, "GET / HTTP/1.1\r\nHost: a\r\n"+strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 40)+"\r\n"),
		raw("only line ends", pass, strings.Repeat("\r\n", 100)+get), raw("empty lines between", pass, get+"\r\n\r\n"+get),
		raw("chunked body", pass, post("Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n")+get), raw("bad chunked body", pass, post("Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n0\r\n\r\n")), raw("chunk size too big", pass, post("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n")), raw("chunk without size", pass, post("Transfer-Encoding: chunked\r\n", "\r\n\r\n")),
		raw("body too large", "client_max_body_size 3; "+pass, post("Content-Length: 4\r\n", "abcd")), raw("chunked body too large", "client_max_body_size 3; "+pass, post("Transfer-Encoding: chunked\r\n", "4\r\nabcd\r\n0\r\n\r\n")),
		raw("expect", pass, post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok")), raw("expect of a return", "return 200 ok;", post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok")+get), raw("expect of an error", "return 404;", post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok")+get),
		raw("body of a return", "return 200 ok;", post("Content-Length: 10\r\n", "0123456789")+get), raw("chunks of a return", "return 200 ok;", post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n")+get), raw("body of an error", "return 403;", post("Content-Length: 10\r\n", "0123456789")+get), raw("return 444", "return 444;", get), raw("bad request keeps nothing", "return 200 ok;", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"+get),
		raw("HEAD", pass, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), raw("keep-alive of 1.0", pass, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"+get), raw("close", pass, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"+get), raw("keepalive_requests", "keepalive_requests 2; return 200 ok;", get+get+get), raw("keepalive_timeout 0", "keepalive_timeout 0; return 200 ok;", get+get),
		{name: "trickled request", server: pass, client: steps(trickle("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"), read()), backend: one(head(), await("abcd"), send(ok5), read())},
		{name: "unbuffered body", server: "proxy_request_buffering off; " + pass, client: steps(send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcd"), rest(second), send("efgh"), read()), backend: one(head(), await("abcd"), await("efgh"), send(ok5), read())},
		{name: "unbuffered chunks", server: "proxy_request_buffering off; " + pass, client: steps(send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"), rest(second/2), send("4\r\nefgh\r\n0\r\n\r\n"), read()), backend: one(head(), await("0\r\n\r\n"), send(ok5), read())},
		{name: "early answer to a body", server: "proxy_request_buffering off; " + pass, client: steps(send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcd"), read()), backend: one(head(), send("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"), read())},
		{name: "header timeout", server: "client_header_timeout 1s; return 200 ok;", client: steps(send("GET / HT"), read()), seconds: true}, {name: "silent client", server: "client_header_timeout 1s; return 200 ok;", client: steps(read()), seconds: true},
		{name: "body timeout", server: "client_body_timeout 1s; " + pass, client: steps(send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcd"), read()), seconds: true}, {name: "keepalive timeout", server: "keepalive_timeout 1s; return 200 ok;", client: steps(send(get), await("ok"), read()), seconds: true},
		{name: "client gone before the answer", server: pass, client: steps(send(get), rest(second/5), hangup(), rest(second/2)), backend: one(head(), read()), log: "$status $upstream_status"},
		{name: "client gone but awaited", server: "proxy_ignore_client_abort on; " + pass, client: steps(send(get), rest(second/5), hangup(), rest(second)), backend: one(head(), rest(second/2), send(ok5), read()), log: "$upstream_status"},
		{name: "large body both ways", server: "client_max_body_size 0; " + pass, client: steps(send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n"), flood(900000), await("\r\n\r\n"), count()), backend: one(head(), step{do: "take", wait: 900000}, send("HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n"), flood(700000), read())},
	}
}

func flowScenes() []*scene {
	two := "upstream {NAME} { server {DOWN}; server {UP}; }"
	keep := "upstream {NAME} { server {UP}; keepalive 4; }"
	via := "location / { proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass http://{NAME}; }"
	multi := func(name, http, server string, log string, backend [][]step, client ...step) *scene {
		return &scene{name: name, http: http, server: server, client: client, backend: backend, log: log}
	}
	conns := func(all ...[]step) [][]step { return all }
	again := "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
	status := func(code string) []step {
		return steps(head(), send("HTTP/1.1 "+code+" No\r\nContent-Length: 2\r\n\r\nno"), read())
	}
	return []*scene{
		multi("refused", "", "location / { proxy_pass http://{DOWN}; }", "$status $upstream_status $upstream_addr", nil, send(get), read()),
		multi("next on refused", two, via, "$status $upstream_status $upstream_addr", one(head(), send(ok5), head(), send(ok5), read()), send(get), read(), send(again), read()),
		multi("all refused", "upstream {NAME} { server {DOWN}; }", via, "$status $upstream_status", nil, send(get), read(), send(get), read()),
		multi("no live", "upstream {NAME} { server {DOWN}; server {DOWN} backup; }", via, "$status $upstream_status", nil, send(get), read(), send(get), read()),
		multi("all down", "upstream {NAME} { server {UP} down; }", via, "$status $upstream_status $upstream_addr", nil, send(get), read()),
		multi("next on 503", "upstream {NAME} { server {UP}; server {UP}; }", "proxy_next_upstream http_503; "+via, "$status $upstream_status", conns(status("503"), steps(head(), send(ok5), read())), send(get), read()),
		multi("503 is not next", "upstream {NAME} { server {UP}; server {UP}; }", via, "$status $upstream_status", conns(status("503"), steps(head(), send(ok5), read())), send(get), read()),
		multi("POST is not sent twice", "upstream {NAME} { server {UP}; server {UP}; }", via, "$status $upstream_status", conns(steps(head(), hangup()), steps(head(), send(ok5), read())), send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"), read()),
		multi("GET is sent twice", "upstream {NAME} { server {UP}; server {UP}; }", via, "$status $upstream_status", conns(steps(head(), hangup()), steps(head(), send(ok5), read())), send(get), read()),
		multi("one try", "upstream {NAME} { server {UP}; server {UP}; }", "proxy_next_upstream_tries 1; "+via, "$status $upstream_status", conns(steps(head(), hangup()), steps(head(), send(ok5), read())), send(get), read()),
		multi("next on timeout", "upstream {NAME} { server {UP}; server {UP}; }", "proxy_read_timeout 1s; "+via, "$status $upstream_status", conns(steps(head(), read()), steps(head(), send(ok5), read())), send(get), read()),
		multi("kept connection", keep, via, "$status", one(head(), send(ok5), head(), send(ok5), read()), send(get), await("hello"), send(again), read()),
		multi("pool by default", "upstream {NAME} { server {UP}; }", via, "$status", one(head(), send(ok5), head(), send(ok5), read()), send(get), await("hello"), send(again), read()),
		multi("kept connection is gone", keep, via, "$status", conns(steps(head(), send(ok5), hangup()), steps(head(), send(ok5), read())), send(get), await("hello"), rest(second/5), send(again), read()),
		multi("kept connection fails", keep, via, "$status $upstream_status", conns(steps(head(), send(ok5), head(), hangup()), steps(head(), send(ok5), read())), send(get), await("hello"), send(again), read()),
		multi("kept connection fails a POST", keep, via, "$status $upstream_status", conns(steps(head(), send(ok5), head(), hangup()), steps(head(), send(ok5), read())), send(get), await("hello"), send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), read()),
		multi("closed by the server", keep, via, "$status", one(head(), send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"), read()), send(get), await("hello"), send(again), read()),
		multi("two locations, one pool", keep, "location /a { proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass http://{NAME}; } "+via, "$status", one(head(), send(ok5), head(), send(ok5), read()), send(get), await("hello"), send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"), read()),
		multi("two locations, default pool", "upstream {NAME} { server {UP}; }", "location /a { proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass http://{NAME}; } "+via, "$status", one(head(), send(ok5), head(), send(ok5), read()), send(get), await("hello"), send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"), read()),
		multi("tunnel is not kept", keep, "location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_pass http://{NAME}; }", "$status", one(head(), send(switched), read()), send(handshake), await("\r\n\r\n"), fin(), read(), dialAnew(), send(handshake), await("\r\n\r\n"), fin(), read()),
		multi("intercepted", "", "error_page 404 /e; proxy_intercept_errors on; location = /e { return 200 mine; } "+plainPass, "$status $upstream_status", one(head(), send("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"), read()), send(get), read()),
		multi("error page of a refused backend", "", "error_page 502 /50x.html; location = /50x.html { root html; } location / { proxy_pass http://{DOWN}; }", "$status", nil, send(get), read()),
		multi("error page leads to a backend", "", "error_page 502 = @b; location @b { proxy_pass http://{UP}; } location / { proxy_pass http://{DOWN}; }", "$status $upstream_addr", one(head(), send(ok5), read()), send(get), read()),
		multi("auth allows", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; return 200 in; }", "$status", one(head(), send("HTTP/1.1 204 No\r\n\r\n"), read()), send(get), read()),
		multi("auth 401", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; proxy_pass http://{UP}; }", "$status", one(head(), send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), read()), send(get), read()),
		multi("auth 403", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; proxy_pass http://{UP}; }", "$status", one(head(), send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), read()), send(get), read()),
		multi("auth 500", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; proxy_pass http://{UP}; }", "$status", one(head(), send("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n"), read()), send(get), read()),
		multi("auth 101", "", "location /auth { proxy_set_header Upgrade $http_upgrade; proxy_pass http://{UP}; } location / { auth_request /auth; proxy_pass http://{UP}; }", "", one(head(), send(switched), read()), send(handshake), read()),
		multi("auth with a body", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; proxy_pass http://{UP}; }", "", conns(steps(head(), send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), read()), steps(head(), await("ab"), send(ok5), read())), send("POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"), read()),
		multi("auth sets", "", "location /auth { proxy_pass http://{UP}; } location / { auth_request /auth; auth_request_set $u $upstream_http_x_user; proxy_set_header X-User $u; proxy_pass http://{UP}; }", "", conns(steps(head(), send("HTTP/1.1 200 OK\r\nX-User: joe\r\nContent-Length: 0\r\n\r\n"), read()), steps(head(), send(ok5), read())), send(get), read()),
		multi("limit_conn", "limit_conn_zone $server_port zone={NAME}:1m;", "limit_conn {NAME} 1; "+pass, "$status", one(head(), send(switched), read()), send(handshake), await("\r\n\r\n"), step{do: "other", text: get}),
		multi("deny", "", "deny 127.0.0.1; "+plainPass, "$status", nil, send(get), read()),
		multi("unbuffered answer", "", "proxy_buffering off; "+plainPass, "", one(head(), send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none"), rest(second), send("two"), hangup()), send(get), await("one"), read()),
		multi("log", "", plainPass, `$remote_addr $status $bytes_sent $body_bytes_sent "$request" $request_length $upstream_addr $upstream_status $upstream_response_length $upstream_bytes_sent $upstream_bytes_received $connection_requests $host $http_x "$http_none" $uri`, one(head(), send(ok5), read()), send("GET /p?q HTTP/1.1\r\nHost: A\r\nX: \"q\\\r\n\r\n"), read()),
		multi("log of a tunnel", "", pass, `$status $bytes_sent $body_bytes_sent $request_length $upstream_status $upstream_bytes_sent $upstream_bytes_received $upstream_response_length`, one(head(), send(switched), await("abc"), send("defgh"), read()), send(handshake), await("\r\n\r\n"), send("abc"), await("defgh"), fin(), read()),
		multi("log of a bad request", "", plainPass, `$status "$request" $bytes_sent $request_method $host`, nil, send("!!\r\n\r\n"), read()),
	}
}

func staticScenes() []*scene {
	files := "root html; location / { }"
	ask := func(name, server, line, headers string) *scene {
		return raw(name, server, line+" HTTP/1.1\r\nHost: a\r\n"+headers+"\r\n")
	}
	tag := `"6593766d-a"`
	return []*scene{
		ask("file", files, "GET /a.txt", ""), ask("file HEAD", files, "HEAD /a.txt", ""), ask("index", files, "GET /", ""), ask("folder", files, "GET /sub", ""), ask("folder with slash", files, "GET /sub/", ""), ask("no file", files, "GET /none", ""), ask("POST to a file", files, "POST /a.txt", "Content-Length: 0\r\n"), ask("DELETE of a file", files, "DELETE /a.txt", ""),
		ask("range", files, "GET /a.txt", "Range: bytes=2-4\r\n"), ask("range to the end", files, "GET /a.txt", "Range: bytes=7-\r\n"), ask("last bytes", files, "GET /a.txt", "Range: bytes=-3\r\n"), ask("range outside", files, "GET /a.txt", "Range: bytes=50-\r\n"), ask("bad range", files, "GET /a.txt", "Range: bytes=x\r\n"), ask("other unit", files, "GET /a.txt", "Range: lines=1-2\r\n"), ask("range backwards", files, "GET /a.txt", "Range: bytes=4-2\r\n"),
		ask("if-range", files, "GET /a.txt", "Range: bytes=2-4\r\nIf-Range: "+tag+"\r\n"), ask("if-range, other", files, "GET /a.txt", "Range: bytes=2-4\r\nIf-Range: \"x\"\r\n"), ask("not modified", files, "GET /a.txt", "If-None-Match: "+tag+"\r\n"), ask("modified", files, "GET /a.txt", "If-None-Match: \"x\"\r\n"), ask("weak tag", files, "GET /a.txt", "If-None-Match: W/"+tag+", \"y\"\r\n"), ask("not since", files, "GET /a.txt", "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT\r\n"), ask("since", files, "GET /a.txt", "If-Modified-Since: Tue, 02 Jan 2020 03:04:05 GMT\r\n"), ask("if-match", files, "GET /a.txt", "If-Match: \"x\"\r\n"), ask("unmodified since", files, "GET /a.txt", "If-Unmodified-Since: Tue, 02 Jan 2020 03:04:05 GMT\r\n"),
		ask("alias", "location /f/ { alias html/; }", "GET /f/a.txt", ""), ask("try_files", "root html; location / { try_files $uri /50x.html; }", "GET /none", ""), ask("added headers", "root html; add_header X-A b; location / { }", "GET /a.txt", ""), ask("redirect", "return 301 /x;", "GET /", ""), ask("redirect away", "return 302 https://b/x;", "GET /", ""), ask("text", "return 200 text;", "GET /", ""), ask("page 404", "error_page 404 /50x.html; root html; location / { }", "GET /none", ""), ask("page as 200", "error_page 404 =200 /50x.html; root html; location / { }", "GET /none", ""), ask("etag off", "root html; etag off; location / { }", "GET /a.txt", ""),
		ask("file 1.0", files, "GET /a.txt", "Connection: close\r\n"),
	}
}

// balanceScenes ask a group of servers many times; each answers with its letter.
func balanceScenes() []*scene {
	group := func(name, upstream string, targets ...string) *scene {
		http := "upstream {NAME} { " + upstream + " }\n"
		for i, letter := range []string{"a", "b", "c", "d"} {
			http += "server { listen {B" + string(rune('1'+i)) + "}; access_log off; return 200 " + letter + "; }\n"
		}
		var client []step
		for i, target := range targets {
			last := "keep-alive"
			if i == len(targets)-1 {
				last = "close"
			}
			client = append(client, send("GET "+target+" HTTP/1.1\r\nHost: a\r\nConnection: "+last+"\r\n\r\n"), await("\r\n\r\n"))
		}
		client = append(client, read())
		return &scene{name: name, http: http, server: "location / { proxy_pass http://{NAME}; }", client: client}
	}
	same := strings.Split(strings.Repeat("/ ", 24)+"/", " ")
	var many []string
	for i := range 40 {
		many = append(many, "/path/"+strings.Repeat("x", i%7)+string(rune('a'+i%26)))
	}
	four := "server {B1}; server {B2}; server {B3}; server {B4};"
	return []*scene{
		group("round robin", four, same...), group("weights", "server {B1} weight=5; server {B2}; server {B3} weight=2; server {B4} down;", same...),
		group("one fails", "server {B1} weight=3; server {DOWN}; server {B2};", same...), group("two fail", "server {DOWN}; server {B1} weight=2; server {DOWN} weight=4 max_fails=3; server {B2};", same...),
		group("backups", "server {DOWN}; server {B1} backup; server {B2} backup;", same...), group("all backup but down", "server {B1} down; server {B2} backup; server {B3} backup weight=2;", same...),
		group("never failed", "server {DOWN} max_fails=0; server {B1};", same...), group("ip_hash", "ip_hash; "+four, same...), group("ip_hash, weights", "ip_hash; server {B1}; server {B2} weight=7; server {B3} down; server {DOWN};", same...),
		group("hash", "hash $request_uri; "+four, many...), group("hash, weights", "hash $request_uri; server {B1} weight=3; server {B2}; server {B3} down; server {DOWN};", many...), group("hash of nothing", "hash $http_none; "+four, same...),
		group("consistent", "hash $request_uri consistent; "+four, many...), group("consistent, weights", "hash $request_uri consistent; server {B1} weight=3; server {B2}; server {B3} down; server {DOWN};", many...),
		group("least_conn", "least_conn; "+four, same...), group("least_conn, weights", "least_conn; server {B1} weight=3; server {B2}; server {DOWN}; server {B3} backup;", same...),
	}
}
