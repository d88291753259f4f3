package websocket

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:      "duplicate-upgrade-header",
	Code:      "WS007",
	Level:     diag.Error,
	LevelNote: " for two Upgrade or two Host lines, and for Connection lines that differ; warning for equal Connection lines",
	Fix:       diag.Safe,
	FixNote:   " if the values are equal, else unsafe",
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  duplicateUpgradeHeader,
})

// duplicateUpgradeHeader finds header lines of the handshake that the backend gets twice: nginx sends one line for each
// proxy_set_header with a value, and says nothing.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_create_request; RFC 9110, 7.2 and 5.3.
func duplicateUpgradeHeader(p *lint.Pass) {
	var twice causes
	for _, s := range forwarding(p) {
		for _, name := range []string{"Upgrade", "Connection", "Host"} {
			when := s.holds(eval.Chrome, func(u *eval.Upstream) bool {
				values, known := u.Values(name)
				return known && len(values) > 1
			})
			if when.none() {
				continue
			}
			lines := s.head(eval.Chrome, when).Lookup(name)
			if by := lines[len(lines)-1].By; by != nil {
				twice.add(by, name+"\x00"+sameOrNot(lines), s, when)
			}
		}
	}
	twice.report(p, func(c *cause) diag.Diagnostic {
		d := duplicateLines(c)
		d.Fix = c.removeSecond(p)
		return d
	})
}

// sameOrNot says whether the lines' values are equal, in any case.
func sameOrNot(lines []eval.Line) string {
	for _, line := range lines {
		if !strings.EqualFold(line.Value.Text, lines[0].Value.Text) {
			return "differ"
		}
	}
	return "equal"
}

// removeSecond is the fix: the further line goes.
func (c *cause) removeSecond(p *lint.Pass) *diag.Fix {
	name, values, _ := strings.Cut(c.key, "\x00")
	plan := c.mend(p)
	title := "remove this `" + name + "`"
	switch token := tokenOf[name]; {
	case values == "differ" && token != "" && !c.leaves(name, token):
		title = "keep one `" + name + "` that is right"
		if name == "Upgrade" {
			plan.Upgrade()
		} else {
			plan.Connection()
		}
	case !plan.RemoveFromList(c.at):
		return nil
	}
	if values == "equal" {
		return plan.Fix(diag.Safe, title)
	}
	fix := plan.Fix(diag.Unsafe, title)
	if fix == nil || fix.Safety != diag.Unsafe {
		return fix
	}
	fix.Risk = "the two values differ, and which one is meant is not known"
	return fix
}

// tokenOf is what a WebSocket's header of a name has to say.
var tokenOf = map[string]string{"Upgrade": "websocket", "Connection": "upgrade"}

// leaves reports whether the lines but the last one say what a WebSocket needs.
func (c *cause) leaves(name, token string) bool {
	lines := c.first().head(eval.Chrome, c.when).Lookup(name)
	for _, line := range lines[:len(lines)-1] {
		if !eval.HasToken(line.Value.Text, token) {
			return false
		}
	}
	return true
}

// duplicateLines is the finding about one directive that adds a further line.
func duplicateLines(c *cause) diag.Diagnostic {
	name, values, _ := strings.Cut(c.key, "\x00")
	lines := c.first().head(eval.Chrome, c.when).Lookup(name)
	d := diag.Diagnostic{
		Message:  fmt.Sprintf("the backend gets %d `%s` lines%s", len(lines), name, c.when.ending()),
		Help:     "Keep one of them.",
		At:       lint.Head(c.at),
		Evidence: c.first().evidence(eval.Chrome, c.when, name),
	}
	if name == "Connection" && values == "equal" {
		d.Level = diag.Warning
	}
	for _, line := range lines[:len(lines)-1] {
		if line.By != nil {
			d.Labels = append(d.Labels, diag.Label{Location: lint.Head(line.By), Message: "another one"})
		}
	}
	return d
}
