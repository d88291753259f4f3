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

// foreignCode are the directives whose code runs before the request is passed on, and may assign variables.
var foreignCode = map[string]bool{
	"rewrite_by_lua": true, "rewrite_by_lua_block": true, "rewrite_by_lua_file": true, "access_by_lua": true,
	"access_by_lua_block": true, "access_by_lua_file": true, "server_rewrite_by_lua_block": true,
	"server_rewrite_by_lua_file": true,
}

// gatherCode finds the blocks that have a directive of foreignCode.
func (r *Router) gatherCode() map[*config.Directive]*config.Directive {
	in := map[*config.Directive]*config.Directive{}
	for d := range r.config.All() {
		if foreignCode[d.Name()] {
			in[d.Parent] = d
		}
	}
	return in
}

// foreign returns a directive in effect at a level that runs code which we don't follow; nil for none.
func (r *Router) foreign(level *config.Directive) *config.Directive {
	in := r.code()
	if len(in) == 0 {
		return nil
	}
	for at := level; at != nil; at = at.Parent {
		if d := in[at]; d != nil {
			return d
		}
	}
	return nil
}

// assignsForeign reports whether a directive assigns its first argument something that we don't follow: set_by_lua and
// the like.
func assignsForeign(d *config.Directive) bool {
	return strings.HasPrefix(d.Name(), "set_") && strings.HasPrefix(d.Arg(1), "$")
}
