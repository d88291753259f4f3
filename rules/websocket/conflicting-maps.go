package websocket

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:     "conflicting-maps",
	Code:     "WS015",
	Level:    diag.Warning,
	Fix:      diag.Display,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: conflictingMaps,
})

// conflictingMaps finds variables that two maps define differently, of which nginx takes the last, and those of maps that
// a set overrides for all requests to a server or location.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_add_variable: a second definition replaces the first one's handler.
func conflictingMaps(p *lint.Pass) {
	for name := range p.Config.Variables() {
		definitions := p.Config.Definitions(name)
		if len(definitions) < 2 {
			continue
		}
		var maps, sets []*config.Directive
		for _, d := range definitions {
			switch {
			case isMapOf(d, name):
				maps = append(maps, d)
			case d.Name() == "set" && d.Context&(catalog.Server|catalog.Location) != 0: // in an if it is an exception
				sets = append(sets, d)
			}
		}
		if len(maps) > 0 {
			reportOtherMap(p, name, maps)
			reportSet(p, name, maps[len(maps)-1], sets)
		}
	}
}

// reportOtherMap reports the last map of a variable where an earlier one has another table.
func reportOtherMap(p *lint.Pass, name string, maps []*config.Directive) {
	last := maps[len(maps)-1]
	var labels []diag.Label
	for _, other := range maps[:len(maps)-1] {
		if !sameTable(p.Config, other, last) {
			labels = append(labels, diag.Label{Location: lint.Head(other), Message: "this one is without effect"})
		}
	}
	if len(labels) > 0 {
		p.Report(diag.Diagnostic{
			Message: fmt.Sprintf("`$%s` is defined by another map too, with other values: nginx takes this one, the last, everywhere", name),
			Help:    "Give one of them another name, or remove it.",
			At:      lint.Head(last),
			Labels:  labels[:min(len(labels), maxLabels)],
		}, last)
	}
}

// reportSet reports the sets of a map's variable once.
func reportSet(p *lint.Pass, name string, m *config.Directive, sets []*config.Directive) {
	if len(sets) == 0 {
		return
	}
	labels := []diag.Label{{Location: lint.Head(m), Message: "defined here"}}
	for _, d := range sets[1:] {
		if d.Directive != sets[0].Directive && len(labels) < maxLabels {
			labels = append(labels, diag.Label{Location: lint.Head(d), Message: "and overridden here"})
		}
	}
	p.Report(diag.Diagnostic{
		Message: fmt.Sprintf("`set` overrides the map's `$%s` for all requests that come here", name),
		Help:    "Set another variable, or take the exception into the map.",
		At:      lint.Head(sets[0]),
		Labels:  labels,
	}, sets...)
}

// sameTable reports whether two maps give the same for every request, as far as their lines say. Where lines are missing
// they are taken for the same.
func sameTable(c *config.Config, a, b *config.Directive) bool {
	if a.Directive == b.Directive || a.Hidden("") || b.Hidden("") {
		return true
	}
	return strings.EqualFold(a.Arg(1), b.Arg(1)) && slices.Equal(tableOf(c, a), tableOf(c, b))
}

// tableOf returns a map's lines in an order of their own: keys and parameters sorted, regexes as they stand, for the
// first that fits is taken.
func tableOf(c *config.Config, m *config.Directive) []string {
	var keys, patterns []string
	for _, entry := range c.Entries(m) {
		line := lineOf(entry)
		if strings.HasPrefix(line, "~") {
			patterns = append(patterns, line)
		} else {
			keys = append(keys, line)
		}
	}
	slices.Sort(keys)
	return append(keys, patterns...)
}

// lineOf writes an entry in one way: nginx compares keys without case.
func lineOf(entry *syntax.Directive) string {
	line := entry.Name()
	if !strings.HasPrefix(line, "~") {
		line = strings.ToLower(line)
	}
	for _, word := range entry.Args() {
		line += "\x00" + word.Value
	}
	return line
}
