package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// maxAnnotations is how many annotations of a level GitHub keeps of one step.
const maxAnnotations = 10

// GitHub writes workflow commands, which make annotations: the worst findings first, since GitHub keeps ten of a level
// for a step. Findings beyond that are listed in a group of the log, and a last notice says so. There is no output where
// there is nothing to report.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func GitHub(w io.Writer, r Result, o Options) error {
	out := bufio.NewWriter(w)
	o.Suppressed = false // an annotation is shown to everyone
	found := hostedFindings(r, o)
	slices.SortStableFunc(found, worstFirst)
	for _, problem := range r.Problems {
		writeLine(out, "::error title=ngxproof::"+escapeData(source.Printable(problem)))
	}
	annotated, rest := capped(found, len(r.Problems))
	for _, d := range annotated {
		writeLine(out, annotation(d, o))
	}
	if len(rest) > 0 {
		writeRest(out, rest, o)
	}
	return out.Flush()
}

// capped splits findings, the worst first, into those that GitHub keeps as annotations and the others, about which a
// notice is kept free; errors is how many annotations of that level there are beside them.
func capped(found []hosted, errors int) (annotated, rest []hosted) {
	room := [...]int{diag.Info: maxAnnotations, diag.Warning: maxAnnotations, diag.Error: maxAnnotations - errors}
	if annotated, rest = fill(found, room); len(rest) > 0 {
		room[diag.Info]--
		annotated, rest = fill(found, room)
	}
	return annotated, rest
}

// fill takes as many findings of each level as there is room.
func fill(found []hosted, room [diag.Error + 1]int) (taken, rest []hosted) {
	for _, d := range found {
		if room[d.Level]--; room[d.Level] >= 0 {
			taken = append(taken, d)
		} else {
			rest = append(rest, d)
		}
	}
	return taken, rest
}

// annotation writes `::error file=F,line=1,endLine=1,col=2,endColumn=5,title=T::MESSAGE`. GitHub ignores an annotation of
// several lines with columns. The message names the place again, for the log.
func annotation(d hosted, o Options) string {
	var p []string
	if d.At.File != nil {
		start, end := shown(d.At)
		p = append(p, "file="+escapeProperty(visible(o.path(d.At.File.Name))),
			fmt.Sprintf("line=%d,endLine=%d", start.Line, end.Line))
		if start.Line == end.Line {
			p = append(p, fmt.Sprintf("col=%d,endColumn=%d", start.Column, end.Column))
		}
	}
	p = append(p, "title="+escapeProperty("ngxproof: "+source.Printable(d.Rule)))
	message := logLine(d, o)
	if d.Help != "" {
		message += "\nhelp: " + source.Printable(d.Help)
	}
	return "::" + commandOf(d.Level) + " " + strings.Join(p, ",") + "::" + escapeData(message)
}

// commandOf returns GitHub's name of a level.
func commandOf(level diag.Level) string {
	switch level {
	case diag.Error:
		return "error"
	case diag.Warning:
		return "warning"
	default:
		return "notice"
	}
}

// logLine returns `file:line:column: [rule] message`.
func logLine(d hosted, o Options) string {
	where := ""
	if d.At.File != nil {
		start, _ := shown(d.At)
		where = fmt.Sprintf("%s:%d:%d: ", source.Printable(o.path(d.At.File.Name)), start.Line, start.Column)
	}
	return where + "[" + source.Printable(d.Rule) + "] " + source.Printable(d.Message)
}

// writeRest lists findings in a group. Each line begins with the level, so that it is never a command itself, whatever
// a file is called; the older form of commands, ##[...], counts anywhere in a line.
func writeRest(out *bufio.Writer, rest []hosted, o Options) {
	more := plural(len(rest), "more finding")
	writeLine(out, "::group::"+more+" without an annotation")
	for _, d := range rest {
		writeLine(out, strings.ReplaceAll(d.Level.String()+": "+logLine(d, o), "##[", "# #["))
	}
	writeLine(out, "::endgroup::")
	writeLine(out, fmt.Sprintf("::notice title=ngxproof::%s: GitHub keeps %d annotations of a level; the log has all", more, maxAnnotations))
}

// visible is source.Printable, but for CR and LF, which are escaped as commands have it: a file is known by its very name.
func visible(s string) string {
	var b strings.Builder
	for s != "" {
		end := strings.IndexAny(s, "\r\n")
		if end < 0 {
			end = len(s)
		}
		b.WriteString(source.Printable(s[:end]))
		if end < len(s) {
			b.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return b.String()
}

// The escapes of commands. actions/toolkit: packages/core/src/command.ts, escapeData and escapeProperty
var (
	dataEscaper     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscaper = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func escapeData(s string) string     { return dataEscaper.Replace(s) }
func escapeProperty(s string) string { return propertyEscaper.Replace(s) }
