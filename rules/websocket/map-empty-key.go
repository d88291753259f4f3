package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "map-empty-key",
	Code:       "WS014",
	Level:      diag.Warning,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"upgrade-literal-on-shared-location"},
	OnConfig:   mapEmptyKey,
})

// mapEmptyKey finds maps from $http_upgrade that give upgrade to requests without an Upgrade.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_map_find: patterns are not tried on an empty value.
func mapEmptyKey(p *lint.Pass) {
	var found causes
	for _, s := range sitesOf(p) {
		if !s.maySet("Connection") {
			continue
		}
		when := s.holds(eval.Plain, func(u *eval.Upstream) bool { return withToken(u, "Connection", "upgrade") })
		if when.none() {
			continue
		}
		if by := carrier(s.head(eval.Plain, when), "Connection", "upgrade"); by != nil {
			if m := s.all.upgradeMap(by); m != nil {
				found.add(m, "", s, when)
			}
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		s := c.first()
		return diag.Diagnostic{
			Message:  "plain requests, which have no `Upgrade`, reach the backend with `Connection: upgrade` too" + c.when.ending(),
			Help:     "Give the empty value a line of its own: `'' close;`.",
			At:       s.choice(c.at, eval.Plain),
			Labels:   append(meantForEmpty(p, c.at), diag.Label{Location: lint.Head(carrier(s.head(eval.Plain, c.when), "Connection", "upgrade")), Message: "used here"}),
			Evidence: s.evidence(eval.Plain, c.when, "Connection"),
			Fix:      c.mendConnection(p, eval.Plain).Fix(diag.Safe, "give plain requests another `Connection`"),
		}
	})
}

// meantForEmpty points at the lines of a map that look as if they were for the empty value: a regex that fits it, and
// blanks.
func meantForEmpty(p *lint.Pass, m *config.Directive) []diag.Label {
	var labels []diag.Label
	for file, entry := range p.Config.Entries(m) {
		key, isPattern := strings.CutPrefix(entry.Name(), "~")
		message := ""
		if isPattern && fitsEmpty(p, key) {
			message = "nginx tries no regex on the empty value"
		} else if key != "" && strings.TrimSpace(key) == "" {
			message = "a blank is not the empty value"
		}
		if message != "" {
			labels = append(labels, diag.Label{Location: diag.Location{File: file.File, Span: entry.Words[0].Span()}, Message: message})
		}
	}
	return labels
}

// fitsEmpty reports whether a pattern would match nothing.
func fitsEmpty(p *lint.Pass, pattern string) bool {
	pattern, fold := strings.CutPrefix(pattern, "*")
	re, err := p.Eval().Table().Regexp(pattern, fold)
	if err != nil {
		return false
	}
	found, err := re.Match("")
	return err == nil && found != nil
}
