package signals

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// annotation marks a location in the configuration itself.
const annotation = "ngxproof:websocket"

// isDeclared is S3: the user says so.
func (w *weighing) isDeclared() {
	if at, ok := annotated(w.location); ok {
		w.verdict.Declared = true
		w.verdict.Signals = append(w.verdict.Signals, Signal{ID: "S3", Weight: 1, Why: "a comment marks it", At: at})
		return
	}
	for _, d := range w.reader.declared {
		if w.serves(d.Path) {
			w.verdict.Declared, w.verdict.Heartbeat = true, d.Heartbeat
			w.add("S3", 1, "`"+d.Path+"` is declared to be a WebSocket path", w.location)
			return
		}
	}
}

// annotated looks for the comment: directly above the location, or in it outside of nested locations.
func annotated(location *config.Directive) (diag.Location, bool) {
	if location.Directive == nil || location.Block == nil {
		return diag.Location{}, false
	}
	file := location.File
	for _, span := range file.CommentsAbove(location.Directive) {
		if marked(file.Slice(span)) {
			return diag.Location{File: file.File, Span: span}, true
		}
	}
	inside := location.Span()
	inside.Start = int(location.Block.Open)
	for _, span := range file.CommentsIn(inside) {
		if marked(file.Slice(span)) && !nested(location, span) {
			return diag.Location{File: file.File, Span: span}, true
		}
	}
	return diag.Location{}, false
}

// marked reports whether a comment is the annotation.
func marked(comment string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(comment, "# \t"), annotation)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r"))
}

// nested reports whether the comment belongs to a location inside: it stands in its block, or directly above it.
func nested(location *config.Directive, comment source.Span) bool {
	for _, inner := range location.Children {
		if inner.Block == nil || inner.Name() != "location" || inner.File != location.File {
			continue
		}
		if span := inner.Span(); span.Start <= comment.Start && comment.Start < span.End {
			return true
		}
		for _, above := range inner.File.CommentsAbove(inner.Directive) {
			if above == comment {
				return true
			}
		}
	}
	return false
}

// serves reports whether the location's server sends a request for the path to this location. Of a location without a
// server only its name is known.
func (w *weighing) serves(path string) bool {
	server := w.location.Within("server")
	if server == nil {
		name := strings.TrimSuffix(w.path.name, "/")
		return w.path.form != regex && name != "" && (path == name || strings.HasPrefix(path, name+"/"))
	}
	out := w.reader.eval.AtRequest(server, eval.Chrome.Request("example.com", path), w.reader.Version)
	for _, o := range out.All {
		if o.Decision.Location == w.location {
			return true
		}
	}
	return false
}
