package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/trace"
)

// Trace writes a request's story for a person.
func Trace(w io.Writer, s trace.Story, o Options) error {
	st := style{on: o.Color}
	t := teller{bold: st.paint(color.Bold), dim: st.paint(color.FgBlue), good: st.paint(color.FgGreen), bad: st.paint(color.FgRed)}
	t.linef("%s   %s", t.bold(source.Printable(s.Request)), t.dim("to nginx "+s.Nginx))
	for _, h := range s.Headers {
		t.linef("  %s: %s", source.Printable(h.Name), source.Printable(h.Value))
	}
	t.refused(s)
	for i, e := range s.Endings {
		if len(s.Endings) > 1 {
			t.linef("\n%s", t.bold(fmt.Sprintf("ending %d of %d: what cannot be known decides between them", i+1, len(s.Endings))))
		}
		t.ending(e)
	}
	if !s.Complete {
		t.linef("\nthere are more endings than are followed here")
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

// teller gathers the lines of a story.
type teller struct {
	text                 strings.Builder
	bold, dim, good, bad paint
}

func (t *teller) linef(format string, args ...any) {
	fmt.Fprintf(&t.text, format+"\n", args...)
}

// refused says that nginx does not load the configuration.
func (t *teller) refused(s trace.Story) {
	if len(s.Refused) == 0 {
		return
	}
	t.linef("\n%s", t.bad("nginx "+s.Nginx+" does not load this configuration"))
	for _, m := range s.Refused[:min(len(s.Refused), shownMistakes)] {
		t.linef("  %s:%d: %s", source.Printable(m.File), m.Line, source.Printable(m.Message))
	}
	if more := len(s.Refused) - shownMistakes; more > 0 {
		t.linef("  and %d more, which `ngxproof lint` shows", more)
	}
	t.linef("What follows is what it would do without that.")
}

// shownMistakes is how many mistakes a story begins with.
const shownMistakes = 5

// ending writes one way in which the request ends.
func (t *teller) ending(e trace.Ending) {
	t.chapter("way")
	for _, step := range e.Steps {
		text := step.Text
		if step.By != nil {
			text = "`" + step.By.Text + "` " + text
		}
		t.linef("  %-10s %s%s", step.Stage, source.Printable(text), t.at(step.By))
		for _, c := range step.Considered {
			t.linef("  %-10s %s", "", t.dim("not "+source.Printable(c.Text)+standsAt(&c)))
		}
	}
	t.variables(e.Variables)
	if e.Upstream != nil {
		t.upstream(e.Upstream)
	}
	if e.Unknown != "" {
		t.linef("\n%s", t.bad("not known: "+source.Printable(e.Unknown)))
	}
	for _, a := range e.Answers {
		t.answer(a)
	}
}

func (t *teller) chapter(name string) { t.linef("\n%s", t.bold(name)) }

// variables writes those that a directive of the configuration gave a value.
func (t *teller) variables(all []trace.Variable) {
	first := true
	for _, v := range all {
		if v.By == nil {
			continue
		}
		if first {
			t.chapter("variables")
			first = false
		}
		value := fmt.Sprintf("%q", v.Value)
		if !v.Known {
			value = "not known"
		}
		if v.Entry != "" {
			value += " by its entry `" + source.Printable(v.Entry) + "`"
		}
		t.linef("  $%s is %s%s", source.Printable(v.Name), value, t.at(v.By))
	}
}

// upstream writes what the backend receives, each line with what decided it.
func (t *teller) upstream(u *trace.Upstream) {
	t.chapter("the backend receives")
	t.linef("  %s", t.dim("at "+source.Printable(u.Address)+standsAt(u.Block)))
	width := len(u.RequestLine)
	for _, l := range u.Lines {
		width = max(width, len(l.Text))
	}
	width = min(width, 60)
	t.linef("  %s%s", pad(u.RequestLine, width), t.why("", u.VersionBy))
	for _, l := range u.Lines {
		t.linef("  %s%s", pad(l.Text, width), t.why(l.Origin, l.By))
	}
	for _, l := range u.Dropped {
		t.linef("  %s%s", t.bad(pad("- "+l.Text, width)), t.dim("  dropped: "+l.DroppedBy+standsAt(l.By)))
	}
	if u.Open {
		t.linef("  %s", t.bad("directives that can't be seen may change these lines"))
	}
	t.chapter("timers")
	for _, timer := range u.Timers {
		span := fmt.Sprintf("%gs", timer.Seconds)
		if !timer.Known {
			span = "not known"
		}
		t.linef("  %-22s %s%s", timer.Name, span, t.why("default", timer.By))
	}
}

// answer writes what the client gets.
func (t *teller) answer(a trace.Answer) {
	heading := "the client gets"
	switch a.When {
	case "":
	case "refused":
		heading += ", where the backend refuses the connection"
	default:
		heading += ", where the backend answers " + a.When
	}
	t.chapter(heading)
	switch {
	case a.Unknown != "":
		t.linef("  %s", t.bad("not known: "+source.Printable(a.Unknown)))
		return
	case a.StatusLine == "":
		t.linef("  nothing: the connection is closed")
		return
	}
	t.linef("  HTTP/1.1 %s", source.Printable(a.StatusLine))
	sent := map[string]bool{}
	for _, l := range a.Lines {
		sent[l.Text] = true
		text := l.Text
		if text == "Date: "+eval.DateText {
			text = "Date: (now)"
		}
		t.linef("  %s%s", source.Printable(text), t.at(l.By))
	}
	for _, l := range a.Dropped {
		if !sent[l.Text] { // else nginx dropped the backend's and wrote the same itself
			t.linef("  %s%s", t.bad("- "+source.Printable(l.Text)), t.dim("  dropped: "+l.DroppedBy+standsAt(l.By)))
		}
	}
	if a.Tunnel {
		t.linef("  %s", t.good("and the connection becomes a tunnel"))
	}
}

// at names a directive's place, with a gap before it.
func (t *teller) at(p *trace.Place) string {
	if p == nil {
		return ""
	}
	return t.dim("  " + strings.TrimSpace(standsAt(p)))
}

// why says what decided a line: a directive, or else the origin.
func (t *teller) why(origin string, p *trace.Place) string {
	switch {
	case p != nil:
		return t.dim("  " + source.Printable(p.Text) + standsAt(p))
	case origin == "client":
		return t.dim("  as the client sent it")
	case origin == "default":
		return t.dim("  by default")
	}
	return ""
}

// standsAt returns " (file:line)", or nothing.
func standsAt(p *trace.Place) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", source.Printable(p.File), p.Line)
}

// pad makes a text safe for a terminal and as wide as its column.
func pad(text string, width int) string {
	return fmt.Sprintf("%-*s", width, source.Printable(text))
}
