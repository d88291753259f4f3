package lint

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
)

// closedKey is the key under which a run shares what ownDirectives found.
type closedKey struct{}

// Closed reports whether nothing that we can't see could define a variable: no include is missing, and no module that is
// not nginx's own is in the build, as far as the configuration and the user say. Only then is what nobody defines an
// error.
func (p *Pass) Closed() bool {
	if !p.Config.Complete || len(p.Modules) > 0 || p.LoadsModules() {
		return false
	}
	return p.Shared(closedKey{}, func() any { return ownDirectives(p.Config) }).(bool)
}

// ownDirectives reports whether every directive of the configuration is nginx's own.
func ownDirectives(cfg *config.Config) bool {
	for d := range cfg.All() {
		known := catalog.Lookup(d.Name())
		if known == nil || cfg.Declared(d.Name()) || !own(known) {
			return false
		}
	}
	return true
}

// own reports whether a directive is one of nginx itself.
func own(d *catalog.Directive) bool {
	for i := range d.Entries {
		if kind := d.Entries[i].Kind; kind == catalog.OSS || kind == catalog.Undocumented {
			return true
		}
	}
	return false
}
