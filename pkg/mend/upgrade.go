package mend

// UpgradePair makes the sites forward WebSocket handshakes: Upgrade, Connection and the HTTP version, each where it is
// not right already.
func (p *Plan) UpgradePair() {
	p.HTTPVersion()
	if !p.handshakes(carries("Upgrade", "websocket")) {
		p.Upgrade()
	}
	if !p.handshakes(carries("Connection", "upgrade")) {
		p.Connection()
	}
}

// Upgrade sets the header Upgrade of the sites to what the client asks for: a WebSocket only, unless Options.AnyUpgrade.
func (p *Plan) Upgrade() {
	if p.m.opts.AnyUpgrade {
		p.SetHeader("Upgrade", "$http_upgrade")
		return
	}
	p.SetHeader("Upgrade", "$"+p.mapFor(upgradeMap("upgrade_websocket")))
}

// Connection sets the header Connection of the sites to upgrade for a WebSocket, and to what "Which map" says for other
// requests.
func (p *Plan) Connection() {
	p.SetHeader("Connection", "$"+p.mapFor(p.connectionMap("connection_upgrade")))
}

// DefineUpgrade adds a map that defines the variable name (without `$`) as the value of Upgrade.
func (p *Plan) DefineUpgrade(name string) { p.need(upgradeMap(name)) }

// DefineConnection adds a map that defines the variable name (without `$`) as the value of Connection.
func (p *Plan) DefineConnection(name string) { p.need(p.connectionMap(name)) }
