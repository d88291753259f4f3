package scaffold

import (
	"strings"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"
)

// locations makes the locations that take WebSockets.
func (w *want) locations() []*gonginx.Directive {
	var all []*gonginx.Directive
	for _, p := range w.paths {
		d := with(directive("location", p.args()...), w.proxied()...)
		if w.spec.Preset != nil && len(all) == 0 {
			explain(d, w.preset.Product+", see "+w.preset.Source)
		}
		all = append(all, d)
	}
	return all
}

// proxied makes what stands in such a location.
func (w *want) proxied() []*gonginx.Directive {
	list := w.pass(w.backend)
	if !w.since(http11ByDefault) || w.http11 {
		list = append(list, explain(directive("proxy_http_version", "1.1"),
			"A WebSocket needs HTTP/1.1; before 1.29.7 nginx speaks 1.0 by default."))
	}
	if w.upgrade != "" {
		list = append(list,
			explain(directive("proxy_set_header", "Upgrade", w.upgrade), "nginx passes these two on only where they are set: here for WebSockets."),
			directive("proxy_set_header", "Connection", w.connection))
		if w.spec.AnyUpgrade {
			list[len(list)-2].Comment = []string{"# nginx passes these two on only where they are set."}
		}
	}
	list = append(list, w.headers()...)
	list = append(list, w.further()...)
	list = append(list, explain(directive("proxy_read_timeout", nginxTime(w.timeout)),
		"An idle WebSocket is closed after this time. nginx's default is 60s."))
	if w.since(hasSocketKeepalive) {
		list = append(list, explain(directive("proxy_socket_keepalive", "on"), "Notice a backend that is gone without a word."))
	}
	return list
}

// pass makes the proxy_pass, and what a backend with TLS needs.
func (w *want) pass(b backend) []*gonginx.Directive {
	list := []*gonginx.Directive{directive("proxy_pass", b.url())}
	if b.scheme == "https" && b.named() && w.pool == nil {
		list = append(list, explain(directive("proxy_ssl_server_name", "on"), "The backend may choose its certificate by the name."))
	}
	return list
}

// headers makes the header lines beside Upgrade and Connection: what the server sets, the usual, what the application
// wants. A later one of the same name takes the place of an earlier one, but for those that the server sets.
func (w *want) headers() []*gonginx.Directive {
	usual := []extra{
		header("Host", w.host), header("X-Real-IP", "$remote_addr"),
		header("X-Forwarded-For", "$proxy_add_x_forwarded_for"), header("X-Forwarded-Proto", "$scheme"),
	}
	for _, e := range w.preset.extras {
		if e.words[0] == "proxy_set_header" {
			usual = put(usual, e)
		}
	}
	for _, e := range w.inherited {
		usual = put(usual, e)
	}
	var list []*gonginx.Directive
	for _, e := range usual {
		list = append(list, e.node())
	}
	if w.inherited != nil {
		return prefixed(list, "A location with header lines of its own inherits none: the server's stand here too.")
	}
	return prefixed(list, "With proxy_set_header of its own a location inherits none, so the usual ones follow.")
}

// prefixed puts a comment above the first of some directives.
func prefixed(list []*gonginx.Directive, comment string) []*gonginx.Directive {
	explain(list[0], comment)
	return list
}

// header makes a header line.
func header(name, value string) extra { return extra{words: []string{"proxy_set_header", name, value}} }

// put adds a header line in place of one of the same name.
func put(list []extra, e extra) []extra {
	for i, old := range list {
		if strings.EqualFold(old.words[1], e.words[1]) {
			list[i] = e
			return list
		}
	}
	return append(list, e)
}

// node makes the directive.
func (e extra) node() *gonginx.Directive {
	return explain(directive(e.words[0], e.words[1:]...), e.comments...)
}

// further makes the application's other directives.
func (w *want) further() []*gonginx.Directive {
	var list []*gonginx.Directive
	for _, e := range w.preset.extras {
		if e.words[0] != "proxy_set_header" {
			list = append(list, e.node())
		}
	}
	for i, name := range w.passed {
		list = append(list, directive("proxy_pass_header", name))
		if i == 0 {
			explain(list[len(list)-1], "The server hides a line that a WebSocket needs.")
		}
	}
	if w.uncached {
		list = append(list, explain(directive("proxy_cache", "off"), "A cache drops Upgrade and answers by itself."))
	}
	return list
}
