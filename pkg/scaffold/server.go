package scaffold

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// setServer checks names, addresses and the certificate.
func (w *want) setServer() error {
	if (w.spec.Certificate == "") != (w.spec.Key == "") {
		return errors.New("tls: a certificate and its key are two files: CERT,KEY")
	}
	if control(w.spec.Certificate + w.spec.Key) {
		return errors.New("tls: a file's name has control characters")
	}
	for _, name := range w.spec.ServerNames {
		if err := CheckServerName(name); err != nil {
			return err
		}
	}
	w.host = w.preset.Host
	if w.host == "" {
		w.host = "$host"
	}
	for _, text := range w.spec.Listen {
		port, err := listenPort(text)
		if err != nil {
			return err
		}
		w.meet(port, w.tls())
	}
	return nil
}

// CheckServerName says what is wrong with a name in Spec.ServerNames, or nil.
func CheckServerName(name string) error {
	if name == "" || control(name) || strings.ContainsAny(name, " /;{}") && !strings.HasPrefix(name, "~") {
		return fmt.Errorf("server name `%s`: it is a host name, such as example.com", source.Printable(name))
	}
	return nil
}

// meet takes in that the server listens on a port (0 for a socket): one that is not the usual is a part of Host, which
// $host leaves out.
func (w *want) meet(port int, tls bool) {
	usual := 80
	if tls {
		usual = 443
	}
	if port != usual && port != 0 {
		w.host = "$http_host"
	}
}

func (w *want) tls() bool { return w.spec.Certificate != "" }

// listenPort reads what a listen directive takes: "80", "127.0.0.1:80", "[::]:80", "*:80", "unix:/path".
func listenPort(text string) (int, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok && strings.HasPrefix(path, "/") && !control(path) {
		return 0, nil
	}
	host, port := "", text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, port = text[:i], text[i+1:]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	good := err == nil && n > 0
	switch {
	case strings.HasPrefix(host, "["):
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		good = good && err == nil && a.Is6() && strings.HasSuffix(host, "]")
	case host == text[:len(text)-len(port)] && host == "", host == "*":
	default:
		good = good && hostName.MatchString(host)
	}
	if !good {
		return 0, fmt.Errorf("listen `%s`: it is a port or an address with one, such as 8080, 127.0.0.1:8080 or [::]:8080", source.Printable(text))
	}
	return int(n), nil
}

// server makes the server block.
func (w *want) server() []*gonginx.Directive {
	children := append(w.doors(), w.locations()...)
	if w.rest != nil {
		list := w.pass(*w.rest)
		list = append(list, w.usualHeaders()...)
		children = append(children, explain(with(directive("location", "/"), list...), "Everything else, without an upgrade."))
	}
	return []*gonginx.Directive{with(directive("server"), children...)}
}

// usualHeaders are those of a location without WebSockets.
func (w *want) usualHeaders() []*gonginx.Directive {
	plain := *w
	plain.preset.extras = nil
	list := plain.headers()
	list[0].Comment = nil
	return list
}

// doors makes what says whom the server answers.
func (w *want) doors() []*gonginx.Directive {
	listen := w.spec.Listen
	if len(listen) == 0 {
		listen = []string{"80"}
		if w.tls() {
			listen = []string{"443"}
		}
	}
	var list []*gonginx.Directive
	for _, text := range listen {
		args := []string{text}
		if w.tls() {
			args = append(args, "ssl")
		}
		list = append(list, directive("listen", args...))
	}
	list = append(list, directive("server_name", w.spec.ServerNames...))
	if w.tls() {
		list = append(list, directive("ssl_certificate", w.spec.Certificate), directive("ssl_certificate_key", w.spec.Key))
		if w.since(hasTLS13) {
			list = append(list, explain(directive("ssl_protocols", "TLSv1.2", "TLSv1.3"), "Before 1.23.4 the default still has TLS 1.0 and 1.1."))
		}
	}
	return list
}

// redirect makes the server that sends plain HTTP to HTTPS, where the ports are the usual; else nil.
func (w *want) redirect() *gonginx.Directive {
	if !w.tls() || len(w.spec.Listen) > 0 {
		return nil
	}
	d := with(directive("server"), directive("listen", "80"), directive("server_name", w.spec.ServerNames...),
		directive("return", "301", "https://$host$request_uri"))
	return explain(d, "Browsers follow this; WebSockets don't: pages open wss://, never ws://.")
}

// upstreams makes the upstream block where there are several backends.
func (w *want) upstreams() []*gonginx.Directive {
	if w.pool == nil {
		return nil
	}
	var list []*gonginx.Directive
	if w.pool.sticky {
		list = append(list, explain(directive("hash", "$remote_addr", "consistent"),
			"A client stays with one backend: another does not know its session."))
	}
	for _, server := range w.pool.servers {
		list = append(list, directive("server", server))
	}
	return []*gonginx.Directive{with(directive("upstream", w.pool.name), list...)}
}
