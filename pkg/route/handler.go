package route

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// isHandler reports whether a directive makes its block answer requests by a handler of its own.
//
// nginx: where modules set clcf->handler.
func isHandler(d *config.Directive) bool {
	if d.Name() == "" || len(d.Words) == 0 {
		return false
	}
	if handlers[d.Name()] {
		return true
	}
	if d.Name() == "passenger_enabled" {
		return d.Arg(1) == "on"
	}
	return strings.HasPrefix(d.Name(), "content_by_lua") || strings.HasPrefix(d.Name(), "echo")
}

// handlers are the directives that give their block a content handler, proxy_pass aside.
var handlers = map[string]bool{
	"fastcgi_pass": true, "uwsgi_pass": true, "scgi_pass": true, "grpc_pass": true, "memcached_pass": true,
	"tunnel_pass": true, "empty_gif": true, "stub_status": true, "flv": true, "mp4": true, "perl": true,
	"js_content": true, "api": true, "status": true, "hls": true, "f4f": true, "drizzle_pass": true,
	"postgres_pass": true, "redis_pass": true, "redis2_pass": true, "srcache_fetch": true, "nchan_subscriber": true,
	"nchan_pubsub": true, "nchan_publisher": true, "push_stream_subscriber": true, "push_stream_websocket": true,
	"push_stream_publisher": true, "vhost_traffic_status_display": true, "upload_pass": true, "rtmp_stat": true,
	"rtmp_control": true,
}

// isForeign reports whether a directive runs code that we don't: it may set variables, answer or redirect.
func isForeign(d *config.Directive) bool {
	for _, prefix := range []string{"rewrite_by_lua", "access_by_lua", "server_rewrite_by_lua"} {
		if strings.HasPrefix(d.Name(), prefix) {
			return true
		}
	}
	return false
}
