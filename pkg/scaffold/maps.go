package scaffold

import gonginx "github.com/tufanbarisyildirim/gonginx/config"

// The variables that the two headers take their values from. The third is for upstreams whose connections nginx keeps by
// itself: it has a name of its own, so that sites of both kinds have room beside each other.
const (
	upgradeVariable   = "$upgrade_websocket"
	closingVariable   = "$connection_upgrade"
	keepaliveVariable = "$connection_upgrade_keepalive"
)

// keeps reports whether the backend's connections are kept: see the interface, "Which map".
func (w *want) keeps() bool { return w.pool != nil && w.since(http11ByDefault) }

// maps makes the maps that what is made uses; for Map, where that is not known, all that it may.
func (w *want) maps(kind Kind) []*gonginx.Directive {
	var list []*gonginx.Directive
	if !w.spec.AnyUpgrade {
		list = append(list, explain(with(directive("map", "$http_upgrade", upgradeVariable),
			directive("default", ""), directive("websocket", "$http_upgrade")),
			"What the backend gets as Upgrade: WebSockets pass, anything else (such as h2c,",
			"which can go around access rules) does not."))
	}
	if kind == Map || !w.keeps() {
		list = append(list, explain(w.connectionMap(closingVariable, "close"),
			"What the backend gets as Connection: upgrade for "+w.upgraded()+", else close, nginx's own default."))
	}
	if kind == Map && w.since(http11ByDefault) || w.keeps() {
		list = append(list, explain(w.connectionMap(keepaliveVariable, ""),
			"Connection for an upstream block, whose connections nginx keeps: upgrade for "+w.upgraded()+", else none."))
	}
	return list
}

// upgraded says whose Connection is upgrade.
func (w *want) upgraded() string {
	if w.spec.AnyUpgrade {
		return "who asks for one"
	}
	return "a WebSocket"
}

func (w *want) connectionMap(variable, empty string) *gonginx.Directive {
	d := directive("map", "$http_upgrade", variable)
	if w.spec.AnyUpgrade {
		return with(d, directive("default", "upgrade"), directive("", empty))
	}
	return with(d, directive("default", empty), directive("websocket", "upgrade"))
}

// mapsNote says where the variables of what stands alone come from.
func (w *want) mapsNote() []string {
	if w.spec.AnyUpgrade {
		return []string{w.connection + " is a map that belongs into http, once: `ngxproof new map --any-upgrade`."}
	}
	return []string{w.upgrade + " and " + w.connection + " are maps that belong into http, once: `ngxproof new map`."}
}
