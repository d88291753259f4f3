package fix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// structure reports directives that safe fixes changed but that are none of theirs: all but those that say how requests
// are proxied, and the maps of Upgrade.
func (c *check) structure() string {
	if c.mendsGrammar() || slices.ContainsFunc(c.fixes, func(p *proposal) bool { return !p.safe }) {
		return ""
	}
	for i, cfg := range c.after.configs {
		if c.refused(i) {
			continue
		}
		was, is := frame(c.before.configs[i]), frame(cfg)
		for j := range min(len(was), len(is)) {
			if !same(was[j], is[j]) {
				return fmt.Sprintf("it changes `%s` in %s", was[j].Name(), was[j].File.Name)
			}
		}
		if len(was) != len(is) {
			return "it adds or removes directives that are not its own"
		}
	}
	return ""
}

// frame returns the directives that no safe fix may change, in order.
func frame(cfg *config.Config) []*config.Directive {
	var all []*config.Directive
	for d := range cfg.All() {
		if !proxying(d) && !(d.Name() == "map" && strings.EqualFold(d.Arg(1), "$http_upgrade")) {
			all = append(all, d)
		}
	}
	return all
}

// proxying reports whether a directive says how requests are proxied, but not where.
func proxying(d *config.Directive) bool {
	return d.Block == nil && strings.HasPrefix(d.Name(), "proxy_") && d.Name() != "proxy_pass"
}

// same reports whether two directives say the same in blocks of the same name.
func same(a, b *config.Directive) bool {
	if (a.Block == nil) != (b.Block == nil) || !sameWords(a.Words, b.Words) || a.Parent.Inside != b.Parent.Inside {
		return false
	}
	if !a.MapLike {
		return true
	}
	return slices.EqualFunc(a.Block.Directives, b.Block.Directives, func(x, y *syntax.Directive) bool { return sameWords(x.Words, y.Words) })
}

func sameWords(a, b []syntax.Word) bool {
	return slices.EqualFunc(a, b, func(x, y syntax.Word) bool { return x.Value == y.Value })
}
