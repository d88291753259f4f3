package signals

import (
	"regexp"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// form is how a location is chosen.
type form uint8

const (
	prefix    form = iota
	firm           // ^~
	exact          // =
	regex          // ~ and ~*
	named          // @name
	rootLevel      // the top of a fragment: any location
)

// path is a location's name, taken apart.
type path struct {
	form     form
	name     string
	segments []string // in lower case; of a regex those that are literal
}

// pathOf reads a location's arguments.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_location.
func pathOf(d *config.Directive) path {
	if d.Directive == nil || d.Name() != "location" {
		return path{form: rootLevel}
	}
	modifier, name := "", d.Arg(1)
	if len(d.Words) > 2 {
		modifier, name = d.Arg(1), d.Arg(2)
	} else {
		for _, m := range []string{"=", "^~", "~*", "~"} {
			if rest, ok := strings.CutPrefix(name, m); ok {
				modifier, name = m, rest
				break
			}
		}
	}
	p := path{name: name}
	switch {
	case modifier == "=":
		p.form = exact
	case modifier == "^~":
		p.form = firm
	case modifier != "":
		p.form = regex
	case strings.HasPrefix(name, "@"):
		p.form, name = named, name[1:]
	}
	if p.form == regex {
		p.segments = literalSegments(name)
	} else {
		p.segments = segmentsOf(name)
	}
	return p
}

// segmentsOf splits a path at its slashes.
func segmentsOf(name string) []string {
	var segments []string
	for s := range strings.SplitSeq(strings.ToLower(name), "/") {
		if s != "" {
			segments = append(segments, s)
		}
	}
	return segments
}

// plain is a segment of a regex that stands for itself, an escaped dot or dash among its letters.
var plain = regexp.MustCompile(`^(?:[A-Za-z0-9_@-]|\\[.-])+$`)

// literalSegments returns the segments of a pattern that stand for themselves: of `^/colibri-ws/(.*)` colibri-ws. An
// alternation of plain words counts as each of them.
func literalSegments(pattern string) []string {
	var segments []string
	pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	_, rest, _ := strings.Cut(pattern, "/") // a segment begins with a slash
	for s := range strings.SplitSeq(rest, "/") {
		s = strings.Trim(s, "?")
		group := strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")")
		if group {
			s = strings.TrimPrefix(s[1:len(s)-1], "?:")
		}
		for word := range strings.SplitSeq(s, "|") {
			if plain.MatchString(word) && (group || !strings.Contains(s, "|")) {
				segments = append(segments, strings.ToLower(strings.ReplaceAll(word, `\`, "")))
			}
		}
	}
	return segments
}

// has returns the segment, or the token between dashes and underscores of one, that is among words; "" for none.
func (p path) has(words map[string]float64) (found string, weight float64) {
	for _, s := range p.segments {
		if w := words[s]; w > weight {
			found, weight = s, w
		}
		if strings.IndexByte(s, '-') < 0 && strings.IndexByte(s, '_') < 0 {
			continue
		}
		for _, token := range tokens(s, "-_") {
			if w := words[token]; w > weight {
				found, weight = s, w
			}
		}
	}
	return found, weight
}

// follows reports whether the segments stand one after another in the path.
func (p path) follows(segments []string) bool { return follow(p.segments, segments) }

// tokens splits text, in lower case, at any of the separators.
func tokens(text, separators string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(separators, r) })
}
