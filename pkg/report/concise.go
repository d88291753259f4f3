package report

import (
	"bufio"
	"fmt"
	"io"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Concise writes one line a finding, `file:line:column: level[rule]: message`, and the summary line. Columns count code
// points.
func Concise(w io.Writer, r Result, o Options) error {
	out := bufio.NewWriter(w)
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		if d.Suppressed != nil {
			continue
		}
		s := newStyle(o, d.Level)
		writeLine(out, s.path(place(d.At))+": "+heading(s, d)+": "+source.Printable(d.Message))
	}
	if !o.Quiet {
		writeLine(out, Summary(r, o))
	}
	return out.Flush()
}

// heading returns `level[rule]`.
func heading(s style, d *diag.Diagnostic) string {
	return s.level(d.Level.String() + "[" + source.Printable(d.Rule) + "]")
}

// place returns `file:line:column` on one line, whatever the name is; for a finding about no file "-".
func place(at diag.Location) string {
	if at.File == nil {
		return "-"
	}
	start := at.File.Position(at.Span.Start)
	return fmt.Sprintf("%s:%d:%d", source.Printable(at.File.Name), start.Line, start.Column)
}

// writeLine writes a line. What goes wrong the buffer keeps, and says it when it is flushed.
func writeLine(out *bufio.Writer, text string) {
	out.WriteString(text + "\n") //nolint:errcheck // see above
}
