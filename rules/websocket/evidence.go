package websocket

import (
	"fmt"
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

// answerEvidence shows the head that the client gets at the site for the first of the versions, as by asks of each
// outcome. The status line is wrong because of the directive at, unless that is nil; the lines of the wrong names are
// shown where they are kept back. It is nil where evidence would be.
func (s *site) answerEvidence(client eval.Client, when versions, answer func(*eval.Outcome) *eval.ClientHead,
	at *config.Directive, wrong ...string,
) *diag.Evidence {
	if s.all.bare {
		return nil
	}
	for g := range s.all.aim.groups {
		if heads := s.answers(client, g, answer); when.has(g) && len(heads) > 0 {
			return showAnswer(heads[0], client, s.all.aim.groups[g].version.String(), at, wrong)
		}
	}
	return nil
}

// showAnswer puts a head that a client gets as a finding has it; nil where there is none.
func showAnswer(h *eval.ClientHead, client eval.Client, nginx string, at *config.Directive, wrong []string) *diag.Evidence {
	head := string(h.Head())
	if head == "" || h.Unknown != "" || h.Next != nil {
		return nil
	}
	e := &diag.Evidence{Kind: diag.Answer, Client: string(client), Nginx: nginx, Head: head}
	status, _, _ := strings.Cut(head, "\r\n")
	first := diag.EvidenceLine{Text: status, Origin: eval.OriginClient.String()}
	if at != nil {
		first.Origin, first.At, first.Wrong = eval.OriginDirective.String(), lint.Head(at), true
	}
	e.Lines = append(e.Lines, first)
	for _, line := range h.Lines {
		e.Lines = append(e.Lines, showLine(&line, wrong))
	}
	for _, line := range h.Dropped {
		if contains(wrong, line.Name) {
			e.Lines = append(e.Lines, showLine(&line, wrong))
		}
	}
	return e
}

// timeoutLog shows what nginx notes of a tunnel that its timer ends; of no line is anything wrong but the timer.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_upgraded: at level info, which error_log leaves out by
// default.
func (s *site) timeoutLog(timer eval.Timer, when versions) *diag.Evidence {
	if s.all.bare {
		return nil
	}
	line := diag.EvidenceLine{
		Text:   "[info] upstream timed out (110: Connection timed out) while proxying upgraded connection",
		Origin: eval.OriginDefault.String(), Wrong: true,
	}
	if timer.By != nil {
		line.Origin, line.At = eval.OriginDirective.String(), lint.Head(timer.By)
	}
	e := &diag.Evidence{Kind: diag.Log, Client: string(eval.Chrome), Lines: []diag.EvidenceLine{line}}
	for g := range s.all.aim.groups {
		if when.has(g) {
			e.Nginx = s.all.aim.groups[g].version.String()
			break
		}
	}
	return e
}

// refusal shows what nginx says of a configuration that it does not load: the place is where the statement that it had
// read ends; below 0 where it names none.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_log_error.
func refusal(p *lint.Pass, says string, at *config.Directive, place int) *diag.Evidence {
	if p.Bare {
		return nil
	}
	if place >= 0 {
		says += fmt.Sprintf(" in %s:%d", at.File.Name, at.File.Line(place))
	}
	return &diag.Evidence{Kind: diag.Log, Lines: []diag.EvidenceLine{
		{Text: "nginx: [emerg] " + says, Origin: eval.OriginDirective.String(), At: lint.Head(at), Wrong: true},
	}}
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
		Wrong: line.DroppedBy == eval.Sent && contains(wrong, line.Name), Unknown: line.Value.Unknown,
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
