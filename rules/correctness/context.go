package correctness

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// places says how a context is called in a sentence.
var places = map[catalog.Context]string{
	catalog.Main:           "the top level",
	catalog.IfInServer:     "`if` in `server`",
	catalog.IfInLocation:   "`if` in `location`",
	catalog.StreamServer:   "`server` in `stream`",
	catalog.StreamUpstream: "`upstream` in `stream`",
	catalog.MailServer:     "`server` in `mail`",
}

// place returns how the contexts are called, as "`http`, `server` or `location`".
func place(ctx catalog.Context) string {
	var names []string
	for _, one := range catalog.Contexts() {
		if ctx&one == 0 {
			continue
		}
		name, ok := places[one]
		if !ok {
			name = "`" + one.String() + "`"
		}
		names = append(names, name)
	}
	return alternatives(names)
}

// alternatives joins names with commas and a last "or".
func alternatives(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// quoted puts each name between a prefix and back-quotes.
func quoted(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = "`" + prefix + name + "`"
	}
	return out
}
