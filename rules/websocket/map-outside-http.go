package websocket

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

var _ = set.Add(lint.Rule{
	Name:       "map-outside-http",
	Code:       "WS012",
	Level:      diag.Error,
	Fix:        diag.Unsafe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"directive-not-allowed-here", "undefined-upgrade-variable", "unknown-variable"},
	OnVerdict:  mapOutsideHTTP,
	Verdicts:   []config.Verdict{config.NotAllowedHere},
})

// mapOutsideHTTP finds map blocks in a server or location, or around http: where a snippet was pasted. Those in a stream
// server are another subject, and so is a brace that is missing or too many, which moves everything after it.
//
// nginx: src/http/modules/ngx_http_map_module.c, ngx_http_map_commands.
func mapOutsideHTTP(p *lint.Pass, d *config.Directive, _ *catalog.Entry) {
	if d.Name() != "map" || d.Block == nil || d.Context&^aroundHTTP != 0 || unbalanced(d.File) {
		return
	}
	report := diag.Diagnostic{
		Message:  "`map` is allowed in `http` only, so nginx does not start",
		Help:     "Move the block out of `" + blockName(d.Parent) + "`, to the level of `http`.",
		At:       lint.Word(d, 0),
		Evidence: refusal(p, `"map" directive is not allowed here`, d, int(d.Block.Open)),
		Fix:      moveMap(p, d),
	}
	if d.Parent.Directive == nil {
		report.Help = "Move the block into `http`."
	} else {
		report.Labels = []diag.Label{{Location: lint.Head(d.Parent), Message: "it stands in this block"}}
	}
	p.Report(report, append([]*config.Directive{d}, usesOf(p, strings.TrimPrefix(d.Arg(2), "$"))...)...)
}

// moveMap is the fix: the block goes before the server that it stands in. There is none where it stands elsewhere, in a
// file that the server includes, has comments, or would meet another map of that name.
func moveMap(p *lint.Pass, d *config.Directive) *diag.Fix {
	server := d.Within("server")
	if server == nil || server.File != d.File || len(p.Config.Definitions(strings.TrimPrefix(d.Arg(2), "$"))) != 1 {
		return nil
	}
	text := func(word syntax.Word) string { return d.File.Slice(word.Span()) }
	lines := []string{"map " + text(d.Words[1]) + " " + text(d.Words[2]) + " {"}
	for _, entry := range d.Block.Directives {
		lines = append(lines, "\t"+d.File.Slice(entry.Head())+";")
	}
	if strings.Contains(d.File.Slice(d.Directive.Span()), "#") {
		return nil
	}
	plan := mender(p).Plan(server)
	plan.Remove(d)
	plan.AddBlockBefore(server, append(lines, "}"))
	fix := plan.Fix(diag.Unsafe, "move the map before the server")
	if fix != nil && fix.Safety == diag.Unsafe {
		fix.Risk = "another file may define a map of this name"
	}
	return fix
}

// aroundHTTP are the places where a map for http was meant.
const aroundHTTP = catalog.HTTPContexts | catalog.Main

// unbalanced reports whether a file has a brace too many or too few.
func unbalanced(file *syntax.File) bool {
	return slices.ContainsFunc(file.Errors, func(e syntax.Error) bool {
		return e.Reason == syntax.UnexpectedEnd || e.Reason == syntax.UnexpectedEndIn || e.Reason == syntax.UnexpectedByte
	})
}

// usesOf returns the header lines that use a variable.
func usesOf(p *lint.Pass, name string) []*config.Directive {
	var uses []*config.Directive
	for d := range p.Config.All() {
		if d.Name() == "proxy_set_header" && len(d.Words) == 3 && strings.Contains(d.Arg(2), "$") &&
			slices.Contains(p.Eval().Table().Expr(d.Arg(2)).Variables(), strings.ToLower(name)) {
			uses = append(uses, d)
		}
	}
	return uses
}
