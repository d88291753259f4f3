package config

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// unsettled takes in a directive about which a template leaves something open. It reports whether the directive is to be
// kept apart from Children: what it sets is not known then, and its name is Hidden in its block.
func (s *splicer) unsettled(d, parent *Directive) bool {
	gap := d.Gap
	s.clouded = true
	switch {
	case gap&syntax.GapElsewhere != 0:
		d.Context, d.Inside = 0, 0
		cloud(parent)
		return d.Block == nil
	case gap&syntax.GapName != 0:
		cloud(parent)
		return d.Block == nil
	case d.Name() == "include" && d.Block == nil:
		cloud(parent)
		return true
	case d.Name() == "if" || d.Name() == "limit_except":
		if gap&^syntax.GapInside == 0 {
			return false
		}
		cloud(parent)
		return true
	case gap&(syntax.GapMaybe|syntax.GapForm) != 0, gap&syntax.GapArgs != 0 && !settled(d):
		parent.doubted([]string{d.Name()})
		return d.Block == nil
	}
	return false
}

// settled reports whether a simple directive with placeholders in its arguments still says what is meant: the
// placeholders stand in a value that nginx evaluates, so that they are worth what an unknown variable is.
func settled(d *Directive) bool {
	name := d.Name()
	switch name {
	case "root", "alias", "return", "proxy_set_body", "access_log", "error_page":
		return !d.Words[1].Placeholder || name == "root" || name == "alias"
	case "add_header", "add_trailer", "set", "auth_request_set":
		return !d.Words[1].Placeholder
	}
	if strings.HasSuffix(name, "_set_header") || strings.HasSuffix(name, "_param") {
		return !d.Words[1].Placeholder
	}
	return strings.HasSuffix(name, "_pass")
}

// Open reports whether a template leaves something open about the directive or, where it has a block, about what is
// written there: its words, whether it is there at all, or entries of its block.
func (d *Directive) Open() bool { return d.open || d.Directive != nil && d.Gap != 0 }

// Doubtful reports whether a template leaves open what the directives of that name in this very block set.
func (d *Directive) Doubtful(name string) bool {
	for _, other := range d.unsettled {
		if other.Name() == name {
			return true
		}
	}
	return false
}

// Unsettled returns the directives of the block about which a template leaves open what they set, or whether they are
// there: they are not among Children.
func (d *Directive) Unsettled() []*Directive { return d.unsettled }
