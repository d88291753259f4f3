package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:      "handshake-header-hidden",
	Code:      "WS008",
	Level:     diag.Error,
	LevelNote: " for Upgrade and Sec-WebSocket-Accept; warning for -Protocol, -Extensions",
	Fix:       diag.Safe,
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  handshakeHeaderHidden,
})

// neededOf101 are the header lines of a 101 that a client looks at, and the level of a finding about their loss.
// Connection is not among them: nginx always writes its own.
//
// RFC 6455, 4.1: without Upgrade or Sec-WebSocket-Accept the client fails the connection; without a subprotocol or
// extension that the backend chose the two sides disagree about what they speak.
var neededOf101 = []struct {
	name  string
	level diag.Level
}{
	{"Upgrade", diag.Error},
	{"Sec-WebSocket-Accept", diag.Error},
	{"Sec-WebSocket-Protocol", diag.Warning},
	{"Sec-WebSocket-Extensions", diag.Warning},
}

// handshakeHeaderHidden finds header lines of a 101 that proxy_hide_header keeps from the client.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_headers and ngx_http_upstream_hide_headers_hash.
func handshakeHeaderHidden(p *lint.Pass) {
	var hidden causes
	for _, s := range forwarding(p) {
		if s.all.config.EffectiveList(s.level, "proxy_hide_header").State != config.Set {
			continue
		}
		for _, needed := range neededOf101 {
			if at, when := s.hides(needed.name); at != nil {
				hidden.add(at, needed.name, s, when)
			}
		}
	}
	hidden.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Level:    levelOf101(c.key),
			Message:  "`proxy_hide_header " + c.at.Arg(1) + "` removes `" + c.key + "` from the 101, " + lossOf101(c.key),
			Help:     "Remove the directive, or add `proxy_pass_header " + c.key + ";` to the location.",
			At:       lint.Word(c.at, 1),
			Evidence: c.first().answerEvidence(eval.Chrome, c.when, toAccepted, nil, c.key),
			Fix:      c.pass101(p),
		}
	})
}

// pass101 is the fix: the directive goes, or, where others have it too, the sites get the header back.
func (c *cause) pass101(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	if !plan.RemoveFromList(c.at) {
		plan.AddToList("proxy_pass_header", c.key)
	}
	return plan.Fix(diag.Safe, "pass `"+c.key+"` on to the client")
}

// hides returns the directive that hides the header from every 101 that the client gets here, and the versions for which
// it does; nil where none does.
func (s *site) hides(name string) (at *config.Directive, when versions) {
	when = s.all.aim.never()
	for g := range s.all.aim.groups {
		heads := s.answers(eval.Chrome, g, toAccepted)
		for i, head := range heads {
			by := hiddenBy(head, name)
			if by == nil {
				break
			}
			at = by
			if i == len(heads)-1 {
				when = when.with(g)
			}
		}
	}
	if when.none() {
		return nil, when
	}
	return at, when
}

// hiddenBy returns the directive that hides the header from this head, or nil.
func hiddenBy(head *eval.ClientHead, name string) *config.Directive {
	for i := range head.Dropped {
		line := &head.Dropped[i]
		if strings.EqualFold(line.Name, name) && line.DroppedBy == eval.Hidden {
			return line.DroppedAt
		}
	}
	return nil
}

func levelOf101(name string) diag.Level {
	for _, needed := range neededOf101 {
		if needed.name == name {
			return needed.level
		}
	}
	return diag.Error
}

// lossOf101 says what follows from a header's loss.
func lossOf101(name string) string {
	if levelOf101(name) == diag.Error {
		return "so every client fails the connection"
	}
	return "so the client does not know what the backend chose"
}
