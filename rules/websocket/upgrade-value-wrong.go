package websocket

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:     "upgrade-value-wrong",
	Code:     "WS006",
	Level:    diag.Error,
	Fix:      diag.Safe,
	Versions: "all",
	Since:    "0.1.0",
	Supersedes: []string{
		"upgrade-not-forwarded", "connection-header-wrong", "upgrade-lost-by-inheritance", "undefined-upgrade-variable", "unknown-variable",
	},
	OnConfig: upgradeValueWrong,
})

// upgradeValueWrong finds header lines that are meant for Upgrade or Connection and give a WebSocket client another value.
func upgradeValueWrong(p *lint.Pass) {
	var found causes
	type line struct {
		by      *syntax.Directive
		message string
	}
	said := map[line]*slip{}
	for _, s := range sitesOf(p) {
		_, items := s.headerList()
		for _, bad := range joinSwapped(s.slips(items)) {
			if !bad.when.none() {
				found.add(bad.by, bad.message, s, bad.when)
				said[line{bad.by.Directive, bad.message}] = bad
			}
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		bad := said[line{c.at.Directive, c.key}]
		c.beside = append(c.beside, c.at)
		d := diag.Diagnostic{
			Message:  c.key + c.when.ending(),
			Help:     bad.help,
			At:       lint.Word(c.at, bad.word),
			Evidence: c.first().evidence(eval.Chrome, c.when, "Upgrade", "Upgrade:", "Connection:", c.at.Arg(1)),
			Fix:      c.mendSlip(p),
		}
		if bad.other != nil {
			c.beside = append(c.beside, bad.other)
			d.Labels = append(d.Labels, diag.Label{Location: lint.Head(bad.other), Message: "and this one"})
		}
		return d
	})
}

// mendSlip is the fix: the handshake that was meant, with both headers and HTTP/1.1.
func (c *cause) mendSlip(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.HTTPVersion()
	head := c.first().head(eval.Chrome, c.when)
	_, items := c.first().headerList()
	for _, name := range []string{"Upgrade", "Connection"} {
		set, value := plan.Upgrade, plan.UpgradeVariable
		if name == "Connection" {
			set, value = plan.Connection, plan.ConnectionVariable
		}
		with := slices.IndexFunc(items, func(d *config.Directive) bool { return strings.EqualFold(d.Arg(1), name+":") })
		switch {
		case with >= 0:
			d := items[with]
			plan.ReplaceWord(d, 1, strings.TrimSuffix(d.Arg(1), ":"))
			if sent := sentBy(head, d); len(sent) == 0 || !eval.HasToken(sent[0].Value.Text, tokenFor[name]) {
				plan.ReplaceWord(d, 2, value())
			}
		case !withToken(head, name, tokenFor[name]):
			set()
		}
	}
	return plan.Fix(diag.Safe, "give `Upgrade` and `Connection` what a handshake needs")
}

// tokenFor is what a header must have in a handshake.
var tokenFor = map[string]string{"Upgrade": "websocket", "Connection": "upgrade"}

// slip is what is wrong with one header line.
type slip struct {
	by            *config.Directive
	word          int // the wrong one of its words
	message, help string
	sent          string            // the value that the backend gets, where that is all that is wrong
	other         *config.Directive // the line that it is swapped with
	when          versions
}

// slips returns what is wrong with the lines of a header list in effect at the site.
func (s *site) slips(items []*config.Directive) []*slip {
	var found []*slip
	for _, d := range items {
		name := strings.TrimSuffix(strings.ToLower(d.Arg(1)), ":")
		if len(d.Words) != 3 || name != "upgrade" && name != "connection" {
			continue
		}
		for _, look := range []func(*site, *config.Directive) *slip{
			(*site).colon, (*site).dash, (*site).nearName, (*site).noDollar, (*site).otherValue,
		} {
			if bad := look(s, d); bad != nil {
				found = append(found, bad)
				break
			}
		}
	}
	return found
}

// colon: a name that ends with a colon, which nginx sends as it is.
func (s *site) colon(d *config.Directive) *slip {
	name, ok := strings.CutSuffix(d.Arg(1), ":")
	if !ok {
		return nil
	}
	when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return len(sentBy(u, d)) > 0 })
	if when.none() {
		return nil
	}
	sent := sentBy(s.head(eval.Chrome, when), d)[0]
	return &slip{
		by: d, word: 1, when: when,
		message: "nginx writes the `:` itself: the backend gets `" + sent.Name + ": " + sent.Value.Text + "`",
		help:    "Write `proxy_set_header " + name + "` without the colon.",
	}
}

// dash: a name with a dash, which ends a variable's name.
func (s *site) dash(d *config.Directive) *slip {
	meant, used := s.dashed(d.Arg(2))
	if meant == "" {
		return nil
	}
	when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return !withToken(u, d.Arg(1), wantedToken(d)) })
	return &slip{
		by: d, word: 2, when: when,
		message: "`-` ends a variable's name: this is `$" + used + "` and the text `" + d.Arg(2)[1+len(used):] + "`",
		help:    "Write `$" + meant + "`.",
	}
}

// dashed returns the variable that is meant by an expression that would be one, were its dashes underscores, and the one
// that nginx reads; "" where the expression is no such slip.
func (s *site) dashed(text string) (meant, used string) {
	table := s.all.eval.Table()
	whole := strings.ReplaceAll(text, "-", "_")
	read, names := table.Expr(text).Variables(), table.Expr(whole).Variables()
	if whole == text || len(read) != 1 || len(names) != 1 || !strings.EqualFold("$"+names[0], whole) {
		return "", ""
	}
	if !slices.Contains(wellKnown, names[0]) && len(s.all.config.Definitions(names[0])) == 0 || len(s.all.config.Definitions(read[0])) > 0 {
		return "", ""
	}
	return names[0], read[0]
}

// wellKnown are the variables that belong into Upgrade and Connection: nginx's own, and what the maps of the world's
// snippets define.
var wellKnown = []string{"http_upgrade", "http_connection", "connection_upgrade", "upgrade_websocket"}

// nearName: $http_ and a header that no client sends, nearly that which is meant. nginx takes every such name.
func (s *site) nearName(d *config.Directive) *slip {
	for _, name := range s.all.eval.Table().Expr(d.Arg(2)).Variables() {
		meant := nearly(name)
		if meant == "" || len(s.all.config.Definitions(name)) > 0 {
			continue
		}
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return withoutToken(u, d.Arg(1), wantedToken(d)) })
		if when.none() {
			return nil
		}
		return &slip{
			by: d, word: 2, when: when,
			message: "`$" + name + "` is empty: no client sends a header `" + strings.ReplaceAll(strings.TrimPrefix(name, "http_"), "_", "-") + "`",
			help:    "Write `$" + meant + "`.",
		}
	}
	return nil
}

// nearly returns which of the client's headers a variable's name is a slip for; "" for none.
func nearly(name string) string {
	if !strings.HasPrefix(name, "http_") {
		return ""
	}
	for _, meant := range []string{"http_upgrade", "http_connection"} {
		if name == meant {
			return ""
		}
		if near := catalog.Distance(name, meant, 2); 0 < near && near <= 2 {
			return meant
		}
	}
	return ""
}

// noDollar: a variable's name as text.
func (s *site) noDollar(d *config.Directive) *slip {
	text, constant := s.all.eval.Table().Expr(d.Arg(2)).Constant()
	if !constant || !slices.Contains(wellKnown, strings.ToLower(text)) && len(s.all.config.Definitions(text)) == 0 {
		return nil
	}
	when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return withoutToken(u, d.Arg(1), wantedToken(d)) })
	if when.none() {
		return nil
	}
	return &slip{
		by: d, word: 2, when: when,
		message: "the `$` is missing: the backend gets `" + d.Arg(1) + ": " + text + "`",
		help:    "Write `$" + text + "`.",
	}
}

// otherValue: Upgrade is not websocket, or Connection is.
func (s *site) otherValue(d *config.Directive) *slip {
	when := s.holds(eval.Chrome, func(u *eval.Upstream) bool {
		if setsUpgrade(d) {
			return len(sentBy(u, d)) > 0 && withoutToken(u, "Upgrade", "websocket")
		}
		return len(sentBy(u, d)) > 0 && withToken(u, "Connection", "websocket") && withoutToken(u, "Connection", "upgrade")
	})
	if when.none() {
		return nil
	}
	sent := sentBy(s.head(eval.Chrome, when), d)[0].Value.Text
	return &slip{
		by: d, word: 2, when: when, sent: sent,
		message: "the backend gets `" + d.Arg(1) + ": " + sent + "` from a WebSocket client, not `" + wantedToken(d) + "`",
		help:    "Pass on what the client asks for: " + map[string]string{"websocket": "`$http_upgrade`", "upgrade": "`upgrade` where there is an `Upgrade`"}[wantedToken(d)] + ".",
	}
}

// joinSwapped makes one slip of two lines whose values are each other's.
func joinSwapped(found []*slip) []*slip {
	at := func(token string) int {
		return slices.IndexFunc(found, func(bad *slip) bool {
			return wantedToken(bad.by) != token && eval.HasToken(bad.sent, token)
		})
	}
	i, j := at("upgrade"), at("websocket")
	if i < 0 || j < 0 {
		return found
	}
	one, other := found[i], found[j]
	one.other, one.when = other.by, one.when.and(other.when)
	one.message = "the values of `Upgrade` and `Connection` are swapped"
	one.help = "Put each value where the other one is."
	return slices.Delete(found, j, j+1)
}

// sentBy returns the lines of a head that a directive sets.
func sentBy(u *eval.Upstream, d *config.Directive) []eval.Line {
	return slices.DeleteFunc(u.Lookup(d.Arg(1)), func(line eval.Line) bool { return line.By != d || line.Value.Unknown || line.Maybe })
}

// wantedToken is what the header that a line is meant for must have in a handshake.
func wantedToken(d *config.Directive) string {
	if setsUpgrade(d) {
		return tokenFor["Upgrade"]
	}
	return tokenFor["Connection"]
}
