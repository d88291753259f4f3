package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// decider returns the proxy_set_header directive that decides about a header of the head: the one whose line is sent,
// else the last one whose value is empty; nil where nginx's default or the client's line holds.
func decider(u *eval.Upstream, name string) *config.Directive { return u.Decider(name) }

// carrier returns the directive whose line of that name has the token, in any case; nil where none has.
func carrier(u *eval.Upstream, name, token string) *config.Directive {
	for _, line := range u.Lookup(name) {
		if !line.Value.Unknown && eval.HasToken(line.Value.Text, token) {
			return line.By
		}
	}
	return nil
}

// headerList returns the proxy_set_header directives in effect at the site, and the level that has them: it is nil where
// there are none, or where they can't all be seen.
func (s *site) headerList() (level *config.Directive, items []*config.Directive) {
	list := &s.headers
	if list.State != config.Set {
		return nil, nil
	}
	return list.Level, list.Items
}

// inherits reports whether the header list in effect stands at a level outside of the site's location.
func (s *site) inherits() bool {
	level, _ := s.headerList()
	for at := s.level; at != nil; at = at.Parent {
		if at == level {
			return false
		}
		if at == s.location {
			break
		}
	}
	return level != nil
}
