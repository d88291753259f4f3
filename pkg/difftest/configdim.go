package difftest

import (
	"fmt"
	"strings"
)

// The dimensions of a configuration. Lines are directives without their `;`.
var (
	dimVersion = &Dimension{Name: "proxy_http_version", Source: "D2", Options: []Option{
		o("absent"), o("1.0", "proxy_http_version 1.0"), o("1.1", "proxy_http_version 1.1"),
		masks("2", "proxy_http_version 2")}}
	dimVersionLevel = &Dimension{Name: "version level", Source: "D2", Options: []Option{o("location"), o("server"), o("http")}}
	dimUpgrade      = &Dimension{Name: "Upgrade", Source: "D3", Options: []Option{
		o("absent"), o("$http_upgrade", "Upgrade $http_upgrade"), o("ws-map", "Upgrade $ws_{ID}"),
		o("literal", "Upgrade websocket"), o("empty", `Upgrade ""`),
		o("twice", "Upgrade $http_upgrade", "Upgrade websocket"), o("twice, one empty", `Upgrade ""`, "Upgrade $http_upgrade"),
		o("no $", "Upgrade http_upgrade"), o("colon", "Upgrade: $http_upgrade"), o("misspelt", "Upgrade $http_upgarde"), //nolint:misspell // meant
		o("upper-case variable", "Upgrade $HTTP_Upgrade"), o("braces", "Upgrade ${http_upgrade}")}}
	dimConnection = &Dimension{Name: "Connection", Source: "D4", Options: []Option{
		o("absent"), o("upgrade", `Connection "upgrade"`), o("Upgrade", `Connection 'Upgrade'`), o("empty", `Connection ""`),
		o("close", "Connection close"), o("keep-alive", "Connection keep-alive"),
		o("$http_connection", "Connection $http_connection"), o("map", "Connection $cu_{ID}"),
		o("twice", "Connection keep-alive", "Connection upgrade"), o("twice equal", "Connection upgrade", "Connection upgrade"),
		o("list", `Connection "keep-alive, Upgrade"`)}}
	dimMap = &Dimension{Name: "map", Source: "D5", Options: []Option{
		o("standard", "default upgrade", "'' {EMPTY}"), o("no default", "websocket upgrade", "'' {EMPTY}"),
		o("no empty key", "default upgrade"), o("~", "default {EMPTY}", "~websocket upgrade"),
		o("~*", "default {EMPTY}", "~*websocket upgrade"), o("~^$", "default upgrade", "~^$ {EMPTY}"),
		o("hostnames", "hostnames", "default {EMPTY}", "websocket upgrade", "*.socket upgrade"),
		o("value variable", "default {EMPTY}", "~*^(web)socket$ $http_connection", "h2c $http_upgrade-$http_connection"),
		o("value text", "default {EMPTY}", "~*(?<kind_{ID}>socket) up-$kind_{ID}"),
		o("chain", "default upgrade", "'' {EMPTY}"), o("two definitions", "default first", "'' {EMPTY}"),
		o("set override", "default upgrade", "'' {EMPTY}"), o("upper key", "default {EMPTY}", "WEBSOCKET upgrade"),
		o("volatile", "volatile", "default upgrade", "'' {EMPTY}"), o("regex order", "default {EMPTY}", "~*sock one", "~*web two", "websocket exact"),
		o("joined source", "default {EMPTY}", "~*websocket.*upgrade upgrade")}}
	dimMapEmpty = &Dimension{Name: "map ''", Source: "D4", Options: []Option{o("close", "close"), o("empty", "''")}}
	dimLevel    = &Dimension{Name: "level", Source: "D6", Options: []Option{
		o("location"), o("server"), o("http"), o("parent location"), o("if"), o("include")}}
	dimOwn  = &Dimension{Name: "own header", Source: "D6", Options: []Option{o("no"), o("yes", "X-Own 1")}}
	dimHost = &Dimension{Name: "Host", Source: "D7", Options: []Option{
		o("absent"), o("$host", "Host $host"), o("$http_host", "Host $http_host"), o("constant", "Host backend.test"),
		o("empty", `Host ""`), o("twice", "Host $host", "Host second.test"), o("$proxy_host", "Host $proxy_host"),
		o("$host:$server_port", "Host $host:$server_port")}}
	dimOther = &Dimension{Name: "other headers", Source: "D8", Options: []Option{
		o("none"), o("forwarded", "X-Forwarded-For $proxy_add_x_forwarded_for", "X-Real-IP $remote_addr", "X-Forwarded-Proto $scheme"),
		o("empty", `X-Empty ""`), o("Origin empty", `Origin ""`), o("Origin constant", "origin http://site.test"),
		o("Sec-WebSocket-Protocol empty", `Sec-WebSocket-Protocol ""`), o("Sec-WebSocket-Key empty", `sec-websocket-key ""`),
		o("casing"), o("hundred", hundred()...), o("no request headers"), o("no request body"), o("method"), o("set body"),
		o("URI variables", `X-Uri "$uri|$request_uri|$args|$is_args$arg_a|$document_uri"`, `X-Line "$request"`, "X-Query $query_string"),
		o("server variables", `X-Server "$server_name:$server_port $server_addr $scheme $server_protocol"`, "X-Proxy $proxy_host:$proxy_port", "X-Host $host|$http_host"),
		o("header variables", "X-Cookie $http_cookie|$cookie_a", "X-Body $content_length|$content_type", "X-Under $http_x_under_score", "X-Dup $http_x_dup"),
		o("hop-by-hop", "TE $http_te", "Keep-Alive timeout=5", "Proxy-Connection $http_proxy_connection", `Expect ""`),
		o("quoting", `X-Quoted 'a "b" \'c\' \\d'`, `"X-Name" "v  w;{}#"`, `X-Join a$http_upgrade-${request_method}b`),
		o("framing", "Content-Type text/own", `Accept-Encoding ""`), o("ranges", `If-None-Match ""`, "Range $http_range")}}
	dimLocation = &Dimension{Name: "location", Source: "D9", Options: []Option{
		o("/", "/"), o("/ws", "/ws"), o("/ws/", "/ws/"), o("= /ws", "= /ws"), o("^~", "^~ /ws"), o("~", "~ ^/(ws.*)$"), o("~*", "~* ^/(WS.*)$"),
		o("named by try_files", "@ws_{ID}"), o("named by error_page", "@ws_{ID}"), o("nested", "/ws"), o("nested regex", "~ ^/(ws)")}}
	dimPass = &Dimension{Name: "proxy_pass", Source: "D10", Options: []Option{
		o("no URI", "proxy_pass {A}"), o("/", "proxy_pass {A:}/"), o("/x", "proxy_pass {A:}/x"), o("/x/", "proxy_pass {A:}/x/"), o("/x?q", "proxy_pass {A:}/x?q=1"),
		o("variable", "set $b_{ID} {H}", "proxy_pass http://$b_{ID}"),
		o("variable, $request_uri", "set $b_{ID} {H:}", "proxy_pass http://$b_{ID}$request_uri"),
		o("variable, fixed URI", "set $b_{ID} {H:}", "proxy_pass http://$b_{ID}/fixed"),
		o("variable, $uri", "set $b_{ID} {H:}", "proxy_pass http://$b_{ID}/pre$uri$is_args$args"),
		o("capture", "set $b_{ID} {H:}", "proxy_pass http://$b_{ID}/cap/$1"),
		o("rewrite break", "rewrite ^/(.*)$ /re/$1 break", "proxy_pass {A}"),
		o("rewrite break, URI", "rewrite ^/(.*)$ /re/$1 break", "proxy_pass {A:}/ignored/"),
		o("rewrite break, query", "rewrite ^/(.*)$ /re/$1?z=$arg_a break", "proxy_pass {A}"),
		o("rewrite break, no query", "rewrite ^ /flat? break", "proxy_pass {A}")}}
	dimAddress = &Dimension{Name: "address", Source: "D10", Options: []Option{
		o("literal", "127.0.0.1:{UP0}"), o("block", "up_{ID}", "server 127.0.0.1:{UP0}"), o("unix", "unix:{SOCK}"),
		o("unix block", "up_{ID}", "server unix:{SOCK}"), o("block of two", "up_{ID}", "server 127.0.0.1:{UP0}", "server 127.0.0.1:{UP1}")}}
	dimKeepalive = &Dimension{Name: "keepalive", Source: "D12", Options: []Option{o("absent"), o("4", "keepalive 4"), o("0", "keepalive 0")}}
	dimHide      = &Dimension{Name: "hide", Source: "D15", Options: []Option{
		o("none"), o("Upgrade", "proxy_hide_header Upgrade"), o("custom", "proxy_hide_header X-Backend"), o("Accept", "proxy_hide_header sec-websocket-accept"),
		o("Connection", "proxy_hide_header Connection"), o("several", "proxy_hide_header Set-Cookie", "proxy_hide_header Upgrade", "proxy_hide_header X-None"),
		o("Location", "proxy_hide_header Location", "proxy_hide_header Content-Type"), o("custom twice", "proxy_hide_header X-BACKEND", "proxy_hide_header X-Backend")}}
	dimHideLevel  = &Dimension{Name: "hide level", Source: "D15", Options: []Option{o("location"), o("server"), o("server, other in location", "proxy_hide_header X-Other")}}
	dimPassHeader = &Dimension{Name: "pass", Source: "D15", Options: []Option{
		o("none"), o("Server", "proxy_pass_header Server"), o("Date", "proxy_pass_header Date"), o("custom", "proxy_pass_header X-Backend"),
		o("X-Accel", "proxy_pass_header X-Accel-Buffering", "proxy_pass_header X-Pad")}}
	dimPassLevel = &Dimension{Name: "pass level", Source: "D15", Options: []Option{o("location"), o("server"), o("server, other in location", "proxy_pass_header Date")}}
	dimAdd       = &Dimension{Name: "add_header", Source: "D15", Options: []Option{
		o("none"), o("plain", "add_header X-Added 1"), o("always", "add_header X-Added 2 always"),
		o("variables", `add_header X-Seen "$http_upgrade|$upstream_status|$upstream_http_x_backend|$status" always`, "add_header X-Empty $http_none always"),
		o("well-known", "add_header Cache-Control no-store always", "add_header Strict-Transport-Security max-age=1 always", `add_header Last-Modified "" always`),
		o("Upgrade", "add_header Upgrade mine always", "add_header Connection mine always")}}
	dimAddLevel = &Dimension{Name: "add_header level", Source: "D15", Options: []Option{o("location"), o("server"), o("server, other in location", "add_header X-Inner 3 always")}}
	dimTokens   = &Dimension{Name: "server_tokens", Source: "D15", Options: []Option{o("absent"), o("off", "server_tokens off"), o("build", "server_tokens build")}}
	dimRedirect = &Dimension{Name: "proxy_redirect", Source: "D15", Options: []Option{
		o("absent"), o("off", "proxy_redirect off"), o("prefix", "proxy_redirect http://old.test/ /new/"), o("regex", `proxy_redirect ~^http://[^/]+(/.*)$ https://$host$1`)}}
	dimNames = &Dimension{Name: "server_name", Source: "A.9", Options: []Option{
		o("only server", "www.{ID}.test"), o("exact", "x.test www.{ID}.test"), o("wildcard", "*.{ID}.test"), o("suffix wildcard", "www.{ID}.*"), o("regex", `~^(?<sub_{ID}>\w+)\.{ID}\.test$`)}}
	dimLayout = &Dimension{Name: "layout", Source: "D6", Options: []Option{
		o("plain"), o("CRLF"), o("compact"), o("loose"), o("server included"), o("included by pattern"), o("tabs, CRLF, included")}}
	dimRefusal = &Dimension{Name: "refusal", Source: "F.2", Options: refusals}
)

// configDimensions are covered in pairs, but for refusal: a case that nginx refuses shows nothing else.
var configDimensions = []*Dimension{dimVersion, dimVersionLevel, dimUpgrade, dimConnection, dimMap, dimMapEmpty, dimLevel, dimOwn,
	dimHost, dimOther, dimLocation, dimPass, dimAddress, dimKeepalive, dimHide, dimHideLevel, dimPassHeader, dimPassLevel, dimAdd,
	dimAddLevel, dimTokens, dimRedirect, dimNames, dimLayout, dimRefusal}

// refusals are statements that nginx refuses in the location (or where the builder puts them), one a case.
var refusals = []Option{
	o("no"), masks("header in if", `if ($host) { proxy_set_header X 1; }`), masks("scheme", "proxy_pass ws://127.0.0.1:{UP0}"),
	masks("version 2.0", "proxy_http_version 2.0"), masks("version twice", "proxy_http_version 1.1", "proxy_http_version 1.1"),
	masks("map in location", "map $http_upgrade $m_{ID} { default upgrade; }"), masks("unknown variable", "proxy_set_header X-Missing $missing_{ID}"),
	masks("argument missing", "proxy_set_header Connection"), masks("argument too many", "proxy_set_header Connection upgrade now"),
	masks("negative timeout", "proxy_read_timeout -1"), masks("unknown directive", "proxy_websocket on"), masks("bad regex", "rewrite ^/( /x break"),
	masks("flag", "proxy_buffering yes"), masks("URI in if", "if ($host) { proxy_pass http://127.0.0.1:{UP0}/x; }"),
	masks("URI in regex", `location ~ \.uri$ { proxy_pass http://127.0.0.1:{UP0}/x; }`), masks("named inside", "location @inner { return 200; }"),
	masks("duplicate location", "location /ws/twice { return 200; }", "location /ws/twice { return 200; }"),
}

func hundred() []string {
	out := make([]string, 100)
	for i := range out {
		out[i] = fmt.Sprintf("X-H%d %s", i, strings.Repeat("v", i%7+1))
	}
	return out
}
