package catalog

import "strings"

// Body says what stands between a block's braces.
type Body uint8

// The bodies.
const (
	OpaqueBody    Body = iota // not known: nothing inside can be judged
	DirectiveBody             // directives of the context that BodyOf gives
	DataBody                  // lines of words that a module reads itself: map, geo, types
	LuaBody                   // Lua code
)

// BodyOf says what the body of the block `name` in ctx holds and, for directives, which context it is.
// For `server` in HTTP that is DirectiveBody, Server.
func BodyOf(name string, ctx Context) (Body, Context) {
	switch {
	case RawLuaBlock(name):
		return LuaBody, 0
	case MapLike(name, ctx):
		return DataBody, 0
	}
	for i := range opened {
		if o := &opened[i]; o.name == name && o.in&ctx != 0 {
			return DirectiveBody, o.inside
		}
	}
	return OpaqueBody, 0
}

// opened lists the contexts that blocks open.
//
// nginx: cf->cmd_type in ngx_http_block, ngx_http_core_server, ngx_http_core_location, ngx_http_core_limit_except,
// ngx_http_rewrite_if, ngx_http_upstream, ngx_stream_block, ngx_stream_core_server, ngx_stream_upstream,
// ngx_mail_block, ngx_mail_core_server, ngx_events_block.
var opened = [...]struct {
	name       string
	in, inside Context
}{
	{"location", Server | Location, Location},
	{"server", HTTP, Server},
	{"if", Location, IfInLocation},
	{"if", Server, IfInServer},
	{"upstream", HTTP, Upstream},
	{"limit_except", Location, LimitExcept},
	{"http", Main, HTTP},
	{"events", Main, Events},
	{"stream", Main, Stream},
	{"server", Stream, StreamServer},
	{"upstream", Stream, StreamUpstream},
	{"mail", Main, Mail},
	{"server", Mail, MailServer},
	{"acme_issuer", HTTP, ACMEIssuer},
	{"oidc_provider", HTTP, OIDCProvider},
	{"mgmt", Main, Mgmt},
}

// MapLike reports whether the body of the block `name` in ctx is lines of words that are data, not directives: nginx
// takes any `{` in it for an error. A misplaced one (`map` in a server) is map-like all the same.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_parse, cf->handler.
func MapLike(name string, ctx Context) bool {
	switch name {
	case "map", "geo", "types", "split_clients", "charset_map", "num_map", "geoip2":
		d := Lookup(name)
		return d != nil && d.BlockKind(ctx) != No
	}
	return false
}

// RawLuaBlock reports whether name is a directive whose block is Lua code that nginx's lexer does not read: any
// *_by_lua_block of lua-nginx-module. njs has no such form.
func RawLuaBlock(name string) bool {
	const suffix = "_by_lua_block"
	return len(name) > len(suffix) && strings.HasSuffix(name, suffix)
}
