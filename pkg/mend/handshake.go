package mend

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// pooled is the first version that keeps the connections of a named upstream, and speaks HTTP/1.1, by default.
var pooled = catalog.Version{Major: 1, Minor: 29, Patch: 7}

// webSockets are the clients that open a WebSocket.
var webSockets = []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase}

// handshakes reports whether every WebSocket handshake of every site, with every version aimed at, is so.
func (p *Plan) handshakes(is func(*eval.Upstream) bool) bool {
	return !slices.ContainsFunc(p.sites, func(site *config.Directive) bool { return !p.m.handshakes(site, is) })
}

// handshakes reports whether every WebSocket handshake of the site is so.
func (m *Mender) handshakes(site *config.Directive, is func(*eval.Upstream) bool) bool {
	for _, client := range webSockets {
		for _, version := range m.versions {
			for _, head := range m.eval.At(home(site), client, version).Proxied() {
				if !is(head) {
					return false
				}
			}
		}
	}
	return true
}

// sendsHTTP11 reports whether handshakes reach the site's backend over HTTP/1.1. What is in effect at the location says
// so, unless an if or the like in it may set something else for some.
//
// nginx: the default is that of 1.29.7.
func (m *Mender) sendsHTTP11(site *config.Directive) bool {
	level := home(site)
	set := m.config.Effective(level, "proxy_http_version")
	block := func(d *config.Directive) bool { return d.Block != nil }
	switch {
	case set.State == config.Unknown || slices.ContainsFunc(level.Children, block):
		return m.handshakes(site, speaksHTTP11)
	case set.State == config.Set:
		return set.By.Arg(1) == "1.1"
	}
	return !slices.ContainsFunc(m.versions, func(v catalog.Version) bool { return v.Before(pooled) })
}

func speaksHTTP11(u *eval.Upstream) bool { return u.Version.Text == "1.1" }

// carries returns a question: has the head the token, in any case, in its only line of that name?
func carries(name, token string) func(*eval.Upstream) bool {
	return func(u *eval.Upstream) bool {
		lines := u.Lookup(name)
		if len(lines) != 1 || lines[0].Value.Unknown {
			return false
		}
		return tells(lines[0].Value.Text, token)
	}
}

// keepsConnections reports whether the connections of every site may be kept: its upstream has keepalive, or is a named
// one and every version aimed at keeps connections by default.
//
// nginx: src/http/modules/ngx_http_upstream_keepalive_module.c; the default is that of 1.29.7.
func (p *Plan) keepsConnections() bool {
	byDefault := true
	for _, profile := range p.m.opts.Profiles {
		byDefault = byDefault && !profile.Representative.Before(pooled)
	}
	for _, site := range p.sites {
		outcomes := p.m.eval.At(home(site), eval.Plain, p.m.opts.Profiles[0].Representative).Proxied()
		if len(outcomes) == 0 {
			return false
		}
		for _, u := range outcomes {
			if !keepsConnections(u.Block, byDefault) {
				return false
			}
		}
	}
	return len(p.sites) > 0
}

// keepsConnections reports whether an upstream block keeps connections; byDefault says that nginx does so by itself.
func keepsConnections(upstream *config.Directive, byDefault bool) bool {
	if upstream == nil {
		return false
	}
	own := upstream.Own("keepalive")
	if len(own) == 0 {
		return byDefault
	}
	return own[len(own)-1].Arg(1) != "0"
}

// sparesH2C reports whether requests that ask for h2c reach the backend as ordinary ones now: they are to do so later too,
// so no map may be taken that gives them what a WebSocket gets.
func (p *Plan) sparesH2C() bool {
	if p.m.opts.AnyUpgrade {
		return false
	}
	for _, site := range p.sites {
		for _, version := range p.m.versions {
			for _, u := range p.m.eval.At(home(site), eval.H2C, version).Proxied() {
				if len(u.Lookup("Upgrade")) > 0 || carries("Connection", "upgrade")(u) {
					return false
				}
			}
		}
	}
	return true
}
