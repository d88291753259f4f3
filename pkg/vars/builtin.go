package vars

import (
	"cmp"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// builtin returns how nginx itself computes the variable of that name, in lower case; nil where it has none.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_core_variables.
func builtin(name string) *variable {
	if v := core()[name]; v != nil {
		return v
	}
	for _, family := range families {
		if rest, ok := strings.CutPrefix(name, family.prefix); ok {
			return family.define(name, rest)
		}
	}
	if catalog.LookupVariable(name) != nil {
		return &variable{get: func(r *Run) given { return given{value: r.late(name)} }, volatile: true}
	}
	return nil
}

// changeable reports whether a configuration may define one of nginx's own variables anew.
//
// nginx: NGX_HTTP_VAR_CHANGEABLE.
func changeable(name string) bool {
	switch name {
	case "args", "limit_rate", "secure_link_expires", "date_local", "date_gmt", "memcached_key":
		return true
	}
	known := catalog.LookupVariable(name)
	return known == nil || known.Family && core()[name] == nil
}

// coreTable holds nginx's own variables of one name each, once core was called.
var (
	coreOnce  sync.Once
	coreTable map[string]*variable
)

// core returns nginx's own variables of one name each.
func core() map[string]*variable {
	coreOnce.Do(func() { coreTable = newCore() })
	return coreTable
}

func newCore() map[string]*variable {
	return map[string]*variable{
		"host":                      plain((*Run).host),
		"content_length":            volatile((*Run).contentLength),
		"content_type":              plain(func(r *Run) Value { return r.header("content_type", ", ") }),
		"http_host":                 plain((*Run).httpHost),
		"http_cookie":               plain(func(r *Run) Value { return Value{Text: strings.Join(r.headerLines("cookie"), "; ")} }),
		"http_x_forwarded_for":      plain(func(r *Run) Value { return Value{Text: r.forwardedFor()} }),
		"proxy_add_x_forwarded_for": volatile((*Run).addForwardedFor),
		"remote_addr":               plain((*Run).remoteAddr),
		"realip_remote_addr":        plain(func(r *Run) Value { return addrValue(r.Request.Remote.Addr(), "realip_remote_addr") }),
		"remote_port":               plain(func(r *Run) Value { return portValue(r.Request.Remote, "remote_port") }),
		"realip_remote_port":        plain(func(r *Run) Value { return portValue(r.Request.Remote, "realip_remote_port") }),
		"binary_remote_addr":        plain((*Run).binaryRemoteAddr),
		"server_addr":               plain(func(r *Run) Value { return addrValue(r.Request.Local.Addr(), "server_addr") }),
		"server_port":               plain((*Run).serverPort),
		"server_protocol":           plain(func(r *Run) Value { return Value{Text: protocol(r.Request)} }),
		"server_name":               plain((*Run).serverName),
		"scheme":                    plain(func(r *Run) Value { return Value{Text: r.scheme()} }),
		"https":                     plain((*Run).https),
		"http2":                     plain((*Run).http2),
		"http3":                     plain(func(*Run) Value { return Value{} }),
		"request":                   plain((*Run).requestLine),
		"request_uri":               plain(func(r *Run) Value { return r.unlessBlind(r.UnparsedURI, "request_uri") }),
		"uri":                       volatile(func(r *Run) Value { return r.unlessBlind(r.URI, "uri") }),
		"document_uri":              volatile(func(r *Run) Value { return r.unlessBlind(r.URI, "document_uri") }),
		"args":                      {get: valued((*Run).args), volatile: true, assign: (*Run).setArgs},
		"query_string":              volatile((*Run).args),
		"is_args":                   volatile((*Run).isArgs),
		"request_method":            volatile(func(r *Run) Value { return Value{Text: r.Method} }),
		"request_body":              plain((*Run).requestBody),
		"remote_user":               plain((*Run).remoteUser),
		"document_root":             volatile((*Run).documentRoot),
		"request_filename":          volatile((*Run).requestFilename),
		"nginx_version":             plain(func(r *Run) Value { r.usesVersion = true; return Value{Text: r.Version.String()} }),
		"limit_rate":                {get: valued(func(*Run) Value { return Value{Text: "0"} }), volatile: true, assign: func(*Run, Value) {}},
		"pipe":                      plain(func(*Run) Value { return Value{Text: "."} }),
		"request_completion":        plain(func(*Run) Value { return Value{} }),
		"ssl_server_name":           plain(func(r *Run) Value { return r.ifTLS(Value{Text: r.Request.ServerName}) }),
		"status":                    volatile((*Run).status),
	}
}

func valued(get func(*Run) Value) func(*Run) given {
	return func(r *Run) given { return given{value: get(r)} }
}

func plain(get func(*Run) Value) *variable    { return &variable{get: valued(get)} }
func volatile(get func(*Run) Value) *variable { return &variable{get: valued(get), volatile: true} }

// families are nginx's own variables that share a prefix.
var families = []struct {
	prefix string
	define func(name, rest string) *variable
}{
	{"http_", func(_, rest string) *variable { return plain(func(r *Run) Value { return r.header(rest, ", ") }) }},
	{"cookie_", func(_, rest string) *variable {
		return plain(func(r *Run) Value { return Value{Text: r.cookie(rest)} })
	}},
	{"arg_", func(name, rest string) *variable { return volatile(func(r *Run) Value { return r.arg(name, rest) }) }},
	{"sent_http_", late}, {"sent_trailer_", late}, {"upstream_", late}, {"proxy_internal_", late},
	{"ssl_", func(name, _ string) *variable { return plain(func(r *Run) Value { return r.ifTLS(r.late(name)) }) }},
	{"proxy_protocol_", func(name, _ string) *variable {
		return plain(func(r *Run) Value { return r.ifProxyProtocol(unknown(name)) })
	}},
}

func late(name, _ string) *variable { return volatile(func(r *Run) Value { return r.late(name) }) }

// late asks for a variable that only proxying defines. Before an upstream was asked, those about its answer are empty.
func (r *Run) late(name string) Value {
	if v, ok := r.live(name); ok {
		return v
	}
	if r.Late != nil {
		if v, ok := r.Late(name); ok {
			return v
		}
	}
	if !r.AfterUpstream && (strings.HasPrefix(name, "upstream_") || strings.HasPrefix(name, "sent_")) {
		return Value{}
	}
	return unknown(name)
}

// status returns what $status is before a response is made, unless Late knows better.
//
// nginx: ngx_http_variable_status.
func (r *Run) status() Value {
	if r.Late != nil {
		if v, ok := r.Late("status"); ok {
			return v
		}
	}
	text := strconv.Itoa(cmp.Or(r.ErrStatus, r.Status))
	return Value{Text: "000"[:max(0, 3-len(text))] + text}
}

// host returns $host.
//
// nginx: ngx_http_variable_host.
func (r *Run) host() Value {
	if r.Host != "" {
		return Value{Text: r.Host}
	}
	return r.serverName()
}

// serverName returns the chosen server's first name.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_merge_srv_conf.
func (r *Run) serverName() Value {
	if r.Server == nil {
		return unknown("server_name")
	}
	if own := r.Server.Own("server_name"); len(own) > 0 && !r.Server.Doubtful("server_name") {
		return firstName(own[0].Arg(1))
	}
	if r.Server.Hidden("server_name") {
		return unknown("server_name")
	}
	return Value{}
}

// firstName returns a server_name as $server_name has it.
func firstName(name string) Value {
	switch {
	case name == "$hostname":
		return unknown("hostname")
	case strings.HasPrefix(name, "~"):
		return Value{Text: name}
	}
	return Value{Text: strings.TrimPrefix(lower(name), ".")}
}

// protocol returns the protocol as the request line names it, with what blanks follow; nothing for 0.9.
func protocol(req *Request) string {
	if req.Version == "0.9" {
		return ""
	}
	if i := strings.LastIndex(req.Line, " HTTP/"); i >= 0 {
		return req.Line[i+1:]
	}
	return "HTTP/" + req.Version
}

// requestLine returns $request.
func (r *Run) requestLine() Value {
	line := r.Request.Line
	if line == "" {
		line = r.Request.Method + " " + r.Request.Target
		if r.Request.Version != "0.9" {
			line += " HTTP/" + r.Request.Version
		}
	}
	return r.unlessBlind(line, "request")
}

// unlessBlind returns text that depends on the path, if the path is known.
func (r *Run) unlessBlind(text, name string) Value {
	if r.URIUnknown {
		return unknown(name)
	}
	return Value{Text: text}
}

func (r *Run) args() Value {
	if r.ArgsUnknown {
		return unknown("args")
	}
	return Value{Text: r.Args}
}

// setArgs is what `set $args ...` does.
//
// nginx: ngx_http_variable_set_args.
func (r *Run) setArgs(v Value) {
	r.Args, r.ArgsUnknown = v.Text, v.Unknown
	r.ValidUnparsedURI = false
}

func (r *Run) isArgs() Value {
	switch {
	case r.ArgsUnknown && r.World.Choose("is_args "+r.Args, 2) == 0, !r.ArgsUnknown && r.Args == "":
		return Value{}
	}
	return Value{Text: "?"}
}

// serverPort returns $server_port.
func (r *Run) serverPort() Value {
	e, ok := r.endpoint()
	if !ok {
		return unknown("server_port")
	}
	if e.port == 0 {
		return Value{}
	}
	return Value{Text: strconv.Itoa(int(e.port))}
}

func (r *Run) https() Value {
	if r.scheme() == "https" {
		return Value{Text: "on"}
	}
	return Value{}
}

// http2 returns $http2.
//
// nginx: src/http/v2/ngx_http_v2_module.c, ngx_http_v2_variable.
func (r *Run) http2() Value {
	if r.Request.Version != "2.0" {
		return Value{}
	}
	if r.scheme() == "https" {
		return Value{Text: "h2"}
	}
	return Value{Text: "h2c"}
}

// ifTLS returns v on an encrypted connection, else nothing.
func (r *Run) ifTLS(v Value) Value {
	if r.scheme() == "https" {
		return v
	}
	return Value{}
}

// ifProxyProtocol returns v where the connection came with the PROXY protocol.
func (r *Run) ifProxyProtocol(v Value) Value {
	if r.Server == nil {
		return v
	}
	for _, l := range r.Table.Listens(r.Server) {
		if l.ProxyProtocol && (r.Listener == nil || r.Listener == l.By) {
			return v
		}
	}
	return Value{}
}

// clientAddr returns the client's address, unless it is not known or set_real_ip_from may change it.
func (r *Run) clientAddr() (netip.Addr, bool) {
	addr := r.Request.Remote.Addr()
	if !addr.IsValid() {
		return addr, false
	}
	if level := r.Location; level != nil {
		if trusted := r.Table.config.Effective(level, "set_real_ip_from"); trusted.By != nil {
			return addr, false
		}
	}
	return addr, true
}

func (r *Run) remoteAddr() Value {
	if addr, ok := r.clientAddr(); ok {
		return Value{Text: addr.Unmap().String()}
	}
	return unknown("remote_addr")
}

func addrValue(addr netip.Addr, name string) Value {
	if !addr.IsValid() {
		return unknown(name)
	}
	return Value{Text: addr.Unmap().String()}
}

func portValue(at netip.AddrPort, name string) Value {
	if !at.IsValid() {
		return unknown(name)
	}
	return Value{Text: strconv.Itoa(int(at.Port()))}
}

func (r *Run) binaryRemoteAddr() Value {
	addr, ok := r.clientAddr()
	if !ok {
		return unknown("binary_remote_addr")
	}
	return Value{Text: string(addr.AsSlice())}
}

// requestBody returns $request_body. nginx has it where it read the body into memory, as it does for a proxied request.
func (r *Run) requestBody() Value {
	if r.Request.BodyUnknown || len(r.Request.Body) > 8192 {
		return unknown("request_body")
	}
	return Value{Text: string(r.Request.Body)}
}

// httpHost returns the first Host header line: of a second one, nginx takes no more than that it is there.
func (r *Run) httpHost() Value {
	lines := r.headerLines("host")
	if len(lines) == 0 {
		return Value{}
	}
	return Value{Text: lines[0]}
}

// remoteUser returns the user name of the Authorization header.
func (r *Run) remoteUser() Value {
	user, _ := r.basicUser()
	return Value{Text: user}
}

// HasCredentials reports whether the request has a user's name and a password, be they right or wrong.
func (r *Run) HasCredentials() bool {
	_, ok := r.basicUser()
	return ok
}

// basicUser reads the user's name; ok is false where the header has none that can be read. What follows a `=` does
// not count.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_auth_basic_user; src/core/ngx_string.c, ngx_decode_base64.
func (r *Run) basicUser() (user string, ok bool) {
	lines := r.headerLines("authorization")
	if len(lines) == 0 || len(lines[0]) < 6 || !strings.EqualFold(lines[0][:6], "basic ") {
		return "", false
	}
	encoded, _, _ := strings.Cut(strings.TrimLeft(lines[0][6:], " "), "=")
	decoded, err := base64.RawStdEncoding.DecodeString(encoded)
	user, _, colon := strings.Cut(string(decoded), ":")
	if err != nil || !colon || user == "" {
		return "", false
	}
	return user, true
}
