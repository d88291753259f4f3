package scaffold

import gonginx "github.com/tufanbarisyildirim/gonginx/config"

// maps makes the maps that the two headers take their values from. See the interface, "Which map".
func (w *want) maps() []*gonginx.Directive {
	empty, why := "close", "close, nginx's own default"
	if w.pool != nil && w.since(http11ByDefault) {
		empty, why = "", "no such line, so that connections are kept"
	}
	connection := directive("map", "$http_upgrade", "$connection_upgrade")
	if w.spec.AnyUpgrade {
		with(connection, directive("default", "upgrade"), directive("", empty))
		return []*gonginx.Directive{explain(connection,
			"What the backend gets as Connection: upgrade where the client asks for one, else "+why+".")}
	}
	with(connection, directive("default", empty), directive("websocket", "upgrade"))
	upgrade := with(directive("map", "$http_upgrade", "$upgrade_websocket"),
		directive("default", ""), directive("websocket", "$http_upgrade"))
	return []*gonginx.Directive{
		explain(upgrade, "What the backend gets as Upgrade: WebSockets pass, anything else (such as h2c,",
			"which can go around access rules) does not."),
		explain(connection, "What it gets as Connection: upgrade for a WebSocket, else "+why+"."),
	}
}
