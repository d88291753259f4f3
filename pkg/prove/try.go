package prove

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// tryAll fills the rows that can be tried: first what is quick, then, for all at once, what takes time.
func (p *prover) tryAll(ctx context.Context) error {
	var rows []*Row
	for _, row := range p.report.Rows {
		p.step(row.Location)
		if row.Cells == nil {
			p.quick(ctx, row)
			if row.Cell(AtH2C).State != Unknown {
				rows = append(rows, row)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return p.slow(ctx, rows)
}

// quick tries what needs no waiting.
func (p *prover) quick(ctx context.Context, row *Row) {
	opened := false
	for _, client := range []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase} {
		c := p.handshake(ctx, row.site, client)
		if c.State == Unknown {
			p.cells(row, Unknown, c.Reason)
			return
		}
		opened = opened || client == eval.Chrome && c.State == Pass
		row.Cells = append(row.Cells, c)
	}
	row.Cells = append(row.Cells, p.messages(ctx, row, opened)...)
	row.Cells = append(row.Cells, p.plain(ctx, row, AtGet), p.plain(ctx, row, AtPost), p.h2c(ctx, row.site))
	if c := p.slashless(ctx, row.site); c != nil {
		row.Cells = append(row.Cells, c)
	}
}

// handshake opens a WebSocket.
func (p *prover) handshake(ctx context.Context, s *site, client eval.Client) *Cell {
	ws, x, err := s.door.open(ctx, s.request(client))
	if err == nil {
		_ = ws.CloseNow() // it has told what it is asked for
	}
	c := p.judge(x, err, p.arrived(x))
	c.Scenario = string(client)
	return c
}

// arrived returns what reached the backend of a request that was answered; nil for nothing. An answer of nginx's own about
// the backend may overtake the request on its way there: it is waited for, a little.
func (p *prover) arrived(x *exchange) *passed {
	key := sentKey(x.sent)
	for end := time.Now().Add(settle); ; time.Sleep(settle / 10) {
		seen := p.standIn.taken()
		for i := len(seen) - 1; i >= 0; i-- {
			if theirs := seen[i].received.joined(keyLine); theirs == key || key != "" && theirs == "" {
				return &seen[i]
			}
		}
		if x.status() < http.StatusBadGateway || time.Now().After(end) {
			return nil
		}
	}
}

// sentKey returns the key of a handshake, "" of another request.
func sentKey(sent []byte) string {
	h := &head{raw: sent}
	h.split()
	return h.joined(keyLine)
}

// judge says what a handshake came to.
func (p *prover) judge(x *exchange, err error, last *passed) *Cell {
	switch {
	case err == nil:
		return &Cell{State: Pass, Reason: "101, and the tunnel is open"}
	case lacks(x) != "":
		return &Cell{State: Unknown, Reason: "the reference proxy does not support `" + lacks(x) + "`"}
	case last != nil && x.status() == statusOf(last.answered) && p.options.Backend == Plain:
		return &Cell{State: Pass, Reason: "the backend speaks no WebSocket: its answer comes through"}
	case last == nil && keepsOut(x.status()):
		return &Cell{State: Unknown, Reason: fmt.Sprintf("nginx answers %d by itself: who may come in is not tried", x.status())}
	}
	return &Cell{State: Fail, Reason: whyNot(x, err, last), Bytes: bytesOf(x, last)}
}

// lacks returns the directive for which the reference proxy answers 501, or "".
func lacks(x *exchange) string {
	if x.status() != http.StatusNotImplemented {
		return ""
	}
	directive, _ := strings.CutPrefix(x.got.joined("X-Ngxproof"), "unsupported ")
	return directive
}

// keepsOut reports whether a status is that of a client that is not let in.
func keepsOut(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// whyNot says why a handshake fails.
func whyNot(x *exchange, err error, last *passed) string {
	status := x.status()
	switch {
	case last == nil && status == 0 && x.err != nil:
		return "nginx does not answer: " + plainError(x.err)
	case status == http.StatusGatewayTimeout:
		return impatient
	case last == nil:
		return fmt.Sprintf("nginx answers %d by itself", status)
	case statusOf(last.answered) != http.StatusSwitchingProtocols:
		return fmt.Sprintf("the backend gets %s and answers %d", damage(last.received), statusOf(last.answered))
	case status != http.StatusSwitchingProtocols:
		return fmt.Sprintf("the backend answers 101, the client gets %s", gotStatus(x))
	}
	text := err.Error()
	if _, violation, ok := strings.Cut(text, "protocol violation: "); ok {
		text = violation
	}
	return "the client refuses the 101: " + text
}

// impatient is what a 504 means while the backend answers at once.
const impatient = "nginx answers 504: it does not wait for the backend's answer"

// gotStatus says what a client got.
func gotStatus(x *exchange) string {
	if x.status() == 0 {
		return "nothing"
	}
	return fmt.Sprint(x.status())
}

// plainError leaves addresses and ports out, which differ from run to run.
func plainError(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "timeout"):
		return "no answer in time"
	case strings.Contains(err.Error(), "EOF"), strings.Contains(err.Error(), "reset by peer"):
		return "it closes the connection"
	case strings.Contains(err.Error(), "refused"):
		return "it does not listen"
	}
	return err.Error()
}

// damage says what a handshake lacks once it reaches the backend.
func damage(h *head) string {
	upgrade, connection := h.values("Upgrade"), h.values("Connection")
	var wrong []string
	if v := h.version(); v != "HTTP/1.1" {
		wrong = append(wrong, v)
	}
	switch {
	case len(upgrade) == 0:
		wrong = append(wrong, "no `Upgrade`")
	case len(upgrade) > 1:
		wrong = append(wrong, fmt.Sprintf("%d `Upgrade` lines", len(upgrade)))
	case !strings.EqualFold(upgrade[0], "websocket"):
		wrong = append(wrong, "`Upgrade: "+upgrade[0]+"`")
	}
	switch {
	case len(connection) == 0:
		wrong = append(wrong, "no `Connection`")
	case len(connection) > 1:
		wrong = append(wrong, fmt.Sprintf("%d `Connection` lines", len(connection)))
	case !hasToken(connection[0], "upgrade"), hasToken(connection[0], "close"):
		wrong = append(wrong, "`Connection: "+connection[0]+"`")
	}
	if n := len(h.values("Host")); n != 1 {
		wrong = append(wrong, fmt.Sprintf("%d `Host` lines", n))
	}
	for _, name := range []string{keyLine, "Sec-WebSocket-Version"} {
		if len(h.values(name)) != 1 {
			wrong = append(wrong, "no `"+name+"`")
		}
	}
	if len(wrong) == 0 {
		return "a sound handshake"
	}
	return strings.Join(wrong, ", ")
}

// statusOf returns the status of an answer's bytes, 0 for none.
func statusOf(answer []byte) int {
	first, _, _ := bytes.Cut(answer, []byte("\r\n"))
	return (&head{first: string(first)}).status()
}

// bytesOf keeps what went over the wire.
func bytesOf(x *exchange, last *passed) *Bytes {
	b := &Bytes{Sent: string(x.sent)}
	if last != nil {
		b.Received, b.Answered = string(last.received.raw), string(last.answered)
	}
	if x.got != nil {
		b.Got = string(x.got.raw) + string(x.body)
	}
	return b
}

// messages sends what a WebSocket carries.
func (p *prover) messages(ctx context.Context, row *Row, opened bool) []*Cell {
	type attempt = func(context.Context, *websocket.Conn) (string, error)
	scenarios := []struct {
		name string
		try  []attempt
	}{{AtText, []attempt{text}}, {AtBinary, []attempt{binary}}, {AtMegabyte, []attempt{megabyte}}, {AtPing, []attempt{ping}},
		{AtClose, []attempt{clientCloses, backendCloses}}}
	var cells []*Cell
	for _, s := range scenarios {
		c := &Cell{Scenario: s.name, State: Fail, Reason: "there is no tunnel"}
		handshake := row.Cell(string(eval.Chrome))
		switch {
		case opened && p.options.Backend == Plain:
			c.State, c.Reason = Note, "not tried: the backend speaks no WebSocket"
		case opened:
			for i, try := range s.try {
				if i == 0 || c.State == Pass {
					p.carry(ctx, row.site, c, try)
				}
			}
		case handshake.State == Unknown:
			c.State, c.Reason = Unknown, handshake.Reason
		}
		cells = append(cells, c)
	}
	return cells
}

// carry opens a tunnel and tries one thing in it.
func (p *prover) carry(ctx context.Context, s *site, c *Cell, try func(context.Context, *websocket.Conn) (string, error)) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ws, _, err := s.door.open(ctx, s.request(eval.Chrome))
	if err != nil {
		c.State, c.Reason = Fail, "there is no tunnel: "+plainError(err)
		return
	}
	defer func() { _ = ws.CloseNow() }() // it may be closed already
	c.State = Pass
	if c.Reason, err = try(ctx, ws); err != nil {
		c.State, c.Reason = Fail, plainError(err)
	}
}

// echoed sends a message and wants it back.
func echoed(ctx context.Context, ws *websocket.Conn, kind websocket.MessageType, message []byte) error {
	sent := make(chan error, 1)
	go func() { sent <- ws.Write(ctx, kind, message) }() // a large message comes back before it is sent
	got, back, err := ws.Read(ctx)
	if err := errors.Join(<-sent, err); err != nil {
		return err
	}
	if got != kind || !bytes.Equal(back, message) {
		return errors.New("another message comes back")
	}
	return nil
}

func text(ctx context.Context, ws *websocket.Conn) (string, error) {
	return "comes back", echoed(ctx, ws, websocket.MessageText, []byte("ngxproof: hëllo"))
}

func binary(ctx context.Context, ws *websocket.Conn) (string, error) {
	message := make([]byte, 256)
	for i := range message {
		message[i] = byte(i)
	}
	return "comes back", echoed(ctx, ws, websocket.MessageBinary, message)
}

func megabyte(ctx context.Context, ws *websocket.Conn) (string, error) {
	return "comes back", echoed(ctx, ws, websocket.MessageBinary, bytes.Repeat([]byte("0123456789abcdef"), 1<<16))
}

func ping(ctx context.Context, ws *websocket.Conn) (string, error) {
	ws.CloseRead(ctx)
	return "is answered by a pong", ws.Ping(ctx)
}

// The codes that are tried: one that the client closes with, and one that the backend does.
const (
	clientCode  websocket.StatusCode = 4000
	backendCode websocket.StatusCode = 4001
)

// clientCloses wants the backend to answer the client's close; the library fails where its code does not come back.
func clientCloses(_ context.Context, ws *websocket.Conn) (string, error) {
	return "", ws.Close(clientCode, "done")
}

func backendCloses(ctx context.Context, ws *websocket.Conn) (string, error) {
	if err := ws.Write(ctx, websocket.MessageText, fmt.Appendf(nil, "%s%d", closeOrder, backendCode)); err != nil {
		return "", err
	}
	_, _, err := ws.Read(ctx)
	if code := websocket.CloseStatus(err); code != backendCode {
		return "", fmt.Errorf("the backend closes with %d, the client gets %d", backendCode, code)
	}
	return fmt.Sprintf("the codes %d of the client and %d of the backend come through", clientCode, backendCode), nil
}

// plain sends an ordinary request to the same location.
func (p *prover) plain(ctx context.Context, row *Row, method string) *Cell {
	s, body := row.site, ""
	req := s.request(eval.Plain)
	req.Method = method
	if method == AtPost {
		body = "ngxproof=1"
	}
	x := s.door.ask(ctx, wire(req, body), patience)
	last := p.arrived(x)
	c := &Cell{Scenario: method, State: Note}
	switch {
	case last == nil && lacks(x) != "":
		c.State, c.Reason = Unknown, "the reference proxy does not support `"+lacks(x)+"`"
	case last == nil && x.status() == 0:
		c.Reason = "nginx does not answer: " + plainError(x.err)
	case x.status() == http.StatusGatewayTimeout && !(last != nil && row.Broad && last.received.upgrades()):
		c.Reason = impatient
	case last == nil:
		c.Reason = fmt.Sprintf("nginx answers %d by itself", x.status())
	case last.received.upgrades():
		c.Reason = fmt.Sprintf("the backend gets %s of a client that asks for no upgrade, and answers %d", upgradeLines(last.received), statusOf(last.answered))
		if row.Broad {
			c.State, c.Bytes = Fail, bytesOf(x, last)
		}
	case x.status() == statusOf(last.answered):
		c.State, c.Reason = Pass, fmt.Sprintf("%d, without an upgrade", x.status())
	default:
		c.Reason = fmt.Sprintf("the backend answers %d, the client gets %s", statusOf(last.answered), gotStatus(x))
	}
	return c
}

// upgradeLines names the lines of a head that ask for an upgrade.
func upgradeLines(h *head) string {
	var lines []string
	for _, l := range h.lines {
		if strings.EqualFold(l[0], "Upgrade") || strings.EqualFold(l[0], "Connection") && hasToken(l[1], "upgrade") {
			lines = append(lines, "`"+l[0]+": "+l[1]+"`")
		}
	}
	return strings.Join(lines, ", ")
}

// h2c asks for HTTP/2 without encryption.
func (p *prover) h2c(ctx context.Context, s *site) *Cell {
	x := s.door.ask(ctx, wire(s.request(eval.H2C), ""), patience)
	last := p.arrived(x)
	c := &Cell{Scenario: AtH2C, State: Note}
	switch {
	case last == nil && x.status() == 0:
		c.Reason = "nginx does not answer: " + plainError(x.err)
	case x.status() == http.StatusGatewayTimeout:
		c.Reason = impatient
	case last == nil:
		c.Reason = fmt.Sprintf("nginx answers %d by itself", x.status())
	case len(last.received.values("Upgrade")) > 0:
		c.Reason = "the backend gets " + upgradeLines(last.received) + ": one that speaks h2c is reached past nginx's rules"
	default:
		c.Reason = "`Upgrade: h2c` is not passed on"
	}
	return c
}

// waits is how many steps slow has.
const waits = 4

// settle is how long nginx may take to notice that a connection is closed.
const settle = 30 * time.Millisecond
