package route_test

import "testing"

// TestClosed: a server is closed where no request can come to its locations.
func TestClosed(t *testing.T) {
	for _, c := range []struct {
		name, outer, server string
		want                bool
	}{
		{"a return", "", "return 444;", true},
		{"to https", "", "return 301 https://$host$request_uri;", true},
		{"behind a set and an if that returns too", "", "set $a 1; if ($host = a) { return 301 /; } return 404;", true},
		{"none", "", "root /srv;", false},
		{"in an if", "", "if ($scheme = http) { return 301 /; }", false},
		{"behind a break", "", "break; return 404;", false},
		{"behind an if that breaks", "", "if ($host = a) { break; } return 404;", false},
		{"behind a rewrite", "", "rewrite ^/a /b last; return 404;", false},
		{"in a location", "", "location = /a { return 404; }", false},
		{"caught by an error page", "", "error_page 502 = /ws; return 502;", false},
		{"caught by an outer error page", "error_page 502 = /ws;", "return 502;", false},
		{"behind a file that is not here", "", "include /nowhere/rewrites.conf; return 404;", false},
		{"with code", "", "server_rewrite_by_lua_block { ngx.exec('/ws') } return 404;", false},
	} {
		text := "events {}\nhttp { " + c.outer + " server { " + c.server + " location /ws { proxy_pass http://127.0.0.1:9000; } } }\n"
		router, _, cfg := load(t, text)
		server := cfg.Locations()[0].Within("server")
		if got := router.Closed(server); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
