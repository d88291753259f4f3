package eval

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// target is a proxy_pass URL as nginx takes it apart.
//
// nginx: src/core/ngx_inet.c, ngx_parse_url; src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_set_vars.
type target struct {
	https   bool
	host    string // the name or address alone; an IPv6 address in its brackets
	port    string // $proxy_port
	header  string // $proxy_host
	socket  string // path of a unix socket
	uri     string // from its `/` or `?` on; "" for none
	noPort  bool   // the URL names no port
	literal bool   // host is an address, not a name
}

// errPrefix is nginx's error for a URL that is neither http nor https.
var errPrefix = errors.New("invalid URL prefix")

// parseTarget takes a proxy_pass URL apart. The errors are nginx's.
func parseTarget(url string) (*target, error) {
	t := &target{}
	var rest string
	switch {
	case hasPrefixFold(url, "http://"):
		rest = url[len("http://"):]
	case hasPrefixFold(url, "https://"):
		t.https, rest = true, url[len("https://"):]
	default:
		return nil, errPrefix
	}
	switch {
	case hasPrefixFold(rest, "unix:"):
		return t, t.unix(rest[len("unix:"):])
	case strings.HasPrefix(rest, "["):
		return t, t.inet6(rest)
	}
	return t, t.inet(rest)
}

// unix reads path[:uri].
func (t *target) unix(rest string) error {
	path, uri, _ := strings.Cut(rest, ":")
	const longest = 107 // sizeof(sun_path) less the final zero
	switch {
	case path == "":
		return errors.New("no path in the unix domain socket")
	case len(path) > longest:
		return errors.New("too long path in the unix domain socket")
	}
	t.socket, t.host, t.header, t.uri, t.literal = path, path, "localhost", uri, true
	return nil
}

// inet6 reads [address][:port][/uri].
func (t *target) inet6(rest string) error {
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return errors.New("invalid host")
	}
	t.host = rest[:end+1]
	port, uri := rest[end+1:], ""
	if slash := strings.IndexByte(port, '/'); slash >= 0 {
		port, uri = port[:slash], port[slash:]
	}
	if port != "" && port[0] != ':' {
		return errors.New("invalid host")
	}
	if end == 1 {
		return errors.New("no host")
	}
	addr, err := netip.ParseAddr(rest[1:end])
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return errors.New("invalid IPv6 address")
	}
	t.uri, t.literal = uri, true
	return t.named(port)
}

// inet reads host[:port][/uri] and host[:port][?args].
func (t *target) inet(rest string) error {
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		rest, t.uri = rest[:at], rest[at:]
	}
	port := ""
	if colon := strings.IndexByte(rest, ':'); colon >= 0 {
		rest, port = rest[:colon], rest[colon:]
	}
	t.host = rest
	if err := t.named(port); err != nil {
		return err
	}
	if rest == "" {
		return errors.New("no host")
	}
	t.literal = dotted(rest)
	return nil
}

// named sets the port from ":port" or "" and, by it, $proxy_host.
func (t *target) named(port string) error {
	own := "80"
	if t.https {
		own = "443"
	}
	if port == "" {
		t.noPort, t.port, t.header = true, own, t.host
		return nil
	}
	n, err := strconv.ParseUint(port[1:], 10, 16)
	if err != nil || n == 0 || port[1] == '+' {
		return errors.New("invalid port")
	}
	t.port, t.header = port[1:], t.host+port
	if strconv.FormatUint(n, 10) == own {
		t.port, t.header = own, t.host
	}
	return nil
}

// dotted reports whether s is an IPv4 address as nginx reads one.
//
// nginx: src/core/ngx_inet.c, ngx_inet_addr.
func dotted(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return false
	}
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || n > 255 || part[0] == '+' {
			return false
		}
	}
	return true
}

// hasPrefixFold reports whether s begins with the ASCII prefix, in any case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// equalFold compares as nginx does: only ASCII letters have another case. Unlike strings.EqualFold it looks at the
// lengths first, which nearly always settles it for header names.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
