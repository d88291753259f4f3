package websocket

import (
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/mend"
)

// menderKey is the key under which a run shares its mender.
type menderKey struct{}

// mender returns what starts the fixes of a run.
func mender(p *lint.Pass) *mend.Mender {
	return p.Shared(menderKey{}, func() any {
		return mend.New(p.Eval(), mend.Options{Profiles: p.Target.Profiles, AnyUpgrade: p.AnyUpgrade, Unedited: p.Unedited})
	}).(*mend.Mender)
}

// mend starts the fix of the cause: of all its sites.
func (c *cause) mend(p *lint.Pass) *mend.Plan {
	levels := make([]*config.Directive, len(c.sites))
	for i, s := range c.sites {
		levels[i] = s.level
	}
	return mender(p).Plan(levels...)
}

// mendConnection gives the cause's sites the right Connection: where it comes from a map of theirs, that map is mended.
func (c *cause) mendConnection(p *lint.Pass, client eval.Client) *mend.Plan {
	plan := c.mend(p)
	by := decider(c.first().head(client, c.when), "Connection")
	if variable := mapVariable(by); variable != "" {
		plan.MendConnectionMap(variable)
	} else {
		plan.Connection()
	}
	return plan
}

// mapVariable returns the variable that is a header's whole value; "" where it is something else.
func mapVariable(by *config.Directive) string {
	if by == nil || len(by.Words) != 3 || !strings.HasPrefix(by.Arg(2), "$") {
		return ""
	}
	name := strings.ToLower(strings.Trim(by.Arg(2), "${}"))
	if strings.ContainsAny(name, "$-: ") || strings.HasPrefix(name, "http_") {
		return ""
	}
	return name
}

// mendHTTPVersion is the fix of a handshake over HTTP/1.0.
func (c *cause) mendHTTPVersion(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.HTTPVersion()
	return plan.Fix(diag.Safe, "send requests as HTTP/1.1")
}

// mendReadTimeout is the fix of a tunnel that does not live long enough.
func (c *cause) mendReadTimeout(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	after := max(time.Hour, 2*c.first().signals().Heartbeat)
	plan.SetDirective("proxy_read_timeout", spell(after))
	return plan.Fix(diag.Safe, "let idle connections live for "+spell(after))
}
