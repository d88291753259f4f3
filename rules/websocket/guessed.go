package websocket

import (
	"regexp"
	"strings"
)

// maxHands is how many variables may hand a value on before it counts as guessed.
const maxHands = 8

var capture = regexp.MustCompile(`\$\{?[1-9]`)

// guessed reports whether what a text is worth comes from the part of a request that we made up for a location: what its
// pattern captures, arguments and cookies. Each client may bring another value, so nothing holds for every one.
func (all *sites) guessed(text string) bool { return all.guessedBy(text, maxHands) }

func (all *sites) guessedBy(text string, hands int) bool {
	if hands == 0 || capture.MatchString(text) {
		return true
	}
	for _, name := range all.eval.Table().Expr(text).Variables() {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "arg_") || strings.HasPrefix(name, "cookie_") {
			return true
		}
		for _, d := range all.config.Definitions(name) {
			switch d.Name() {
			case "set":
				if all.guessedBy(d.Arg(2), hands-1) {
					return true
				}
			case "map":
				if all.guessedBy(d.Arg(1), hands-1) {
					return true
				}
			case "location", "server_name", "rewrite", "if":
				return true // a named group of its pattern
			}
		}
	}
	return false
}

// authority returns a URL up to its path.
func authority(url string) string {
	start := strings.Index(url, "://") + len("://")
	if start < len("://") {
		start = 0
	}
	if end := strings.IndexByte(url[start:], '/'); end >= 0 {
		return url[:start+end]
	}
	return url
}
