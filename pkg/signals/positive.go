package signals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// positive reads the signals S1 to S14, in that order.
var positive = []func(*weighing){
	(*weighing).forwardsUpgrade, (*weighing).forwardsConnection, (*weighing).isDeclared, (*weighing).switches,
	(*weighing).namesHandshake, (*weighing).product, (*weighing).strongPath, (*weighing).weakPath,
	(*weighing).upstreamName, (*weighing).upstreamPort, (*weighing).longTimeout, (*weighing).wiped,
	(*weighing).sibling, (*weighing).devServer,
}

// forwardsUpgrade is S1: a WebSocket client's Upgrade reaches the backend, or something that is not known does.
func (w *weighing) forwardsUpgrade() {
	if !w.maySet("Upgrade") {
		return
	}
	if by := forwards(w.outcomes()); by != nil {
		w.add("S1", 1, "it forwards `Upgrade`", by)
	}
}

// forwards returns the directive that sets a non-empty Upgrade where the request is proxied, or nil.
func forwards(out eval.Outcomes) *config.Directive {
	for _, up := range out.Proxied() {
		for _, line := range up.Lookup("Upgrade") {
			if line.By != nil && !line.Maybe {
				return line.By
			}
		}
	}
	return nil
}

// forwardsConnection is S2: Connection asks for an upgrade, or depends on whether the client does.
func (w *weighing) forwardsConnection() {
	if !w.maySet("Connection") {
		return
	}
	for _, up := range w.outcomes().Proxied() {
		for _, line := range up.Lookup("Connection") {
			if line.By == nil || line.Maybe {
				continue
			}
			upgrades := !line.Value.Unknown && eval.HasToken(line.Value.Text, "upgrade")
			if upgrades || w.reader.upgradeDepends(line.By.Arg(2)) {
				w.add("S2", 0.97, "its `Connection` is about upgrades", line.By)
				return
			}
		}
	}
}

// switches is S4: what the client's Upgrade is decides what happens in the location or where it passes requests.
func (w *weighing) switches() {
	for _, d := range w.location.Children {
		switch {
		case d.Name() == "if" && d.Block != nil && w.reader.upgradeDepends(d.Arg(1)):
			w.add("S4", 0.97, "it looks at the client's `Upgrade`", d)
			return
		case d.Name() == "proxy_pass" && w.reader.upgradeDepends(d.Arg(1)):
			w.add("S4", 0.97, "the client's `Upgrade` selects its upstream", d)
			return
		}
	}
}

// upgradeDepends reports whether text has a variable that depends on the client's Upgrade or Connection.
func (r *Reader) upgradeDepends(text string) bool {
	for _, name := range r.eval.Table().Expr(strings.Trim(text, "()")).Variables() {
		if r.dependent(name, 0) {
			return true
		}
	}
	return false
}

// dependent follows maps, sets and the conditions around them.
func (r *Reader) dependent(name string, depth int) bool {
	if name == "http_upgrade" || name == "http_connection" {
		return true
	}
	if depth > 4 {
		return false
	}
	if known, ok := r.maps.Load(name); ok {
		return known.(bool)
	}
	found := false
	for _, d := range r.config.Definitions(name) {
		var from []string
		switch {
		case d.Name() == "map":
			from = append(from, d.Arg(1))
		case d.Name() == "set":
			from = append(from, d.Arg(2))
			if d.Parent.Directive != nil && d.Parent.Name() == "if" {
				from = append(from, strings.Trim(d.Parent.Arg(1), "()"))
			}
		}
		for _, text := range from {
			for _, next := range r.eval.Table().Expr(text).Variables() {
				found = found || next != name && r.dependent(next, depth+1)
			}
		}
	}
	r.maps.Store(name, found)
	return found
}

// namesHandshake is S5: a directive names a header of the handshake.
func (w *weighing) namesHandshake() {
	lists := [][]*config.Directive{
		w.reader.config.EffectiveList(w.location, "proxy_pass_header").Items,
		w.headers.Items,
	}
	for _, list := range lists {
		for _, d := range list {
			client := d.Name() == "proxy_pass_header" || strings.Contains(d.Arg(2), "$http_sec_websocket_")
			if client && strings.HasPrefix(strings.ToLower(d.Arg(1)), "sec-websocket-") {
				w.add("S5", 0.95, "it names `"+d.Arg(1)+"`", d)
				return
			}
		}
	}
}

// product is S6: path and something else name a product.
func (w *weighing) product() {
	for _, m := range w.reader.matches(w.path) {
		p, found := m.product, m.path
		hint := p.hinted(found, w.hosts(), w.serverNames())
		if found == "/" && hint != "" && w.apart(p) {
			continue
		}
		if hint == "" && (!p.Own || found == "/") || w.verdict.Product != nil && hint == "" {
			continue
		}
		if w.verdict.Product == nil || hint != "" {
			w.verdict.Product = p
		}
		if hint != "" {
			w.add("S6", weights[p.Confidence], fmt.Sprintf("`%s` and %s are those of %s", found, hint, p.Name), w.location)
			break
		}
	}
	if w.verdict.Product != nil && w.verdict.Heartbeat == 0 {
		w.verdict.Heartbeat = w.verdict.Product.Heartbeat
	}
}

// apart reports whether the server has another location for the product's own WebSocket path, or for WebSockets in
// general: then `/` is for the rest.
func (w *weighing) apart(p *Product) bool {
	for _, other := range w.reader.siblings(w.location) {
		if _, strong := pathOf(other).has(strongSegments); strong > 0 || w.reader.setsUpgrade(other) {
			return true
		}
		if found, ok := p.matches(pathOf(other)); ok && found != "/" {
			return true
		}
	}
	return false
}

// strongSegments are the names under which WebSockets are usually opened. A `/ws` may be an old web service.
var strongSegments = map[string]float64{
	"socket.io": 0.85, "sockjs": 0.85, "sockjs-node": 0.85, "websocket": 0.85, "websockets": 0.85, "websockify": 0.85,
	"cable": 0.85, "signalr": 0.85, "_blazor": 0.85, "xmpp-websocket": 0.85, "colibri-ws": 0.85, "ws": 0.75, "wss": 0.75,
}

// strongPaths are those of more than one segment.
var strongPaths = [][]string{{"_next", "webpack-hmr"}, {"_stcore", "stream"}, {"api", "live", "ws"}, {"notifications", "hub"}}

// strongPath is S7: the path's name is one that WebSockets usually have.
func (w *weighing) strongPath() {
	found, weight := w.path.has(strongSegments)
	for _, p := range strongPaths {
		if w.path.follows(p) {
			found, weight = strings.Join(p, "/"), 0.85
		}
	}
	if weight == 0 {
		return
	}
	if w.path.form == exact || w.path.form == firm {
		weight += 0.05
	}
	w.add("S7", weight, "its path has `"+found+"`", w.location)
}

// weakSegments are names that are as often something else: `/events` and `/stream` are mostly server-sent events.
var weakSegments = map[string]float64{
	"live": 0.4, "hub": 0.5, "hubs": 0.5, "chat": 0.4, "realtime": 0.5, "stream": 0.3, "events": 0.3, "push": 0.4,
	"notifications": 0.4, "mqtt": 0.5, "graphql": 0.3, "rpc": 0.3, "terminal": 0.5, "console": 0.4, "vnc": 0.5,
	"connection": 0.4, "app": 0.3, "hmr": 0.5,
}

// weakPath is S8.
func (w *weighing) weakPath() {
	if found, weight := w.path.has(weakSegments); weight > 0 && !w.verdict.Has("S7") {
		w.add("S8", weight, "its path has `"+found+"`", w.location)
	}
}

// upstreamTokens are the words in an upstream's name that say WebSocket.
var upstreamTokens = []string{"ws", "websocket", "websockets", "socket", "signalr", "cable", "hmr", "vnc"}

// upstreamName is S9.
func (w *weighing) upstreamName() {
	for _, h := range w.hosts() {
		for _, token := range upstreamTokens {
			if slices.Contains(h.tokens, token) {
				w.add("S9", 0.6, "its upstream is called `"+h.name+"`", w.location)
				return
			}
		}
	}
}

// portWeights are the ports that programs with WebSockets usually listen on.
var portWeights = map[int]float64{
	8083: 0.4, 9001: 0.4, 15675: 0.6, 6001: 0.4, 8080: 0.3, 8123: 0.6, 6080: 0.6, 3012: 0.6, 8072: 0.6,
}

// upstreamPort is S10. Port 8123 and `/` are Home Assistant.
func (w *weighing) upstreamPort() {
	for _, h := range w.hosts() {
		if weight := portWeights[h.port]; weight > 0 {
			if h.port == 8123 && w.path.name == "/" && w.path.form == prefix {
				weight = 0.9
			}
			w.add("S10", weight, fmt.Sprintf("its upstream listens on port %d", h.port), w.location)
			return
		}
	}
}

// longTimeout is S11: a long proxy_read_timeout without buffering. Server-sent events and long polling have them too.
func (w *weighing) longTimeout() {
	const long = 10 * time.Minute
	buffering := w.reader.config.Effective(w.location, "proxy_buffering")
	if buffering.State != config.Set || !strings.EqualFold(buffering.By.Arg(1), "off") {
		return
	}
	for _, up := range w.outcomes().Proxied() {
		if t := up.Timers.Read; t.State == config.Set && t.After >= long {
			w.add("S11", 0.3, "it waits long and does not buffer", t.By)
			return
		}
	}
}

// wiped is S12: an outer level forwards Upgrade, and the location's own headers take the place of that.
func (w *weighing) wiped() {
	if w.headers.Level != w.location || upgradeIn(w.headers) != nil {
		return
	}
	if outer := w.reader.outerUpgrade(w.location); outer != nil {
		weight := 0.6
		if w.path.name == "/" {
			weight = 0.9
		}
		w.add("S12", weight, "the level around it forwards `Upgrade`", outer)
	}
}

// outerUpgrade returns the proxy_set_header Upgrade, with a value, of the list that the location would inherit, or nil.
func (r *Reader) outerUpgrade(location *config.Directive) *config.Directive {
	if location.Parent == nil {
		return nil
	}
	return upgradeIn(r.config.EffectiveList(location.Parent, "proxy_set_header"))
}

// setsUpgrade reports whether the list in effect at the level sets Upgrade.
func (r *Reader) setsUpgrade(level *config.Directive) bool {
	return upgradeIn(r.config.EffectiveList(level, "proxy_set_header")) != nil
}

// upgradeIn returns the directive of a list that sets Upgrade to something, or nil.
func upgradeIn(list config.List) *config.Directive {
	if list.State != config.Set {
		return nil
	}
	for _, d := range list.Items {
		if strings.EqualFold(d.Arg(1), "Upgrade") && d.Arg(2) != "" {
			return d
		}
	}
	return nil
}

// sibling is S13: another location with the same upstream forwards Upgrade.
func (w *weighing) sibling() {
	if w.verdict.Has("S1") {
		return
	}
	pass := w.location.Own("proxy_pass")
	if len(pass) == 0 {
		return
	}
	server := w.location.Within("server")
	if server == nil {
		server = w.reader.config.Root
	}
	for _, other := range w.reader.share(server).forwarders()[origin(pass[0].Arg(1))] {
		if other != w.location {
			w.add("S13", 0.2, "another location with its upstream forwards `Upgrade`", other)
			return
		}
	}
}

// origin returns a URL without its path.
func origin(url string) string {
	if scheme, rest, ok := strings.Cut(url, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return scheme + "://" + host
	}
	return url
}

// devServer is S14: a development server on this machine.
func (w *weighing) devServer() {
	local := false
	for _, name := range w.serverNames() {
		local = local || name.name == "localhost" || strings.HasSuffix(name.name, ".local") || strings.HasSuffix(name.name, ".localhost")
	}
	for _, h := range w.hosts() {
		switch h.port {
		case 5173, 3000, 4200, 8080:
			if local {
				w.add("S14", 0.4, fmt.Sprintf("its upstream on port %d looks like a development server", h.port), w.location)
				return
			}
		}
	}
}
