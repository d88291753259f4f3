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
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// entryOf returns the line of a map that gave a value; nil where no line fits, or where it was no map.
func entryOf(c *config.Config, use vars.Use) (*syntax.File, *syntax.Directive) {
	if use.By == nil || use.By.Name() != "map" {
		return nil, nil
	}
	for file, entry := range c.Entries(use.By) {
		key := entry.Name()
		if key == "" {
			key = "''"
		}
		if len(entry.Words) == 2 && key == use.Why {
			return file, entry
		}
	}
	return nil, nil
}

// upgradeMap returns the map that a header's value comes from, where that depends on the client's Upgrade; nil where
// there is none, or something else than maps may give the value too.
func (all *sites) upgradeMap(header *config.Directive) *config.Directive {
	var found *config.Directive
	for _, name := range all.eval.Table().Expr(header.Arg(2)).Variables() {
		if m := all.mapOf(name); m != nil && all.fromUpgrade(m, 0) {
			found = m
		}
	}
	return found
}

// mapOf returns the map in effect that defines a variable: the last one; nil where there is none, or it is not all.
func (all *sites) mapOf(name string) *config.Directive {
	definitions := all.config.Definitions(name)
	other := slices.ContainsFunc(definitions, func(d *config.Directive) bool { return !isMapOf(d, name) })
	if len(definitions) == 0 || other {
		return nil
	}
	return definitions[len(definitions)-1]
}

// isMapOf reports whether d is a map block at the http level that defines the variable, not one that captures it.
func isMapOf(d *config.Directive, name string) bool {
	return d.Name() == "map" && d.MapLike && d.Context&catalog.HTTP != 0 && strings.EqualFold(d.Arg(2), "$"+name)
}

// maxChain bounds a chain of maps, which may be a circle.
const maxChain = 8

// fromUpgrade reports whether a map's source is, by way of other maps too, the client's Upgrade.
func (all *sites) fromUpgrade(m *config.Directive, depth int) bool {
	return slices.ContainsFunc(all.eval.Table().Expr(m.Arg(1)).Variables(), func(name string) bool {
		if name == "http_upgrade" {
			return true
		}
		next := all.mapOf(name)
		return next != nil && depth < maxChain && all.fromUpgrade(next, depth+1)
	})
}

// comesBy reports whether a header's value depends, by way of other maps too, on a map.
func (all *sites) comesBy(header, m *config.Directive) bool {
	names := all.eval.Table().Expr(header.Arg(2)).Variables()
	for range maxChain {
		var next []string
		for _, name := range names {
			by := all.mapOf(name)
			if by == m {
				return true
			}
			if by != nil {
				next = append(next, all.eval.Table().Expr(by.Arg(1)).Variables()...)
			}
		}
		names = next
	}
	return false
}

// choice returns where the line stands that a map takes for the client at the site, or the map's head where no line fits.
func (s *site) choice(m *config.Directive, client eval.Client) diag.Location {
	table := s.all.eval.Table()
	run := table.NewRun(s.all.eval.Canonical(s.location, client), s.all.aim.groups[0].version, nil)
	run.Eval(table.Expr(m.Arg(2)))
	for _, use := range run.Used() {
		if use.By != m {
			continue
		}
		if file, entry := entryOf(s.all.config, use); entry != nil {
			return diag.Location{File: file.File, Span: entry.Head()}
		}
	}
	return lint.Head(m)
}
