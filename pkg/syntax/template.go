package syntax

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// Gap says what the constructs of a template (Jinja, ERB, Go, envsubst, ...) leave open about a directive. nginx knows
// none of them: they are gone when it reads the file that the template becomes.
type Gap uint8

// The gaps; a directive may have several, one of a plain file has none.
const (
	// GapName: a placeholder stands in the directive's name, or is all there is of it: anything may come of it.
	GapName Gap = 1 << iota
	// GapArgs: some argument holds a placeholder; see Word.Placeholder.
	GapArgs
	// GapForm: a control construct stands between the words, so their number is open.
	GapForm
	// GapMaybe: the directive stands in a branch or loop that begins in its block, so it may not be there, or often.
	GapMaybe
	// GapElsewhere: the directive stands in a definition (a macro) and goes where that is called.
	GapElsewhere
	// GapInside: some of what may stand in the directive's block could not be read.
	GapInside
)

// Template is what a file says in a template language, whichever.
type Template struct {
	// Constructs are the spans of all placeholders and control constructs, in order.
	Constructs []source.Span
	// Top says that some of what may stand at the top of the file could not be read.
	Top bool

	constructs []construct
	regions    []region
}

// construct is one placeholder or control construct.
type construct struct {
	start, end int
	kind       constructKind
	defines    bool // an opening one of a definition
	loop       bool // an opening one of a loop
}

type constructKind uint8

const (
	output  constructKind = iota // text comes of it
	neutral                      // nothing comes of it: a comment, an assignment
	opens                        // an if, a loop, a block
	divides                      // an else
	closes                       // an end
)

// region is what an opening construct, its elses and its end hold.
type region struct {
	start, end int // with the constructs themselves
	branches   []source.Span
	defines    bool
	loop       bool
	parent     int // the index of the region around it, -1 for none
}

// templateNames are the parts of a file's name that say that it is a template.
var templateNames = []string{"template", "tmpl", "tpl", "j2", "jinja", "jinja2", "erb", "epp", "ejs", "ctmpl", "mustache", "hbs", "gotmpl", "gtpl", "sigil"}

// namedTemplate reports whether a file's name says that it is a template: default.conf.template, nginx.conf.j2,
// nginx-template.conf.
func namedTemplate(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	if slices.Contains(nameWords(name), "template") {
		return true
	}
	return slices.ContainsFunc(strings.Split(name, ".")[1:], func(part string) bool { return slices.Contains(templateNames, part) })
}

// WithoutTemplateEnding returns a file's name without the ending that says that it is a template: default.conf of
// default.conf.template.
func WithoutTemplateEnding(name string) string {
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if slices.Contains(templateNames, ending) && len(ending)+1 < len(name) {
		return name[:len(name)-len(ending)-1]
	}
	return name
}

// nameWords returns the words of a file's name.
func nameWords(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("._-", r) })
}

// template returns the template constructs of a parsed file, nil where it is plain nginx. What only might be one counts
// where the name or another construct says that it is a template.
func template(plain *File) *Template {
	named := namedTemplate(plain.Path)
	if !named && !mayHold(plain) {
		return nil
	}
	found := scanTemplate(plain)
	sure := named
	for i := 0; i < len(found) && !sure; i++ {
		sure = found[i].sure(plain)
	}
	if !sure {
		return nil
	}
	t := &Template{}
	for _, c := range found {
		if !c.envsubst || !defines(plain, c.name) {
			t.constructs = append(t.constructs, c.construct)
			t.Constructs = append(t.Constructs, source.Span{Start: c.start, End: c.end})
		}
	}
	if len(t.constructs) == 0 {
		return nil
	}
	t.regions = regionsOf(t.constructs, len(plain.Text))
	return t
}

// mayHold is a quick look for what a template has and nginx seldom. Braces that are a template's are errors of nginx's.
func mayHold(plain *File) bool {
	text := plain.Text
	return strings.IndexByte(text, '%') >= 0 || len(plain.Errors) > 0 && (strings.Contains(text, "{{") || strings.Contains(text, uiStart)) ||
		strings.Contains(text, "__") || strings.Contains(text, "${")
}

// defines reports whether the file defines a variable of that name, so that `${name}` is nginx's own.
func defines(f *File, name string) bool {
	for d := range f.All() {
		at := 0
		switch d.Name() {
		case "set", "auth_request_set", "js_set", "perl_set":
			at = 1
		case "map", "split_clients":
			at = 2
		case "geo":
			at = len(d.Words) - 1
		default:
			continue
		}
		if at > 0 && strings.EqualFold(d.Arg(at), "$"+name) {
			return true
		}
	}
	return false
}

// proper is how a placeholder in braces looks that is nothing else: nginx's own braces and variables are left out.
var proper = regexp.MustCompile("^(?:\\{\\{\\{?[-~]?\\s*[\"'`A-Za-z_.#/^>&!(<$][^{]*\\}\\}|\\{%[-+]?\\s*[a-z][^{]*%\\}|\\{#.*)$")

// sure reports whether a construct alone shows that the file is a template. In a comment, in Lua and in a quoted word
// nearly anything may stand in nginx's own files.
func (c *found) sure(plain *File) bool {
	if c.placed || plain.Text[c.start] == '#' {
		return true
	}
	line := lineBefore(plain.Text, c.start)
	if c.envsubst || strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") || strings.Contains(line, " #") {
		return false
	}
	quoted := strings.Count(line, `"`)%2+strings.Count(line, "'")%2 > 0
	text := plain.Text[c.start:c.end]
	braces := text[0] == '{'
	switch {
	case strings.ContainsAny(text, "\n;\\"), strings.HasSuffix(line, "$"), strings.HasSuffix(line, `\`), plainName(text) == "":
		return false
	case braces && (quoted || len(plain.Errors) == 0 || !proper.MatchString(text)):
		return false
	}
	at := plain.At(c.start)
	return at == nil || at.Block == nil || !at.Block.Raw || c.start < int(at.Block.Open)
}

// regionsOf pairs what opens with what closes it. What has no end goes to the end of the text; an end of nothing is
// left alone.
func regionsOf(constructs []construct, end int) []region {
	var done []region
	var open []int // indexes into done
	from := map[int]int{}
	for _, c := range constructs {
		switch {
		case c.kind == opens:
			parent := -1
			if len(open) > 0 {
				parent = open[len(open)-1]
			}
			open = append(open, len(done))
			from[len(done)] = c.end
			done = append(done, region{start: c.start, end: end, defines: c.defines, loop: c.loop, parent: parent})
		case len(open) == 0:
		case c.kind == divides:
			i := open[len(open)-1]
			done[i].branches = append(done[i].branches, source.Span{Start: from[i], End: c.start})
			from[i] = c.end
		case c.kind == closes:
			i := open[len(open)-1]
			open = open[:len(open)-1]
			done[i].branches = append(done[i].branches, source.Span{Start: from[i], End: c.start})
			done[i].end = c.end
		}
	}
	for _, i := range open {
		done[i].branches = append(done[i].branches, source.Span{Start: from[i], End: end})
	}
	return done
}
