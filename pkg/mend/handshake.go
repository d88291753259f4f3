package mend

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// pooled is the first version that keeps the connections of a named upstream by default.
var pooled = catalog.Version{Major: 1, Minor: 29, Patch: 7}

// webSockets are the clients that open a WebSocket.
var webSockets = []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase}

// handshakes reports whether every WebSocket handshake of every site, with every version aimed at, is so.
func (p *Plan) handshakes(is func(*eval.Upstream) bool) bool {
	for _, site := range p.sites {
		for _, client := range webSockets {
			for _, version := range p.m.versions {
				for _, head := range p.m.eval.At(home(site), client, version).Proxied() {
					if !is(head) {
						return false
					}
				}
			}
		}
	}
	return true
}

// setsHTTP11 reports whether proxy_http_version says 1.1 to every site and nothing in their locations can say otherwise,
// which spares evaluating them.
func (p *Plan) setsHTTP11() bool {
	for _, site := range p.sites {
		level := home(site)
		block := func(d *config.Directive) bool { return d.Block != nil }
		version := p.m.config.Effective(level, "proxy_http_version")
		if version.State != config.Set || version.By.Arg(1) != "1.1" || slices.ContainsFunc(level.Children, block) {
			return false
		}
	}
	return true
}

func speaksHTTP11(u *eval.Upstream) bool { return u.Version.Text == "1.1" }

// carries returns a question: has the head the token, in any case, in its only line of that name?
func carries(name, token string) func(*eval.Upstream) bool {
	return func(u *eval.Upstream) bool {
		lines := u.Lookup(name)
		if len(lines) != 1 || lines[0].Value.Unknown {
			return false
		}
		for item := range strings.SplitSeq(lines[0].Value.Text, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
		return false
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
