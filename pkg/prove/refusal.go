package prove

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// refusalOf returns why nginx does not load a configuration, by what the linter found and by its addresses; nil where
// nothing is known against it.
func refusalOf(c *config.Config, v catalog.Version, findings []diag.Diagnostic) *Refusal {
	for i := range findings {
		if d := &findings[i]; refuses(d) {
			return &Refusal{d.Message}
		}
	}
	for d := range c.All() {
		switch {
		case d.Name() == "proxy_pass" && d.Context&catalog.Stream == 0 && wrongPrefix(d.Arg(1)):
			return &Refusal{"invalid URL prefix"}
		case gone(d.Name(), v):
			return &Refusal{fmt.Sprintf("unknown directive %q", d.Name())}
		case d.Name() == "access_log" && c.Complete && d.Context&catalog.Stream == 0 && !hasFormat(c, d.Arg(2)):
			return &Refusal{fmt.Sprintf("unknown log format %q", d.Arg(2))}
		}
	}
	return uncertified(c)
}

// hasFormat reports whether the second argument of an access_log is one that nginx takes.
//
// nginx: src/http/modules/ngx_http_log_module.c, ngx_http_log_set_log.
func hasFormat(c *config.Config, name string) bool {
	if name == "" || name == "combined" || strings.Contains(name, "=") {
		return true
	}
	for d := range c.All() {
		if d.Name() == "log_format" && d.Arg(1) == name {
			return true
		}
	}
	return false
}

// uncertified refuses an encrypted listener whose default server has no certificate.
//
// nginx: src/http/modules/ngx_http_ssl_module.c, ngx_http_ssl_init.
func uncertified(c *config.Config) *Refusal {
	defaults := map[string]*config.Directive{}
	explicit, encrypts := map[string]bool{}, map[string]bool{}
	table := vars.NewTable(c)
	for _, server := range c.Servers() {
		for _, l := range table.Listens(server) {
			name := listenName(l)
			if defaults[name] == nil || l.Default && !explicit[name] {
				defaults[name], explicit[name] = server, l.Default
			}
			encrypts[name] = encrypts[name] || l.TLS && !l.QUIC
		}
	}
	for name, server := range defaults {
		reject := c.Effective(server, "ssl_reject_handshake")
		if encrypts[name] && c.Effective(server, "ssl_certificate").State == config.Default && reject.State == config.Default {
			return &Refusal{`no "ssl_certificate" is defined for the "listen ... ssl" directive`}
		}
	}
	return nil
}

// refuses reports whether a finding is about something that nginx does not load.
func refuses(d *diag.Diagnostic) bool {
	return d.Level == diag.Error && (d.Category == "correctness" || unloadable[d.Rule])
}

// gone reports whether nginx had a directive and has it no more.
//
// nginx: CHANGES of 1.25.1.
func gone(directive string, v catalog.Version) bool {
	return directive == "ssl" && !v.Before(catalog.Version{Major: 1, Minor: 25, Patch: 1})
}

// unloadable are the rules about WebSockets whose errors are about what nginx does not load.
var unloadable = map[string]bool{"undefined-upgrade-variable": true, "map-outside-http": true}

// wrongPrefix reports whether nginx refuses a URL. With a variable in it that is found out only when a request comes.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_pass.
func wrongPrefix(url string) bool {
	lower := strings.ToLower(url)
	return !strings.Contains(url, "$") && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://")
}
