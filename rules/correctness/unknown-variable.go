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
	for file, word := range evaluatedWords(p.Config, d) {
		for _, v := range variablesIn(file, word) {
			if !defined(p.Config, v.name) && everythingKnown(p) && compiled(p.Config, d) {
				reportVariable(p, file, v)
			}
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

// everythingKnown reports whether nothing that we can't see could define a variable: a missing include, or a module that
// is not nginx's own.
func everythingKnown(p *lint.Pass) bool {
	return p.Config.Complete && len(p.Modules) == 0 && !p.LoadsModules() && p.Once(ownDirectives)
}

// ownDirectives reports whether every directive of the configuration is nginx's own.
func ownDirectives(cfg *config.Config) bool {
	for d := range cfg.All() {
		known := catalog.Lookup(d.Name())
		if known == nil || cfg.Declared(d.Name()) || !own(known) {
			return false
		}
	}
	return true
}

// own reports whether a directive is one of nginx itself.
func own(d *catalog.Directive) bool {
	for i := range d.Entries {
		if kind := d.Entries[i].Kind; kind == catalog.OSS || kind == catalog.Undocumented {
			return true
		}
	}
	return false
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

// variable is a variable's use in a file.
type variable struct {
	name string
	span source.Span // from the `$`
	dash string      // what follows the name where that is a dash: nginx ends the name there
}

func reportVariable(p *lint.Pass, file *syntax.File, v variable) {
	report := diag.Diagnostic{
		Message: fmt.Sprintf("unknown variable `$%s`: nothing in this configuration defines it", v.name),
		Help:    fmt.Sprintf("Define `$%s`, with a map or set, or correct the name.", v.name),
		At:      diag.Location{File: file.File, Span: v.span},
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

// variablesIn returns the variables that nginx finds in a word: `$name` and `${name}`, but for captures such as `$1`.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_compile.
func variablesIn(file *syntax.File, word syntax.Word) []variable {
	if strings.IndexByte(word.Value, '$') < 0 {
		return nil
	}
	raw := file.Slice(word.Span())
	var found []variable
	for at := 0; ; {
		i := strings.IndexByte(raw[at:], '$')
		if i < 0 {
			return found
		}
		start := at + i
		at = start + 1
		braced := at < len(raw) && raw[at] == '{'
		if braced {
			at++
		}
		begin := at
		for at < len(raw) && nameByte(raw[at]) {
			at++
		}
		v := variable{name: raw[begin:at], span: source.Span{Start: int(word.Start) + start, End: int(word.Start) + at}}
		switch {
		case braced && (at == len(raw) || raw[at] != '}'), v.name == "", '1' <= v.name[0] && v.name[0] <= '9':
			continue
		case braced:
			v.span.End++
		default:
			v.dash = dashed(raw[at:])
		}
		found = append(found, v)
	}
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
