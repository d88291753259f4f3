package websocket

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "undefined-upgrade-variable",
	Code:       "WS005",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"unknown-variable"},
	OnConfig:   undefinedUpgradeVariable,
})

// undefinedUpgradeVariable finds the variables that Upgrade and Connection are set to and that nothing defines: one
// finding for each, whose map was left out. nginx itself names no line.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_variables_init_vars.
func undefinedUpgradeVariable(p *lint.Pass) {
	var names []string
	uses := map[string][]*config.Directive{}
	for d := range p.Config.All() {
		if !setsHandshakeHeader(d) {
			continue
		}
		for _, name := range undefinedIn(p, d) {
			if uses[name] == nil {
				names = append(names, name)
			}
			uses[name] = append(uses[name], d)
		}
	}
	for _, name := range names {
		reportUndefined(p, name, uses[name])
	}
}

// setsHandshakeHeader reports whether d is a proxy_set_header for Upgrade or Connection.
func setsHandshakeHeader(d *config.Directive) bool {
	return d.Name() == "proxy_set_header" && len(d.Words) == 3 && d.Context&catalog.HTTPContexts != 0 &&
		(setsUpgrade(d) || strings.EqualFold(d.Arg(1), "Connection"))
}

// undefinedIn returns the variables in a header's value that nginx looks up and nothing defines.
func undefinedIn(p *lint.Pass, d *config.Directive) []string {
	if !strings.Contains(d.Arg(2), "$") { // that spares compiling most values
		return nil
	}
	var names []string
	for _, name := range p.Eval().Table().Expr(d.Arg(2)).Variables() {
		if !defined(p.Config, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 || !p.Closed() || !compiled(p.Config, d) {
		return nil
	}
	return names
}

// defined reports whether something defines the http variable of that name; captures count as defined.
func defined(c *config.Config, name string) bool {
	if v := catalog.LookupVariable(name); v != nil && v.Where&catalog.HTTP != 0 {
		return true
	}
	return len(name) == 1 && '1' <= name[0] && name[0] <= '9' || len(c.Definitions(name)) > 0
}

// compiled reports whether nginx looks at the variables of the directive: at the http level it does so only where a
// server inherits the list.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_merge_loc_conf.
func compiled(c *config.Config, d *config.Directive) bool {
	return d.Context != catalog.HTTP || slices.ContainsFunc(c.Servers(), func(server *config.Directive) bool {
		return slices.Contains(c.EffectiveList(server, "proxy_set_header").Items, d)
	})
}

// reportUndefined reports one variable with all its uses.
func reportUndefined(p *lint.Pass, name string, uses []*config.Directive) {
	first := uses[0]
	report := diag.Diagnostic{
		Message:  fmt.Sprintf("`$%s` is defined nowhere, so nginx does not start", name),
		Help:     fmt.Sprintf("Define it in `http`, with a map from `$http_upgrade`: `map $http_upgrade $%s { ... }`.", name),
		At:       lint.Word(first, 2),
		Evidence: refusal(p, fmt.Sprintf(`unknown "%s" variable`, name), first, -1),
	}
	if meant := slipFor(name); meant != "" {
		report.Help = fmt.Sprintf("Write `$%s`.", meant)
	} else {
		report.Fix = defineVariable(p, name, uses)
	}
	report.Labels = otherUses(uses)
	p.Report(report, uses...)
}

// slipFor returns the variable of nginx's own that a name is a slip for; "" for none.
func slipFor(name string) string {
	for _, meant := range []string{"http_upgrade", "http_connection"} {
		if catalog.Distance(name, meant, 2) <= 2 {
			return meant
		}
	}
	return ""
}

// defineVariable is the fix: the map that is missing. There is none where one variable is the value of both headers, or
// only a part of one.
func defineVariable(p *lint.Pass, name string, uses []*config.Directive) *diag.Fix {
	upgrade := setsUpgrade(uses[0])
	if slices.ContainsFunc(uses, func(d *config.Directive) bool { return setsUpgrade(d) != upgrade || mapVariable(d) != name }) {
		return nil
	}
	var levels []*config.Directive
	for _, s := range sitesOf(p) {
		_, items := s.headerList()
		if slices.ContainsFunc(items, func(d *config.Directive) bool { return slices.Contains(uses, d) }) {
			levels = append(levels, s.level)
		}
	}
	plan := mender(p).Plan(levels...)
	if upgrade {
		plan.DefineUpgrade(name)
	} else {
		plan.DefineConnection(name)
	}
	return plan.Fix(diag.Safe, "add the map of `$"+name+"`")
}

// otherUses points at the uses of a variable after the first.
func otherUses(uses []*config.Directive) []diag.Label {
	var labels []diag.Label
	for _, d := range uses {
		at := lint.Word(d, 2)
		if d.Directive == uses[0].Directive || slices.ContainsFunc(labels, func(l diag.Label) bool { return l.Location == at }) {
			continue
		}
		if len(labels) == maxLabels {
			break
		}
		labels = append(labels, diag.Label{Location: at, Message: "used here too"})
	}
	return labels
}
