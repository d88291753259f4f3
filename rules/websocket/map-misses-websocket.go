package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "map-misses-websocket",
	Code:       "WS013",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"connection-header-wrong"},
	OnConfig:   mapMissesWebSocket,
})

// mapMissesWebSocket finds maps that are there to set Connection for a WebSocket, and don't: for every client, or for one
// that writes WebSocket.
//
// RFC 6455, 4.2.1: the value of Upgrade is compared without case. nginx: src/http/modules/ngx_http_map_module.c.
func mapMissesWebSocket(p *lint.Pass) {
	var found causes
	for _, s := range forwarding(p) {
		if !s.maySetFrom("Connection") {
			continue
		}
		for _, client := range []eval.Client{eval.Chrome, eval.MixedCase} {
			when := s.holds(client, func(u *eval.Upstream) bool { return withoutToken(u, "Connection", "upgrade") })
			if when.none() {
				continue
			}
			head := s.head(client, when)
			by := decider(head, "Connection")
			if by == nil {
				break
			}
			if m := s.all.upgradeMap(by); m != nil {
				values, _ := head.Values("Connection")
				found.add(m, string(client)+" "+strings.Join(values, ", "), s, when)
				break
			}
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		client, value, _ := strings.Cut(c.key, " ")
		s, asked := c.first(), eval.Client(client)
		return diag.Diagnostic{
			Message:  "the backend gets " + connectionWith(value) + " with `Upgrade: " + asksFor[asked] + "`, so it does not switch protocols" + c.when.ending(),
			Help:     "Let the map give `upgrade` for `websocket`: a plain key is compared without case.",
			At:       s.choice(c.at, asked),
			Labels:   []diag.Label{{Location: lint.Head(decider(s.head(asked, c.when), "Connection")), Message: "used here"}},
			Evidence: s.evidence(asked, c.when, "Connection"),
			Fix:      c.mendConnection(p, asked).Fix(diag.Safe, "give `upgrade` for a WebSocket"),
		}
	})
}

// asksFor is what the clients write.
var asksFor = map[eval.Client]string{eval.Chrome: "websocket", eval.MixedCase: "WebSocket"}

// connectionWith says which Connection is sent.
func connectionWith(value string) string {
	if value == "" {
		return "no `Connection`"
	}
	return "`Connection: " + value + "`"
}
