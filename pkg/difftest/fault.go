package difftest

import (
	"slices"
	"strconv"
	"strings"
)

// Faults are all that Plant knows, in the order of the rules that find them.
func Faults() []Fault {
	return slices.Concat(forwarding, values, doubles, answersHidden, targets, refusedFaults)
}

// since1297 says whether the version has the defaults of nginx 1.29.7.
func since1297(version string) bool {
	var n [3]int
	for i, part := range strings.SplitN(version, ".", 3) {
		n[i], _ = strconv.Atoi(part) // versions are digits
	}
	return slices.Compare(n[:], []int{1, 29, 7}) >= 0
}

func pick(pairs ...string) Pick {
	p := Pick{}
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i]] = pairs[i+1]
	}
	return p
}

// one line for Connection, where an edit changes it.
var one = pick("Connection", "upgrade")

// outer levels are those whose headers a location's own take away.
var outer = map[string]bool{"server": true, "http": true, "parent location": true}

// What does not get to the backend.
var forwarding = []Fault{
	{Name: "Upgrade not forwarded", Rule: "WS001", pick: pick("Upgrade", "absent")},
	{Name: "Upgrade emptied", Rule: "WS001", pick: pick("Upgrade", "empty")},
	{Name: "neither forwarded", Rule: "WS001", pick: pick("Upgrade", "absent", "Connection", "absent")},
	{Name: "Connection missing", Rule: "WS002", pick: pick("Connection", "absent")},
	{Name: "Connection empty", Rule: "WS002", pick: pick("Connection", "empty")},
	{Name: "Connection close", Rule: "WS002", pick: pick("Connection", "close")},
	{Name: "Connection keep-alive", Rule: "WS002", pick: pick("Connection", "keep-alive")},
	{Name: "version missing", Rule: "WS003", pick: pick("proxy_http_version", "absent"), Spares: since1297},
	{Name: "version 1.0", Rule: "WS003", pick: pick("proxy_http_version", "1.0")},
	{Name: "lost by own header", Rule: "WS004", pick: pick("own header", "yes"), levels: outer},
	{Name: "key emptied", Rule: "WS029", edit: setHeader("Sec-WebSocket-Key", `""`)},
	{Name: "version emptied", Rule: "WS029", edit: setHeader("Sec-WebSocket-Version", `""`)},
	{Name: "version fixed", Rule: "WS029", edit: setHeader("Sec-WebSocket-Version", "8")},
	{Name: "key fixed", Rule: "WS029", edit: setHeader("Sec-WebSocket-Key", "b3RoZXIgc2FtcGxlIGtleQ==")},
	{Name: "no client headers", Rule: "WS029", pick: pick("other headers", "no request headers")},
}

// Values that are wrong.
var values = []Fault{
	{Name: "no $", Rule: "WS006", pick: pick("Upgrade", "no $")},
	{Name: "colon", Rule: "WS006", pick: pick("Upgrade", "colon")},
	{Name: "misspelt", Rule: "WS006", pick: pick("Upgrade", "misspelt")},
	{Name: "Connection no $", Rule: "WS006", pick: one, edit: setHeader("Connection", "http_connection")},
	{Name: "Connection misspelt", Rule: "WS006", pick: one, edit: setHeader("Connection", "$http_conection")}, //nolint:misspell // meant
	{Name: "Connection dash", Rule: "WS006", pick: one, edit: setHeader("Connection", "$connection-upgrade")},
	{Name: "Connection websocket", Rule: "WS006", pick: one, edit: setHeader("Connection", "websocket")},
	{Name: "swapped", Rule: "WS006", pick: pick("Upgrade", "$http_upgrade", "Connection", "$http_connection"),
		edit: func(c *Case) {
			setHeader("Upgrade", "$http_connection")(c)
			setHeader("Connection", "$http_upgrade")(c)
		}},
	{Name: "map misses websocket", Rule: "WS013", pick: pick("Connection", "map", "map", "standard"), edit: entries("default close", "upgrade upgrade")},
	{Name: "map case-sensitive", Rule: "WS013", pick: pick("Connection", "map", "map", "~")},
	{Name: "map reversed", Rule: "WS013", pick: pick("Connection", "map", "map", "standard"), edit: entries("default close", "'' upgrade")},
	{Name: "map empty without default", Rule: "WS013", pick: pick("Connection", "map", "map", "standard"), edit: entries("'' close")},
	{Name: "map regex first", Rule: "WS013", pick: pick("Connection", "map", "map", "regex order")},
	{Name: "Upgrade by a case-sensitive map", Rule: "WS013", pick: pick("Upgrade", "$http_upgrade", "layout", "plain"), edit: func(c *Case) {
		c.Named = append(c.Named, Block("map $http_upgrade $up_{ID}", Simple("~websocket $http_upgrade"), Simple("default ''")))
		setHeader("Upgrade", "$up_{ID}")(c)
	}},
	{Name: "map overridden", Rule: "WS002", pick: pick("Connection", "map", "map", "set override")},
}

// Lines that come twice. Connection lines that together hold upgrade and not close are left out: backends differ.
var doubles = []Fault{
	{Name: "Upgrade twice", Rule: "WS007", pick: pick("Upgrade", "twice")},
	{Name: "Connection lines differ", Rule: "WS007", pick: one, edit: func(c *Case) {
		setHeader("Connection", "upgrade")(c)
		beside(c, "proxy_set_header Connection close")
	}},
	{Name: "Host twice", Rule: "WS007", pick: pick("Host", "twice")},
}

// Answers that lose what the browser looks for.
var answersHidden = []Fault{
	{Name: "Upgrade hidden", Rule: "WS008", pick: pick("hide", "Upgrade", "hide level", "location")},
	{Name: "Upgrade hidden by the server", Rule: "WS008", pick: pick("hide", "Upgrade", "hide level", "server")},
	{Name: "accept value hidden", Rule: "WS008", pick: pick("hide", "Accept", "hide level", "location")},
	{Name: "several hidden", Rule: "WS008", pick: pick("hide", "several", "hide level", "server")},
	{Name: "no time to answer", Rule: "WS018", lines: []string{"proxy_read_timeout 0"}},
	{Name: "no time in milliseconds", Rule: "WS018", lines: []string{"proxy_read_timeout 0ms"}},
}

// Backends that cannot be reached in that way.
var targets = []Fault{
	{Name: "ws scheme", refused: true, Rule: "WS011", edit: scheme("ws")},
	{Name: "wss scheme", refused: true, Rule: "WS011", edit: scheme("wss")},
	{Name: "ws scheme in a variable", refused: true, Rule: "WS011", pick: pick("proxy_pass", "no URI"), edit: func(c *Case) {
		l := marked(c)
		i := slices.IndexFunc(l.Block, func(d *Directive) bool { return d.Name() == "proxy_pass" })
		l.Block[i].Text = strings.Replace(l.Block[i].Text, "proxy_pass http:", "set $ws_target_{ID} ws:", 1)
		l.Block = append(l.Block, Simple("proxy_pass $ws_target_{ID}"))
	}},
	{Name: "HTTP/2 upstream", refused: true, Rule: "WS016", pick: pick("proxy_http_version", "2")},
}

// What nginx refuses to load.
var refusedFaults = []Fault{
	{Name: "undefined variable", refused: true, Rule: "WS005", pick: one, edit: setHeader("Connection", "$connection_upgrade_{ID}")},
	{Name: "dash in a variable", refused: true, Rule: "WS006", edit: setHeader("Upgrade", "$http-upgrade")},
	{Name: "map in server", refused: true, Rule: "WS012", pick: pick("layout", "plain"), edit: func(c *Case) {
		server := c.Servers[len(c.Servers)-1]
		i := slices.IndexFunc(c.Named, func(d *Directive) bool { return d.Name() == "map" })
		server.Block = slices.Insert(server.Block, 0, c.Named[i])
		c.Named = slices.Delete(c.Named, i, i+1)
	}},
	{Name: "map in location", refused: true, Rule: "WS012", lines: []string{"map $http_upgrade $inner_{ID} { default upgrade; }"}},
	{Name: "semicolon missing", refused: true, Rule: "NGX001", edit: func(c *Case) {
		l := marked(c)
		l.Block = append(l.Block, &Directive{Text: "proxy_buffering off", Open: true})
	}},
	{Name: "unknown directive", refused: true, Rule: "NGX002", lines: []string{"proxy_set_headers X-A 1"}},
	{Name: "misplaced directive", refused: true, Rule: "NGX003", lines: []string{"if ($host) { proxy_set_header X-A 1; }"}},
	{Name: "argument missing", refused: true, Rule: "NGX004", lines: []string{"proxy_set_header X-A"}},
	{Name: "not a flag", refused: true, Rule: "NGX004", lines: []string{"proxy_buffering yes"}},
	{Name: "unknown variable", refused: true, Rule: "NGX005", edit: func(c *Case) { beside(c, "proxy_set_header X-A $missing_{ID}") }},
	{Name: "include missing", refused: true, Rule: "NGX006", lines: []string{"include {ID}/none.conf"}},
}

// entries replaces what stands in the map that feeds Connection.
func entries(lines ...string) func(*Case) {
	return func(c *Case) {
		walk(c.Named, func(d *Directive) {
			if strings.HasSuffix(d.Text, "$cu_{ID}") && d.Braces {
				d.Block = simples(lines)
			}
		})
	}
}

// scheme changes the scheme of the location's proxy_pass.
func scheme(name string) func(*Case) {
	return func(c *Case) {
		for _, d := range marked(c).Block {
			if d.Name() == "proxy_pass" {
				d.Text = strings.Replace(d.Text, "http:", name+":", 1)
			}
		}
	}
}
