package scaffold

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// adapt fits the location to what the server around it sets.
func (t *try) adapt() {
	w, c := &t.want, t.config
	for _, l := range eval.New(c).Table().Listens(t.server) {
		w.meet(int(l.Port), l.TLS)
	}
	t.inherit()
	t.unhide()
	w.http11 = c.Effective(t.server, "proxy_http_version").State != config.Default
	cache := c.Effective(t.server, "proxy_cache")
	w.uncached = cache.State == config.Set && cache.By.Arg(1) != "off"
	if w.pool != nil {
		pool := *w.pool
		for i := 2; c.Upstream(pool.name) != nil; i++ {
			pool.name = w.pool.name + "_" + strconv.Itoa(i)
		}
		w.pool, w.backend.host = &pool, pool.name
	}
}

// inherit takes over the header lines that the server sets, since a location with its own inherits none.
func (t *try) inherit() {
	list := t.config.EffectiveList(t.server, "proxy_set_header")
	switch list.State {
	case config.Unknown:
		t.notes = append(t.notes, "not all proxy_set_header around the new location can be seen: it inherits none of them")
	case config.Set:
		for _, item := range list.Items {
			if len(item.Words) == 3 && !spoils(item.Arg(1), item.Arg(2)) {
				t.want.inherited = append(t.want.inherited, header(item.Arg(1), item.Arg(2)))
			}
		}
	}
}

// spoils reports whether a header line of the server would keep a handshake from working; the location has its own
// Upgrade, Connection and Host.
func spoils(name, value string) bool {
	name = strings.ToLower(strings.TrimRight(name, ":")) // `Upgrade:` is sent as a line named Upgrade, too
	return name == "upgrade" || name == "connection" || strings.HasPrefix(name, "sec-websocket-") || name == "host" && value == ""
}

// handshakeHeaders are the lines of a 101 that a client looks at and that can be hidden from it.
var handshakeHeaders = []string{"Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}

// unhide passes the lines of the handshake on that the server hides, and what it passes on already.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_hide_headers_hash.
func (t *try) unhide() {
	hidden := t.config.EffectiveList(t.server, "proxy_hide_header")
	passed := t.config.EffectiveList(t.server, "proxy_pass_header")
	if hidden.State != config.Set || passed.State == config.Unknown {
		return
	}
	var names []string
	for _, d := range passed.Items {
		names = append(names, d.Arg(1))
	}
	has := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, name) })
	}
	n := len(names)
	for _, d := range hidden.Items {
		if name := d.Arg(1); has(handshakeHeaders, name) && !has(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > n {
		t.want.passed = names
	}
}
