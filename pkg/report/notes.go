package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// hasNotes reports whether anything is written below the lines of a finding.
func hasNotes(d *diag.Diagnostic) bool {
	return d.Evidence != nil || d.Proof != nil || d.Help != "" || len(d.Nginx) > 0 || d.Fix != nil
}

// notes writes what belongs below the lines: evidence, help, versions, fix.
func (f *frame) notes(d *diag.Diagnostic) {
	if d.Evidence != nil {
		f.evidence(d.Evidence)
	}
	if d.Proof != nil {
		f.proof(d.Proof)
	}
	if d.Help != "" {
		f.note("help", d.Help)
	}
	if len(d.Nginx) > 0 {
		f.note("note", "holds for nginx "+strings.Join(d.Nginx, " and "))
	}
	if d.Fix != nil {
		f.fix(d.Fix, d.At.File)
	}
}

// proof says what happened when it was run, each reason once.
func (f *frame) proof(p *diag.Proof) {
	names := map[string]string{}
	var order []string
	for _, s := range p.Scenarios {
		key := s.State + ": " + s.Reason
		if names[key] == "" {
			order = append(order, key)
			names[key] = s.Name
		} else {
			names[key] += ", " + s.Name
		}
	}
	for _, key := range order {
		state, reason, _ := strings.Cut(key, ": ")
		f.note("proof", "nginx "+p.Nginx+", "+names[key]+" "+state+": "+reason)
	}
}

// note writes `= name: text`, broken between words where the terminal is too narrow, the further lines below the text.
func (f *frame) note(name, text string) {
	indent := strings.Repeat(" ", f.digits+1)
	label := indent + f.style.gutter("=") + " " + f.style.message(name+":") + " "
	column := f.digits + 1 + 2 + len(name) + 2
	for i, part := range f.wrap(source.Printable(text), column) {
		if i > 0 {
			label = strings.Repeat(" ", column)
		}
		f.line(label + part)
	}
}

// wrap breaks a text that starts in the given column into lines that fit; a word that is too long stays whole.
func (f *frame) wrap(text string, column int) []string {
	room := max(20, f.width-column)
	if f.width <= 0 || uniseg.StringWidth(text) <= room {
		return []string{text}
	}
	var lines []string
	line, width := "", 0
	for _, word := range strings.Fields(text) {
		n := uniseg.StringWidth(word)
		if line != "" && width+1+n > room {
			lines = append(lines, line)
			line, width = "", 0
		}
		if line != "" {
			line += " "
			width++
		}
		line += word
		width += n
	}
	return append(lines, line)
}

// evidence writes the head that a backend would receive. `-->` is at a line that is sent and wrong, `<--` at one that is
// kept back; beside them stands what decided it.
func (f *frame) evidence(e *diag.Evidence) {
	f.note("evidence", evidenceTitle(e))
	f.head(e)
	for _, line := range e.Lines {
		if line.Unknown && line.DroppedBy == "" && strings.Contains(line.Text, "$") {
			f.line(strings.Repeat(" ", f.digits+8) + f.style.gutter("(`$name` stands for a value that is not known here)"))
			return
		}
	}
}

// head writes the lines of evidence.
func (f *frame) head(e *diag.Evidence) {
	if e.Kind != diag.Request {
		f.answer(e)
		return
	}
	lines, more := telling(evidenceLines(e))
	column := 0
	for _, line := range lines {
		if f.origin(line) != "" {
			column = max(column, min(48, uniseg.StringWidth(source.Printable(line.Text))))
		}
	}
	for i, line := range lines {
		f.elided(more, i)
		f.evidenceLine(line, f.origin(line), column)
	}
	f.elided(more, len(lines))
}

// evidenceTitle says what is shown.
func evidenceTitle(e *diag.Evidence) string {
	client, nginx := who(e.Client), "nginx"
	if e.Nginx != "" {
		nginx += " " + source.Printable(e.Nginx)
	}
	switch {
	case e.Kind == diag.Log && client == "":
		return "what " + nginx + " says instead of starting"
	case e.Kind == diag.Log:
		return "what " + nginx + " writes to its error log"
	case e.Kind == diag.Answer:
		return "what " + client + " receives from " + nginx
	case e.Nginx == "":
		return "what the backend receives from " + client
	}
	return "what the backend receives from " + client + " through " + nginx
}

// at says where a directive stands: in the file of the finding by its line alone.
func (f *frame) at(where diag.Location) string {
	if where.File == f.home {
		return fmt.Sprintf("at line %d", where.File.Line(where.Span.Start))
	}
	return "at " + place(where)
}

// who names a client for somebody who does not know the names of the flag.
func who(client string) string {
	switch client {
	case "chrome", "firefox":
		return strings.ToUpper(client[:1]) + client[1:]
	case "mixedcase":
		return "a client that writes `Upgrade: WebSocket`"
	case "plain":
		return "a client that wants no WebSocket"
	case "h2c":
		return "a client that asks for HTTP/2 (h2c)"
	}
	return source.Printable(client)
}

// answer writes the lines of what nginx says, but those with which it signs every answer.
func (f *frame) answer(e *diag.Evidence) {
	lines := slices.DeleteFunc(slices.Clone(e.Lines), func(line diag.EvidenceLine) bool {
		name := lineName(line)
		return !line.Wrong && line.Origin == "default" && (name == "server" || name == "date")
	})
	column := 0
	for _, line := range lines {
		if f.answerOrigin(line) != "" {
			column = max(column, min(48, uniseg.StringWidth(source.Printable(line.Text))))
		}
	}
	for _, line := range lines {
		f.evidenceLine(line, f.answerOrigin(line), column)
	}
}

// answerOrigin says what a line that nginx says comes from: the directive that makes it so, or keeps it back. It is empty
// where the line itself names the place.
func (f *frame) answerOrigin(line diag.EvidenceLine) string {
	switch {
	case line.DroppedBy != "" && line.At.File != nil:
		return "from the backend, dropped: " + source.Printable(line.DroppedBy) + " " + f.at(line.At)
	case line.DroppedBy != "":
		return "from the backend, dropped: " + source.Printable(line.DroppedBy)
	case line.Wrong && line.At.File != nil && strings.Contains(line.Text, line.At.File.Name+":"):
		return ""
	case line.Wrong && line.At.File != nil:
		return "because of " + strings.TrimPrefix(f.at(line.At), "at ")
	case line.Wrong && line.Origin == "default":
		return "nginx's default"
	}
	return ""
}

// elided writes how many lines were left out, where that belongs.
func (f *frame) elided(more elided, at int) {
	if more.n > 0 && at == more.at {
		f.line(strings.Repeat(" ", f.digits+8) + f.style.gutter("("+plural(more.n, "more line")+" of the client's)"))
	}
}

// elided is how many lines of a head were left out, and before which of the others their number belongs.
type elided struct{ n, at int }

// telling leaves out the lines that say nothing about a handshake: what a client sends about itself, and lines that were
// kept back because others of the same name are sent, unless the finding is about them.
func telling(all []diag.EvidenceLine) (lines []diag.EvidenceLine, more elided) {
	sent, wrong := map[string]bool{}, map[string]bool{}
	for _, line := range all {
		if line.DroppedBy == "" {
			sent[lineName(line)] = true
		}
		if line.Wrong {
			wrong[lineName(line)] = true
		}
	}
	more.at = -1
	for i, line := range all {
		name := lineName(line)
		switch {
		case line.DroppedBy != "":
			if more.at < 0 {
				more.at = len(lines)
			}
			if sent[name] && (!wrong[name] || line.DroppedBy == replaced) {
				continue
			}
		case i > 0 && line.Origin == "client" && !line.Wrong && !handshakeNames[name]:
			more.n++
			continue
		}
		lines = append(lines, line)
	}
	if more.at < 0 {
		more.at = len(lines)
	}
	return lines, more
}

// replaced is why the evaluator says that a line is not sent where a directive puts another in its place.
const replaced = "replaced"

// handshakeNames are the headers of a client that a finding's reader looks for.
var handshakeNames = map[string]bool{"host": true, "upgrade": true, "connection": true, "origin": true, "http2-settings": true}

// lineName returns the name of a header line in lower case.
func lineName(line diag.EvidenceLine) string {
	name, _, _ := strings.Cut(line.Text, ":")
	return strings.ToLower(name)
}

// evidenceLines returns the lines of the head: those with an origin, else what the head's bytes say.
func evidenceLines(e *diag.Evidence) []diag.EvidenceLine {
	if len(e.Lines) > 0 {
		return e.Lines
	}
	var lines []diag.EvidenceLine
	for text := range strings.SplitSeq(strings.TrimRight(e.Head, "\r\n"), "\n") {
		lines = append(lines, diag.EvidenceLine{Text: strings.TrimSuffix(text, "\r")})
	}
	return lines
}

// evidenceLine writes one line of a head with where it comes from, in words, from the given column on.
func (f *frame) evidenceLine(line diag.EvidenceLine, from string, column int) {
	text := source.Printable(line.Text)
	arrow, p := "   ", func(s string) string { return s }
	switch {
	case line.DroppedBy != "":
		arrow, p = "<--", f.style.gutter
	case line.Wrong:
		arrow, p = "-->", f.style.level
	}
	if line.Wrong {
		p = f.style.level
	}
	written := strings.Repeat(" ", f.digits+4) + p(arrow) + " " + p(text)
	if from != "" {
		gap := max(0, column-uniseg.StringWidth(text)) + 2
		written += strings.Repeat(" ", gap) + f.style.gutter(from)
	}
	f.line(written)
}

// origin says where a line that is wrong or kept back comes from and what kept it back.
func (f *frame) origin(line diag.EvidenceLine) string {
	if !line.Wrong && line.DroppedBy == "" {
		return ""
	}
	from := ""
	switch {
	case line.At.File != nil && line.DroppedBy == "":
		from = "set " + f.at(line.At)
	case line.Origin == "client":
		from = "from the client"
	case line.Origin == "default":
		from = "nginx's default"
	}
	if line.DroppedBy == "" {
		return from
	}
	dropped := "dropped: " + source.Printable(line.DroppedBy)
	if line.At.File != nil {
		dropped += " " + f.at(line.At)
	}
	if from == "" {
		return dropped
	}
	return from + ", " + dropped
}
