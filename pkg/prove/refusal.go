package prove

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
)

// refusalOf returns why nginx does not load a configuration, by what the linter found and by its addresses; nil where
// nothing is known against it.
func refusalOf(c *config.Config, findings []diag.Diagnostic) *Refusal {
	for i := range findings {
		if d := &findings[i]; d.Level == diag.Error && (d.Category == "correctness" || unloadable[d.Rule]) {
			return &Refusal{d.Message}
		}
	}
	for d := range c.All() {
		if d.Name() == "proxy_pass" && wrongPrefix(d.Arg(1)) {
			return &Refusal{"invalid URL prefix"}
		}
	}
	return nil
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
