package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "handshake-over-http10",
	Code:       "WS003",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "explicit 1.0: all; default: < 1.29.7",
	Since:      "0.1.0",
	Supersedes: []string{"keepalive-defeated"},
	OnConfig:   handshakeOverHTTP10,
})

// handshakeOverHTTP10 finds handshakes whose request line says HTTP/1.0.
//
// RFC 6455, 4.1: the request line's version must be at least 1.1.
func handshakeOverHTTP10(p *lint.Pass) {
	var explicit, missing causes
	for _, s := range forwarding(p) {
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool {
			return forwardsUpgrade(u) && !u.Version.Unknown && u.Version.Text == "1.0"
		})
		if when.none() {
			continue
		}
		if by := s.head(eval.Chrome, when).VersionBy; by != nil {
			explicit.add(by, "", s, when)
		} else {
			missing.add(s.missingAt(), "", s, when)
		}
	}
	explicit.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "`proxy_http_version 1.0` sends the handshake as HTTP/1.0, which RFC 6455 forbids (only some servers take it)" + c.when.ending(),
			Help:     "Write `proxy_http_version 1.1;`.",
			At:       lint.Word(c.at, 1),
			Evidence: c.first().evidence(eval.Chrome, c.when, ""),
			Fix:      c.mendHTTPVersion(p),
		}
	})
	missing.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "the handshake goes to the backend as HTTP/1.0, which RFC 6455 forbids (only some servers take it)" + c.when.ending(),
			Help:     "Add `proxy_http_version 1.1;`.",
			At:       lint.Head(c.at),
			Note:     "`proxy_http_version 1.1` is missing",
			Evidence: c.first().evidence(eval.Chrome, c.when, ""),
			Fix:      c.mendHTTPVersion(p),
		}
	})
}

// missingAt returns the directive to point at where one is missing that would stand beside the headers: the last
// proxy_set_header of an outer level that all its locations share, else the site's own proxy_pass.
func (s *site) missingAt() *config.Directive {
	if _, items := s.headerList(); s.inherits() && len(items) > 0 {
		return items[len(items)-1]
	}
	return s.pass
}
