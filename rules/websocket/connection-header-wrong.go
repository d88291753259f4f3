package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "connection-header-wrong",
	Code:       "WS002",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"keepalive-defeated"},
	OnConfig:   connectionHeaderWrong,
})

// connectionHeaderWrong finds handshakes with an Upgrade whose Connection does not name it.
//
// RFC 6455, 4.1: Connection must have the token upgrade; RFC 9110, 7.8: without it, Upgrade means nothing.
func connectionHeaderWrong(p *lint.Pass) {
	var given, missing causes
	for _, s := range forwarding(p) {
		wrong := func(u *eval.Upstream) bool {
			return forwardsUpgrade(u) && withoutToken(u, "Connection", "upgrade")
		}
		when := s.holds(eval.Chrome, wrong)
		if !when.none() {
			when = when.and(s.holds(eval.Firefox, wrong))
		}
		if when.none() {
			continue
		}
		head := s.head(eval.Chrome, when)
		if by := decider(head, "Connection"); by != nil && s.all.guessed(by.Arg(2)) {
			continue
		} else if by != nil {
			values, _ := head.Values("Connection")
			given.add(by, strings.Join(values, ", "), s, when)
		} else {
			missing.add(decider(head, "Upgrade"), "", s, when)
		}
	}
	given.report(p, func(c *cause) diag.Diagnostic {
		d := diag.Diagnostic{
			Message:  "the backend gets `Upgrade` with `Connection: " + c.key + "`, so it does not switch protocols" + c.when.ending(),
			Help:     "Set `Connection` to `upgrade` for requests with an `Upgrade`.",
			At:       lint.Word(c.at, len(c.at.Words)-1),
			Evidence: c.first().evidence(eval.Chrome, c.when, "Connection"),
			Fix:      c.mendConnection(p, eval.Chrome).Fix(diag.Safe, "send `Connection: upgrade` with an `Upgrade`"),
		}
		if c.key == "" {
			d.Message = "the backend gets `Upgrade` without `Connection`, so it does not switch protocols" + c.when.ending()
			d.Note = "nginx sends no header whose value is empty"
		}
		return d
	})
	missing.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "the backend gets `Upgrade`, but no `Connection: upgrade`, so it does not switch protocols" + c.when.ending(),
			Help:     "Add a `proxy_set_header Connection` beside it.",
			At:       lint.Head(c.at),
			Evidence: c.first().evidence(eval.Chrome, c.when, "Connection"),
			Fix:      c.mendConnection(p, eval.Chrome).Fix(diag.Safe, "send `Connection: upgrade` with an `Upgrade`"),
		}
	})
}
