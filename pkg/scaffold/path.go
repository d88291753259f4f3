package scaffold

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/pcre"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// path is a location's name with what chooses it.
type path struct {
	modifier string // "", "=", "^~", "~" or "~*"
	name     string
}

// parsePath reads "/ws", "= /ws", "^~ /ws/", "~ ^/ws/(\d+)$".
func parsePath(text string) (path, error) {
	p := path{name: strings.TrimSpace(text)}
	for _, modifier := range []string{"=", "^~", "~*", "~"} {
		if rest, ok := strings.CutPrefix(p.name, modifier); ok {
			p = path{modifier, strings.TrimLeft(rest, " ")}
			break
		}
	}
	shown := source.Printable(text)
	switch {
	case control(p.name):
		return p, fmt.Errorf("path `%s`: it has control characters", shown)
	case p.regex():
		if _, err := pcre.Compile(p.name, pcre.Options{CaseInsensitive: p.modifier == "~*"}); err != nil && !errors.Is(err, pcre.ErrUnsupported) || p.name == "" {
			return p, fmt.Errorf("path `%s`: `%s` is no regular expression that nginx takes", shown, source.Printable(p.name))
		}
	case !strings.HasPrefix(p.name, "/"):
		return p, fmt.Errorf("path `%s`: it begins with a slash, such as /ws", shown)
	case strings.ContainsAny(p.name, "?#"):
		return p, fmt.Errorf("path `%s`: a location is chosen by the path alone, without `?` and `#`", shown)
	}
	return p, nil
}

// CheckPath says what is wrong with a Spec.Path, or nil.
func CheckPath(text string) error {
	_, err := parsePath(text)
	return err
}

func (p path) regex() bool { return strings.HasPrefix(p.modifier, "~") }

// args are the location's arguments.
func (p path) args() []string {
	if p.modifier == "" {
		return []string{p.name}
	}
	return []string{p.modifier, p.name}
}

// String writes the location as it is written in a configuration.
func (p path) String() string { return strings.Join(append([]string{"location"}, p.args()...), " ") }
