package correctness

import (
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:        "unknown-variable",
	Code:        "NGX005",
	Level:       diag.Error,
	Fix:         diag.Display,
	Versions:    "all",
	Since:       "0.1.0",
	OnDirective: unknownVariables,
	Directives:  evaluating(),
})

// unknownVariables reports the variables that a directive evaluates and that nothing defines. nginx looks them up when
// it has read all of http, so where they are defined does not matter.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_variables_init_vars.
func unknownVariables(p *lint.Pass, d *config.Directive) {
	if d.Context == 0 || !catalog.HTTPContexts.Has(d.Context) {
		return // stream has variables of its own, and we have no server at hand that shows what it refuses
	}
	for _, word := range ownWords(d) {
		unknownIn(p, d, d.File, word)
	}
	if d.Name() != "map" {
		return
	}
	for file, entry := range p.Config.Entries(d) {
		if len(entry.Words) == 2 {
			unknownIn(p, d, file, entry.Words[1])
		}
	}
}

// unknownIn reports the unknown variables in one word.
func unknownIn(p *lint.Pass, d *config.Directive, file *syntax.File, word syntax.Word) {
	if strings.IndexByte(word.Value, '$') < 0 {
		return
	}
	raw := file.Slice(word.Span())
	for v, ok := nextVariable(raw, 0); ok; v, ok = nextVariable(raw, v.end) {
		if !defined(p.Config, v.name) && p.Closed() && compiled(p.Config, d) {
			start := int(word.Start)
			reportVariable(p, diag.Location{File: file.File, Span: source.Span{Start: start + v.start, End: start + v.end}}, v)
		}
	}
}

// defined reports whether something defines the http variable of that name.
func defined(cfg *config.Config, name string) bool {
	if v := catalog.LookupVariable(name); v != nil && v.Where&catalog.HTTP != 0 {
		return true
	}
	return len(cfg.Definitions(name)) > 0
}

// compiled reports whether nginx looks at the directive's variables at all: those of a header list at the http level are
// compiled where a server inherits the list, and nowhere if every server has its own.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_merge_loc_conf.
func compiled(cfg *config.Config, d *config.Directive) bool {
	if d.Context != catalog.HTTP || !inheritedFirst[d.Name()] {
		return true
	}
	for _, server := range cfg.Servers() {
		own := false
		for _, child := range server.Children {
			own = own || child.Name() == d.Name()
		}
		if !own {
			return true
		}
	}
	return false
}

// inheritedFirst are the directives whose values are compiled when a level has inherited them.
var inheritedFirst = map[string]bool{
	"proxy_set_header": true, "proxy_set_body": true, "grpc_set_header": true, "fastcgi_param": true,
	"uwsgi_param": true, "scgi_param": true,
}

// variable is a variable's use in a word.
type variable struct {
	name       string
	start, end int    // where it stands in the word, from the `$`
	dash       string // what follows the name where that is a dash: nginx ends the name there
}

func reportVariable(p *lint.Pass, at diag.Location, v variable) {
	report := diag.Diagnostic{
		Message: fmt.Sprintf("unknown variable `$%s`: nothing in this configuration defines it", v.name),
		Help:    fmt.Sprintf("Define `$%s`, with a map or set, or correct the name.", v.name),
		At:      at,
	}
	whole := v.name + strings.ReplaceAll(v.dash, "-", "_")
	if meant := catalog.SuggestVariable(v.name, 3); v.dash != "" && defined(p.Config, whole) {
		report.Note = "the name ends at the `-`"
		report.Help = fmt.Sprintf("Write `$%s`.", whole)
	} else if len(meant) > 0 {
		report.Note = "did you mean " + alternatives(quoted("$", meant)) + "?"
	}
	p.Report(report)
}

// nextVariable returns the first variable that nginx finds in raw from offset at on: `$name` or `${name}`, but no
// capture such as `$1`.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_compile.
func nextVariable(raw string, at int) (v variable, ok bool) {
	for {
		i := strings.IndexByte(raw[at:], '$')
		if i < 0 {
			return variable{}, false
		}
		v = variableAt(raw, at+i)
		if v.name != "" && (v.name[0] < '1' || v.name[0] > '9') {
			return v, true
		}
		at = v.end
	}
}

// variableAt reads the variable at the `$` at offset start; its name is empty where there is none.
func variableAt(raw string, start int) variable {
	begin := start + 1
	braced := begin < len(raw) && raw[begin] == '{'
	if braced {
		begin++
	}
	end := begin
	for end < len(raw) && nameByte(raw[end]) {
		end++
	}
	v := variable{name: raw[begin:end], start: start, end: end}
	switch {
	case !braced:
		v.dash = dashed(raw[end:])
	case end < len(raw) && raw[end] == '}':
		v.end++
	default:
		v.name = ""
	}
	return v
}

// dashed returns the dashes and name bytes that s begins with, if the first is a dash.
func dashed(s string) string {
	if !strings.HasPrefix(s, "-") {
		return ""
	}
	end := 0
	for end < len(s) && (s[end] == '-' || nameByte(s[end])) {
		end++
	}
	return s[:end]
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
