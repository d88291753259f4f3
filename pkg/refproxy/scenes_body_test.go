package refproxy

// bodyScenes are request bodies that are passed on while they come in, and what ends them.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_read_unbuffered_request_body.
func bodyScenes() []*scene {
	const chunked, length8 = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n"
	up := func(name, more string, client []step, backend ...step) *scene {
		return &scene{name: name, server: "proxy_request_buffering off; " + more + pass, client: client, backend: one(backend...), log: "$status $upstream_status $request"}
	}
	limit := "client_max_body_size 3; "
	at := func(first string, pieces ...string) []step {
		client := steps(send(first))
		for _, piece := range pieces {
			client = append(client, rest(second/2), send(piece))
		}
		return append(client, read())
	}
	return []*scene{
		up("unbuffered chunks at once", "", at(chunked+"4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"), head(), send(ok5), read()),
		up("unbuffered length at once", "", at(length8+"abcdefgh"), head(), send(ok5), read()),
		up("unbuffered then another request", "", at(chunked+"4\r\nabcd\r\n", "0\r\n\r\n"+get), head(), await("0\r\n\r\n"), send(ok5), head(), send(ok5), read()),
		up("unbuffered 1 MB", "", steps(send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"), flood(1000000), read()), head(), step{do: "take", wait: 1000000}, send(ok5), read()),
		up("unbuffered bad chunk at once", "", at(chunked+"zz\r\nab"), head(), send(ok5), read()),
		up("unbuffered bad chunk after a good one", "", at(chunked+"2\r\nab\r\nzz\r\n"), head(), send(ok5), read()),
		up("unbuffered bad chunk later", "", at(chunked+"2\r\nab\r\n", "zz\r\n"), head(), read(), read()),
		up("unbuffered bad end of a chunk later", "", at(chunked+"2\r\nab\r\n", "2\r\nabc"), head(), read(), read()),
		up("unbuffered too large at once", limit, at(chunked+"4\r\nabcd\r\n0\r\n\r\n"), head(), send(ok5), read()),
		up("unbuffered too large, announced", limit, at(chunked+"ff\r\na"), head(), send(ok5), read()),
		up("unbuffered too large, only announced", limit, at(chunked+"ff\r\n", "a"), head(), read(), read()),
		up("unbuffered too large later", limit, at(chunked+"2\r\nab\r\n", "2\r\ncd\r\n"), head(), read(), read()),
		up("unbuffered too large in the end", limit, at(chunked+"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), head(), read(), read()),
		up("unbuffered just large enough", limit, at(chunked+"2\r\nab\r\n", "1\r\nc\r\n0\r\n\r\n"), head(), await("0\r\n\r\n"), send(ok5), read()),
		up("unbuffered too large, length", limit, at(length8, "abcdefgh"), head(), send(ok5), read()),
		up("unbuffered bad chunk after the answer's head", "", at(chunked+"2\r\nab\r\n", "zz\r\n"), head(), send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), read(), read()),
		up("unbuffered client ends", "", steps(send(length8+"abcd"), rest(second/2), fin(), read()), head(), read(), read()),
		up("unbuffered client ends in a chunk", "", steps(send(chunked+"8\r\nabcd"), rest(second/2), fin(), read()), head(), read(), read()),
		up("unbuffered client is gone", "", steps(send(length8+"abcd"), rest(second/2), reset(), rest(second)), head(), read(), read()),
		up("unbuffered client goes after its body", "", steps(send(length8+"abcd"), rest(second/2), send("efgh"), rest(second/2), hangup(), rest(second)), head(), await("abcdefgh"), rest(second), read()),
		up("unbuffered client goes, and is awaited", "proxy_ignore_client_abort on; ", steps(send(length8+"abcd"), rest(second/2), send("efgh"), rest(second/2), hangup(), rest(second)), head(), await("abcdefgh"), rest(second), send(ok5), read()),
		up("unbuffered, then the next on both", "", steps(send(length8+"abcd"), rest(second/2), send("efgh"), await("hello"), rest(second/5), send(get), read()), head(), await("abcdefgh"), rest(second/2), send(ok5), head(), send(ok5), read()),
		up("unbuffered half a size", "", at(chunked+"z"), head(), send(ok5), read()),
		up("unbuffered size is no number", "", at(chunked+"2\r\nab\r\n", "ffffffffffffffffff"), head(), read(), read()),
		up("unbuffered, body not passed", "proxy_pass_request_body off; ", at(length8+"abcd", "efgh"), head(), send(ok5), read()),
		up("unbuffered, another body", "proxy_set_body other; ", at(length8+"abcd", "efgh"), head(), await("other"), send(ok5), read()),
		up("unbuffered tunnel", "", at("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: w\r\nConnection: upgrade\r\nContent-Length: 8\r\n\r\nabcd", "efgh", "more"), head(), await("abcdefgh"), send(switched), await("more"), send("y"), hangup()),
		up("unbuffered server ends", "", at(length8+"abcd", "efgh"), head(), await("abcd"), hangup()),
		up("unbuffered server resets", "", at(length8+"abcd", "efgh"), head(), await("abcd"), reset()),
		up("unbuffered not tried twice", "", at(length8+"abcd", "efgh"), head(), await("abcd"), send("HTTP/1.1 200"), hangup()),
		up("unbuffered trailers", "", at(chunked+"2\r\nab\r\n", "0\r\nT: v\r\n\r\n"), head(), await("0\r\n\r\n"), send(ok5), read()),
		up("unbuffered, 1.0 to the backend", "proxy_http_version 1.0; location = /old { proxy_pass http://{UP}; } ", at("POST /old HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "0\r\n\r\n"), head(), read(), send(ok5), hangup()),
		{name: "buffered too large, announced", server: limit + pass, client: at(chunked + "ff\r\na"), log: "$status"},
		{name: "buffered too large, only announced", server: limit + pass, client: at(chunked+"ff\r\n", "a"), log: "$status"},
		{name: "buffered bad chunk later", server: pass, client: at(chunked+"2\r\nab\r\n", "zz\r\n"), log: "$status"},
		{name: "buffered client ends", server: pass, client: steps(send(length8+"abcd"), rest(second/2), fin(), read()), log: "$status"},
		{name: "buffered client ends in a chunk", server: pass, client: steps(send(chunked+"8\r\nabcd"), rest(second/2), fin(), read()), log: "$status"},
		{name: "unbuffered body timeout", server: "client_body_timeout 1s; proxy_request_buffering off; " + pass, client: steps(send(length8+"abcd"), read()), backend: one(head(), read(), read()), seconds: true, log: "$status $upstream_status"},
	}
}
