package websocket

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

// evidence shows the client's first head at the site for the first of the versions. The lines of the wrong names, in any
// case, are marked; "" is the request line. It is nil where there is no such head, or nobody looks at it.
func (s *site) evidence(client eval.Client, when versions, wrong ...string) *diag.Evidence {
	if s.all.bare {
		return nil
	}
	for g := range s.all.aim.groups {
		if heads := s.heads(client, g); when.has(g) && len(heads) > 0 {
			return show(heads[0], client, s.all.aim.groups[g].version.String(), wrong)
		}
	}
	return nil
}

// show puts a head as a finding has it: request line, lines in order, then what was dropped and is of interest.
func show(u *eval.Upstream, client eval.Client, nginx string, wrong []string) *diag.Evidence {
	e := &diag.Evidence{Client: string(client), Nginx: nginx, Head: string(u.Head())}
	request, _, _ := strings.Cut(e.Head, "\r\n")
	first := diag.EvidenceLine{Text: request, Origin: eval.OriginDefault.String(), Wrong: contains(wrong, "")}
	if u.VersionBy != nil {
		first.Origin, first.At = eval.OriginDirective.String(), lint.Head(u.VersionBy)
	}
	e.Lines = append(e.Lines, first)
	for _, line := range u.Lines() {
		e.Lines = append(e.Lines, showLine(&line, wrong))
	}
	for _, line := range u.Dropped() {
		if ofInterest(&line, wrong) {
			e.Lines = append(e.Lines, showLine(&line, wrong))
		}
	}
	return e
}

// ofInterest picks what was dropped: the lines of the handshake, and those that the finding is about.
func ofInterest(line *eval.Line, wrong []string) bool {
	return contains(wrong, line.Name) || contains([]string{"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}, line.Name)
}

func showLine(line *eval.Line, wrong []string) diag.EvidenceLine {
	shown := diag.EvidenceLine{
		Text: strings.TrimRight(line.Name+": "+line.Value.Text, " "), Origin: line.Origin.String(), DroppedBy: line.DroppedBy.String(),
		Wrong: line.DroppedBy == eval.Sent && contains(wrong, line.Name),
	}
	if at := directiveOf(line); at != nil {
		shown.At = lint.Head(at)
	}
	return shown
}

// directiveOf returns the directive to name beside a line: what dropped it, or what set it.
func directiveOf(line *eval.Line) *config.Directive {
	if line.DroppedAt != nil {
		return line.DroppedAt
	}
	return line.By
}

// contains reports whether name is among names, in any case.
func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
