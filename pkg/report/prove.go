package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Proof writes what a proof came to for a person: a table of locations and scenarios, then the reasons, and the bytes of
// each location's first failure.
func Proof(w io.Writer, r *prove.Report, o Options) error {
	st := style{on: o.Color}
	p := proof{bold: st.paint(color.Bold), dim: st.paint(color.FgBlue), good: st.paint(color.FgGreen), bad: st.paint(color.FgRed, color.Bold),
		doubt: st.paint(color.FgYellow, color.Bold)}
	engine := "the reference proxy as nginx " + r.Nginx
	if r.Engine == "nginx" {
		engine = "nginx " + r.Nginx
	}
	p.linef("%s", p.dim(fmt.Sprintf("run by %s, with `%s` backends", engine, r.Backend)))
	for _, note := range r.Notes {
		p.linef("%s", p.dim("note: "+source.Printable(note)))
	}
	if r.Refused != "" {
		p.linef("\n%s %s", p.bad("refused:"), source.Printable(r.Refused))
	}
	if len(r.Rows) > 0 {
		p.linef("")
		p.table(r)
	}
	for _, row := range r.Rows {
		p.row(row, r.Refused != "")
	}
	p.linef("\n%s", p.sum(r))
	_, err := io.WriteString(w, p.text.String())
	return err
}

// proof gathers the lines.
type proof struct {
	text                        strings.Builder
	bold, dim, good, bad, doubt paint
}

func (p *proof) linef(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// The marks of the states: words, since a colour alone says nothing.
var marks = map[prove.State]string{prove.Pass: "ok", prove.Fail: "FAIL", prove.Unknown: "?", prove.Note: "note"}

// table writes one line a location.
func (p *proof) table(r *prove.Report) {
	width := len("location")
	for _, row := range r.Rows {
		width = max(width, utf8.RuneCountInString(source.Printable(row.Location)))
	}
	width = min(width, 40)
	line := fmt.Sprintf("%-*s", width, "location")
	for _, scenario := range prove.Scenarios() {
		line += "  " + fmt.Sprintf("%-*s", column(scenario), scenario)
	}
	p.linef("%s", p.bold(strings.TrimRight(line, " ")))
	for _, row := range r.Rows {
		line := fmt.Sprintf("%-*s", width, shorten(source.Printable(row.Location), width))
		for _, scenario := range prove.Scenarios() {
			mark := "-"
			paint := p.dim
			if c := row.Cell(scenario); c != nil {
				mark, paint = marks[c.State], p.of(c.State)
			}
			line += "  " + paint(fmt.Sprintf("%-*s", column(scenario), mark))
		}
		p.linef("%s", strings.TrimRight(line, " "))
	}
}

// column is how wide a scenario's column is.
func column(scenario string) int { return max(len(scenario), len(marks[prove.Fail])) }

// shorten cuts a text to a number of runes.
func shorten(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}

// of returns the colour of a state.
func (p *proof) of(s prove.State) paint {
	switch s {
	case prove.Pass:
		return p.good
	case prove.Fail:
		return p.bad
	case prove.Unknown:
		return p.doubt
	case prove.Note:
	}
	return p.dim
}

// row writes a location's reasons.
func (p *proof) row(row *prove.Row, refused bool) {
	url := ""
	if row.URL != "" {
		url = "  " + source.Printable(row.URL)
	}
	p.linef("\n%s%s", p.bold(fmt.Sprintf("%s (%s:%d)", source.Printable(row.Location), source.Printable(row.File), row.Line)), url)
	if refused {
		p.linef("  %s  nothing is served: the configuration is refused%s", p.bad("FAIL"), p.rule(row.Cells[0].Rule))
		return
	}
	for _, g := range groups(row) {
		c := g[0]
		var names []string
		for _, one := range g {
			names = append(names, one.Scenario)
		}
		p.linef("  %s  %s: %s%s", p.of(c.State)(fmt.Sprintf("%-4s", marks[c.State])), strings.Join(names, ", "), source.Printable(c.Reason), p.rule(c.Rule))
	}
	for _, c := range row.Cells {
		if c.Bytes != nil {
			p.bytes(c)
			return
		}
	}
}

// rule names the rule that explains something.
func (p *proof) rule(name string) string {
	if name == "" {
		return ""
	}
	return p.dim("  [" + name + "]")
}

// groups puts cells that say the same together, in the order of the first of each.
func groups(row *prove.Row) [][]*prove.Cell {
	var all [][]*prove.Cell
	for _, c := range row.Cells {
		found := false
		for i, g := range all {
			if g[0].State == c.State && g[0].Reason == c.Reason && g[0].Rule == c.Rule {
				all[i], found = append(g, c), true
				break
			}
		}
		if !found {
			all = append(all, []*prove.Cell{c})
		}
	}
	return all
}

// bytes writes what went over the wire.
func (p *proof) bytes(c *prove.Cell) {
	for _, part := range []struct{ what, text string }{
		{c.Scenario + " sends", c.Bytes.Sent}, {"the backend receives", c.Bytes.Received},
		{"the backend answers", c.Bytes.Answered}, {c.Scenario + " gets", c.Bytes.Got},
	} {
		p.linef("\n  %s", p.bold(part.what))
		if part.text == "" {
			p.linef("    %s", p.dim("nothing"))
		}
		for line := range strings.Lines(part.text) {
			p.linef("    %s", source.Printable(strings.TrimRight(line, "\r\n")))
		}
	}
}

// sum says how it ended.
func (p *proof) sum(r *prove.Report) string {
	text := fmt.Sprintf("%d passed", r.Passed)
	if r.Unknown > 0 {
		text += fmt.Sprintf(", %d not known", r.Unknown)
	}
	if r.Failed > 0 || r.Refused != "" {
		return p.bad(fmt.Sprintf("%d failed", r.Failed)) + ", " + text
	}
	return p.good("0 failed") + ", " + text
}
