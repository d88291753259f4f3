package syntax

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// found is a construct as it was found in the text.
type found struct {
	construct
	envsubst bool   // `${NAME}`: nginx's own syntax too
	name     string // of envsubst
	placed   bool   // it stands where nginx has nothing like it
}

// maxConstruct is how many bytes a construct may have, maxString how many a string in it: what is not ended by then is
// none, so that a text full of beginnings costs no more than this for each.
const (
	maxConstruct = 16 << 10
	maxString    = 512
)

// scanner looks for the constructs of a text.
type scanner struct {
	text  string
	at    int
	found []found
	jinja bool // a {% was seen, so {# #} is a comment
	raw   bool // between {% raw %} and {% endraw %}
	// none says up to which offset a mark was looked for in vain.
	none map[string]int
}

// scanTemplate returns all constructs of a file, in order.
func scanTemplate(plain *File) []found {
	text := plain.Text
	s := &scanner{text: text, jinja: strings.Contains(text, "{%")}
	for s.at < len(text) {
		i := strings.IndexAny(text[s.at:], "{<_%$!#")
		if i < 0 {
			break
		}
		s.at += i
		if end := s.construct(); end > s.at {
			s.at = end
		} else {
			s.at++
		}
	}
	if strings.Contains(text, "${") {
		s.names(plain)
	}
	return s.found
}

// construct keeps the construct at the current offset and returns its end, 0 where there is none.
func (s *scanner) construct() int {
	rest := s.text[s.at:]
	rest = rest[:min(len(rest), maxConstruct)]
	switch {
	case s.raw && !strings.HasPrefix(rest, "{%"):
		return 0
	case strings.HasPrefix(rest, "{{"):
		return s.braces(rest)
	case strings.HasPrefix(rest, "{%"):
		return s.keep(s.untilEnd(rest, 2, "%}"), jinjaKind)
	case strings.HasPrefix(rest, "{#") && s.jinja:
		return s.keep(s.untilEnd(rest, 2, "#}"), func(string) construct { return construct{kind: neutral} })
	case rest[0] == '!' || rest[0] == '#':
		return s.line(rest)
	case strings.HasPrefix(rest, "<%"):
		return s.keep(s.untilEnd(rest, 2, "%>"), rubyKind)
	}
	return s.marked(rest)
}

// keep notes the construct of n bytes at the current offset; kind judges its inside.
func (s *scanner) keep(n int, kind func(inside string) construct) int {
	if n == 0 {
		return 0
	}
	inside := strings.Trim(s.text[s.at+2:max(s.at+2, s.at+n-2)], "-+~ \t\r\n")
	c := kind(inside)
	if c.kind == neutral && (inside == "raw" || inside == "endraw") {
		s.raw = inside == "raw"
	}
	c.start, c.end = s.at, s.at+n
	s.found = append(s.found, found{construct: c})
	return c.end
}

// untilEnd returns how many bytes of rest, which is what follows the current offset, there are up to and with mark, 0
// where it does not come. No byte is looked at twice for one mark that does not come.
func (s *scanner) untilEnd(rest string, from int, mark string) int {
	skip := max(from, s.none[mark]-s.at)
	if skip >= len(rest) {
		return 0
	}
	i := strings.Index(rest[skip:], mark)
	if i < 0 {
		if s.none == nil {
			s.none = map[string]int{}
		}
		s.none[mark] = s.at + len(rest) - len(mark) + 1
		return 0
	}
	return skip + i + len(mark)
}

// lineBefore returns what stands before offset on its line, at most 1024 bytes of it.
func lineBefore(text string, offset int) string {
	text = text[max(0, offset-1024):offset]
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// braces reads `{{ ... }}`: Go, Jinja, mustache. Strings in it are passed over.
func (s *scanner) braces(rest string) int {
	closing := "}}"
	if strings.HasPrefix(rest, "{{{") && !strings.HasPrefix(rest, "{{{{") {
		closing = "}}}"
	}
	if strings.HasPrefix(strings.TrimLeft(rest[2:min(len(rest), 8)], "- "), "/*") {
		return s.keep(s.untilEnd(rest, s.untilEnd(rest, 2, "*/"), "}}"), func(string) construct { return construct{kind: neutral} })
	}
	for i := len(closing); i < len(rest); i++ {
		switch c := rest[i]; {
		case strings.HasPrefix(rest[i:], closing):
			return s.keep(i+len(closing), braceKind)
		case c == '"' || c == '\'' || c == '`':
			if n := stringEnd(rest[i:]); n > 0 {
				i += n - 1
			}
		case c == '{' && rest[i-1] == '{':
			return 0
		}
	}
	return 0
}

// stringEnd returns how many bytes the string at the start of text has, 0 where it does not end.
func stringEnd(text string) int {
	for i := 1; i < min(len(text), maxString); i++ {
		switch text[i] {
		case text[0]:
			return i + 1
		case '\\':
			i++
		case '\n':
			if text[0] != '`' {
				return 0
			}
		}
	}
	return 0
}

var (
	underscores = regexp.MustCompile(`^__[A-Z](?:[A-Z0-9]|_[A-Z0-9])*__`)
	percents    = regexp.MustCompile(`^%%[A-Za-z][A-Za-z0-9_]*%%|^%[A-Z][A-Z_]{2,}%`)
	dotted      = regexp.MustCompile(`^\$\{[A-Za-z_]+[.-][A-Za-z0-9_.:-]+\}`)
	upper       = regexp.MustCompile(`^\$\{[A-Z][A-Z0-9_]*\}`)
)

// marked reads `__NAME__`, `%NAME%`, `%%name%%`, `${NAME}` and `${some.name}`.
func (s *scanner) marked(rest string) int {
	rest = rest[:min(len(rest), 128)]
	var name string
	switch rest[0] {
	case '_':
		if n := len(s.found); s.at == 0 || s.text[s.at-1] != '_' || n > 0 && s.found[n-1].end == s.at {
			name = underscores.FindString(rest)
		}
	case '%':
		name = percents.FindString(rest)
	case '$':
		if name = dotted.FindString(rest); name == "" {
			name = upper.FindString(rest)
		}
	}
	if name == "" {
		return 0
	}
	f := found{construct: construct{start: s.at, end: s.at + len(name)}}
	if name[0] == '$' && !strings.ContainsAny(name, ".-") {
		f.envsubst, f.name = true, name[2:len(name)-1]
	}
	s.found = append(s.found, f)
	return f.end
}

// The lines around the head of nginx-ui's templates, which is TOML.
const uiStart, uiEnd = "# Nginx UI Template Start", "# Nginx UI Template End"

// line reads what has a line to itself: zextras' `!{explode ...}`, and the head of nginx-ui's templates.
func (s *scanner) line(rest string) int {
	n := 0
	switch {
	case strings.HasPrefix(rest, uiStart):
		n = s.untilEnd(rest, len(uiStart), uiEnd)
	case strings.HasPrefix(rest, "!{"):
		rest = rest[:scanComment(rest, 0)]
		n = strings.IndexByte(rest, '}') + 1
	}
	if n == 0 || strings.TrimLeft(lineBefore(s.text, s.at), " \t") != "" {
		return 0
	}
	return s.keep(n, func(string) construct { return construct{kind: neutral} })
}

// names finds `${name}` where a directive's name should be: it is a shell's variable, since nginx has none there.
func (s *scanner) names(plain *File) {
	for d := range plain.All() {
		if d.Parent != nil && catalog.MapLike(d.Parent.Name(), 0) {
			continue
		}
		for _, w := range d.Words {
			if w.Quote != Bare || !strings.HasPrefix(w.Value, "${") || strings.IndexByte(w.Value, '}') != len(w.Value)-1 {
				break
			}
			s.found = append(s.found, found{construct: construct{start: int(w.Start), end: int(w.End)}, placed: true})
		}
	}
	slices.SortStableFunc(s.found, func(a, b found) int { return a.start - b.start })
	kept := s.found[:0]
	for _, f := range s.found {
		if n := len(kept); n == 0 || kept[n-1].end <= f.start {
			kept = append(kept, f)
		}
	}
	s.found = kept
}

// firstWord returns the letters that a text begins with.
func firstWord(text string) string {
	end := 0
	for end < len(text) && (text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' || text[end] == '_') {
		end++
	}
	return text[:end]
}

// jinjaKind judges `{% ... %}`.
func jinjaKind(inside string) construct {
	switch word := firstWord(inside); word {
	case "if", "block", "with", "ifchanged", "unless", "case":
		return construct{kind: opens}
	case "for":
		return construct{kind: opens, loop: true}
	case "macro", "call":
		return construct{kind: opens, defines: true}
	case "set":
		if !strings.Contains(inside, "=") {
			return construct{kind: opens, defines: true}
		}
		return construct{kind: neutral}
	case "else", "elif", "elsif", "when":
		return construct{kind: divides}
	case "include":
		return construct{kind: output}
	default:
		if strings.HasPrefix(word, "end") && slices.Contains([]string{"if", "block", "with", "ifchanged", "unless", "case", "for", "macro", "call", "set"}, word[3:]) {
			return construct{kind: closes}
		}
		return construct{kind: neutral}
	}
}

var assignment = regexp.MustCompile(`^\$[A-Za-z0-9_]*(?:\s*,\s*\$[A-Za-z0-9_]*)?\s*:?=`)

// braceKind judges `{{ ... }}`.
func braceKind(inside string) construct {
	switch word := firstWord(inside); word {
	case "if", "with", "block":
		return construct{kind: opens}
	case "range":
		return construct{kind: opens, loop: true}
	case "define":
		return construct{kind: opens, defines: true}
	case "else":
		return construct{kind: divides}
	case "end":
		return construct{kind: closes}
	case "break", "continue":
		return construct{kind: neutral}
	}
	switch {
	case strings.HasPrefix(inside, "#"):
		return construct{kind: opens, loop: true}
	case strings.HasPrefix(inside, "^") && len(inside) > 1:
		return construct{kind: opens}
	case strings.HasPrefix(inside, "^"):
		return construct{kind: divides}
	case strings.HasPrefix(inside, "/"):
		return construct{kind: closes}
	case strings.HasPrefix(inside, "!"), assignment.MatchString(inside):
		return construct{kind: neutral}
	}
	return construct{kind: output}
}

var (
	rubyOpens = regexp.MustCompile(`^(?:if|unless|case|while|until|for|begin)\b|\bdo\s*(?:\|[^|]*\|)?$|\{\s*(?:\|[^|]*\|)?$`)
	rubyLoop  = regexp.MustCompile(`^(?:while|until|for)\b|\bdo\s*(?:\|[^|]*\|)?$|\beach\b|\|[^|]*\|\s*\{?$`)
	rubyElse  = regexp.MustCompile(`^(?:else|elsif|when|rescue|ensure)\b|^\}.*\{$`)
	rubyEnd   = regexp.MustCompile(`^(?:end\b|\})`)
)

// rubyKind judges `<% ... %>` of ERB, EPP and EJS. inside begins with `=` where text comes of it, with `#` in a comment.
func rubyKind(inside string) construct {
	switch {
	case strings.HasPrefix(inside, "="):
		return construct{kind: output}
	case strings.HasPrefix(inside, "#"), strings.HasPrefix(inside, "%"), strings.HasPrefix(inside, "|"):
		return construct{kind: neutral}
	case rubyElse.MatchString(inside):
		return construct{kind: divides}
	case rubyEnd.MatchString(inside):
		return construct{kind: closes}
	case rubyOpens.MatchString(inside):
		return construct{kind: opens, loop: rubyLoop.MatchString(inside)}
	}
	return construct{kind: neutral}
}
