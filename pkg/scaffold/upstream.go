package scaffold

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// backend is one place where the application listens.
type backend struct {
	scheme string // http or https
	host   string // with the port where one was given; of a socket "unix:/path"
	uri    string // what stands behind it, from its slash on; "" for nothing
}

// hostName is a name or address as nginx takes it in proxy_pass, without variables.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_])?$`)

// uriText is what may stand behind the host.
var uriText = regexp.MustCompile(`^(/[A-Za-z0-9._~!&'()*+,=:@%/?-]*)?$`)

// parseBackend reads "127.0.0.1:3000", "3000", "https://app:8443/base", "unix:/run/app.sock" and the like.
func parseBackend(text string) (backend, error) {
	b := backend{scheme: "http", host: text}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		b.scheme, b.host = strings.ToLower(scheme), rest
	}
	switch b.scheme {
	case "http", "https":
	case "ws", "wss":
		meant := "http" + strings.TrimPrefix(b.scheme, "ws")
		return b, fmt.Errorf("upstream `%s`: nginx has no %s://, a WebSocket begins as a request over HTTP: %s://%s", source.Printable(text),
			b.scheme, meant, source.Printable(b.host))
	default:
		return b, fmt.Errorf("upstream `%s`: it begins with http:// or https://, or with neither", source.Printable(text))
	}
	if strings.HasPrefix(b.host, "unix:") {
		return b, b.socket(text)
	}
	if i := strings.IndexByte(b.host, '/'); i >= 0 {
		b.host, b.uri = b.host[:i], b.host[i:]
	}
	if _, err := strconv.ParseUint(b.host, 10, 16); err == nil {
		b.host = "127.0.0.1:" + b.host
	}
	return b, b.check(text)
}

// CheckUpstream says what is wrong with one of Spec.Upstreams, or nil.
func CheckUpstream(text string) error {
	_, err := parseBackend(text)
	return err
}

// socket reads "unix:/path" and "unix:/path:/uri".
func (b *backend) socket(text string) error {
	path, uri, _ := strings.Cut(strings.TrimPrefix(b.host, "unix:"), ":")
	b.host, b.uri = "unix:"+path, uri
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "$;{}'\"\\") || control(path) || !uriText.MatchString(uri) {
		return fmt.Errorf("upstream `%s`: a socket is unix:/path/of/the.sock", source.Printable(text))
	}
	return nil
}

// check refuses what nginx would not take for a host, a port and a path.
func (b *backend) check(text string) error {
	host, port := b.host, ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("upstream `%s`: `%s` is no port from 1 to 65535", source.Printable(text), source.Printable(port))
		}
	}
	switch {
	case strings.Contains(text, "$"):
		return fmt.Errorf("upstream `%s`: variables are not supported, since they need a resolver", source.Printable(text))
	case strings.HasPrefix(host, "["):
		if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil || !a.Is6() || !strings.HasSuffix(host, "]") {
			return fmt.Errorf("upstream `%s`: `%s` is no IPv6 address", source.Printable(text), source.Printable(host))
		}
	case !hostName.MatchString(host):
		return fmt.Errorf("upstream `%s`: `%s` is no host, such as 127.0.0.1:3000 or app:3000", source.Printable(text), source.Printable(host))
	case !uriText.MatchString(b.uri):
		return fmt.Errorf("upstream `%s`: `%s` is no path of a URL", source.Printable(text), source.Printable(b.uri))
	}
	return nil
}

// address is what stands in an upstream block's server: there a port that is left out is 80, whatever the scheme.
func (b *backend) address() string {
	if b.scheme == "https" && !strings.HasPrefix(b.host, "unix:") && strings.LastIndexByte(b.host, ':') <= strings.LastIndexByte(b.host, ']') {
		return b.host + ":443"
	}
	return b.host
}

// url is what stands in proxy_pass.
func (b *backend) url() string {
	colon := ""
	if strings.HasPrefix(b.host, "unix:") && b.uri != "" {
		colon = ":"
	}
	return b.scheme + "://" + b.host + colon + b.uri
}

// named reports whether the host is a name, so that a TLS handshake should say it.
func (b *backend) named() bool {
	host := b.host
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	_, err := netip.ParseAddr(host)
	return err != nil && !strings.HasPrefix(b.host, "unix:") && !strings.HasPrefix(b.host, "[")
}

// control reports whether a text has a control byte.
func control(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F })
}
