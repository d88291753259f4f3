package prove

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// refusalOf returns what nginx refuses by what the linter found; nil for nothing.
func refusalOf(findings []diag.Diagnostic) *Refusal {
	for i := range findings {
		if d := &findings[i]; d.Level == diag.Error && refused(d) {
			return &Refusal{d.Message}
		}
	}
	return nil
}

// refused reports whether a finding of level error is about something that nginx does not load.
func refused(d *diag.Diagnostic) bool {
	switch d.Rule {
	case "undefined-upgrade-variable", "map-outside-http":
		return true
	case "websocket-scheme-in-proxy-pass": // in a variable it is found out only when a request comes
		text := strings.Trim(strings.ToLower(d.At.File.Slice(d.At.Span)), `"'`)
		return !strings.Contains(text, "$") && (strings.HasPrefix(text, "ws") || strings.HasPrefix(text, "proxy_pass"))
	}
	return d.Category == "correctness"
}
