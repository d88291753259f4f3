package mend

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// proxied returns the blocks that have a proxy_pass, in order.
func (m *Mender) proxied() []*config.Directive {
	if m.passes == nil {
		m.passes = []*config.Directive{}
		for d := range m.config.All() {
			if d.Name() == "proxy_pass" && d.Block == nil {
				m.passes = append(m.passes, d.Parent)
			}
			m.includes = m.includes || d.Via != nil
		}
		if m.includes {
			m.own()
		}
	}
	return m.passes
}

// own notes every place at which a statement is read.
func (m *Mender) own() {
	m.owners = map[*syntax.Directive][]*config.Directive{}
	for d := range m.config.All() {
		m.owners[d.Directive] = append(m.owners[d.Directive], d)
	}
}

// places returns every place at which the statement of d is read: several where its file is included several times.
func (m *Mender) places(d *config.Directive) []*config.Directive {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.proxied()
	if d.Directive == nil || !m.includes {
		return []*config.Directive{d}
	}
	return m.owners[d.Directive]
}

// reach returns the blocks with a proxy_pass that take the directive name from the block level, or would if it were set
// there, wherever level's file is included: those without one of their own in between.
func (m *Mender) reach(level *config.Directive, name string) []*config.Directive {
	m.mu.Lock()
	defer m.mu.Unlock()
	index := m.reached[name]
	if index == nil {
		index = make(map[*syntax.Directive][]*config.Directive, len(m.proxied())+len(m.proxied())/2)
		for _, block := range m.proxied() {
			for at := block; at != nil; at = at.Parent {
				index[at.Directive] = append(index[at.Directive], block)
				if len(at.Own(name)) > 0 {
					break
				}
			}
		}
		m.reached[name] = index
	}
	return index[level.Directive]
}

// users returns the blocks with a proxy_pass for which a directive is in effect, or may be, wherever its file is
// included.
func (m *Mender) users(d *config.Directive) []*config.Directive {
	var users []*config.Directive
	for _, place := range m.places(d) {
		users = append(users, m.reach(place.Parent, d.Name())...)
	}
	return users
}
