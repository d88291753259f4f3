package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// subrequest reports whether auth_request or mirror sends its subrequests to the site's location.
func (s *site) subrequest() bool {
	s.all.targets.Do(func() { s.all.aside = s.all.subrequestTargets() })
	return s.all.aside[s.location]
}

// subrequestTargets finds the locations that auth_request and mirror directives lead to.
func (all *sites) subrequestTargets() map[*config.Directive]bool {
	targets := map[*config.Directive]bool{}
	for d := range all.config.All() {
		if d.Block != nil || d.Name() != "auth_request" && d.Name() != "mirror" || !strings.HasPrefix(d.Arg(1), "/") {
			continue
		}
		server := d.Within("server")
		if server == nil {
			all.named(targets, d.Arg(1))
			continue
		}
		out := all.eval.AtRequest(server, eval.Plain.Request("example.com", d.Arg(1)), all.aim.groups[0].version)
		for _, o := range out.All {
			if o.Decision.Location != nil {
				targets[o.Decision.Location] = true
			}
		}
	}
	return targets
}

// named marks the locations of that path, where no server is known to choose one.
func (all *sites) named(targets map[*config.Directive]bool, path string) {
	for _, location := range all.config.Locations() {
		if location.Arg(len(location.Words)-1) == path {
			targets[location] = true
		}
	}
}

// plainWorth returns what a directive's argument is worth for a WebSocket client at the site, where nothing was set on the
// way.
func (s *site) plainWorth(text string) vars.Value {
	run := s.all.eval.Table().NewRun(s.all.eval.Canonical(s.location, eval.Chrome), s.all.aim.groups[0].version, nil)
	return run.Eval(s.all.eval.Table().Expr(text))
}
