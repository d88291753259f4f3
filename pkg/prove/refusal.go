package prove

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
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
