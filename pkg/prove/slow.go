package prove

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// slow tries, for all rows at once, what takes time or a backend that misbehaves.
func (p *prover) slow(ctx context.Context, rows []*Row) error {
	p.step("idle tunnels")
	p.each(ctx, rows, p.longest(false), nil, p.idle)
	for _, s := range []struct {
		mode    mode
		what    string
		arrived func() int
		try     func(context.Context, *site) *Cell
	}{
		{upgrading, "a backend that answers 426", nil, p.answers426}, {silent, "a silent backend", p.standIn.held, p.silence},
		{refusing, "a backend that refuses", nil, p.refuses},
	} {
		p.step(s.what)
		if err := p.standIn.become(s.mode); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		time.Sleep(settle)
		p.each(ctx, rows, p.longest(true), s.arrived, func(ctx context.Context, row *Row, _ func()) *Cell { return s.try(ctx, row.site) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	p.sort(rows)
	return nil
}

// each calls try for all rows at once and adds the cells. Once all have ended, or said that they are ready, or as many
// arrived as are left, time passes until they have ended, or up to limit; then ctx is called off.
func (p *prover) each(ctx context.Context, rows []*Row, limit time.Duration, arrived func() int, try func(ctx context.Context, row *Row, ready func()) *Cell) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var preparing, wait sync.WaitGroup
	var left atomic.Int64
	var awaited []time.Duration
	for _, s := range p.sites {
		awaited = append(awaited, s.idle, s.idle*time.Duration(s.tries))
	}
	left.Store(int64(len(rows)))
	for _, row := range rows {
		preparing.Add(1)
		ready := sync.OnceFunc(preparing.Done)
		wait.Go(func() {
			defer left.Add(-1)
			defer ready()
			row.Cells = append(row.Cells, try(ctx, row, ready))
		})
	}
	prepared := make(chan struct{})
	go func() {
		preparing.Wait()
		close(prepared)
	}()
	await(prepared, func() bool { return arrived != nil && int64(arrived()) >= left.Load() })
	if left.Load() > 0 {
		p.run.pass(limit, awaited, func() int {
			if ctx.Err() != nil {
				return 0
			}
			return int(left.Load())
		})
	}
	time.AfterFunc(lags, cancel)
	wait.Wait()
}

// await returns when prepared is closed, or soon after enough is true; where neither comes, after a time that is plenty.
func await(prepared <-chan struct{}, enough func() bool) {
	for range patience / settle {
		if enough() {
			time.Sleep(settle) // until the proxy has put its timers after what it has sent
			return
		}
		select {
		case <-prepared:
			return
		case <-time.After(settle):
		}
	}
}

// longest is how long, by the engine's time, a timeout may take; with turns, that of one server after the other.
func (p *prover) longest(turns bool) time.Duration {
	longest := p.run.span(defaultTimeout)
	for _, s := range p.sites {
		times := 1
		if turns {
			times = s.tries
		}
		longest = max(longest, p.run.span(s.idle)*time.Duration(times), p.run.span(s.heartbeat))
	}
	return longest + late
}

// late is how much later than it should a timeout may be noticed.
const late = 2 * time.Second

// sort puts cells into the order of the columns.
func (p *prover) sort(rows []*Row) {
	for _, row := range rows {
		var sorted []*Cell
		for _, scenario := range Scenarios() {
			if c := row.Cell(scenario); c != nil {
				sorted = append(sorted, c)
			}
		}
		row.Cells = sorted
	}
}

// idle opens a tunnel, sends nothing, and looks when it is closed.
func (p *prover) idle(ctx context.Context, row *Row, ready func()) *Cell {
	c := &Cell{Scenario: AtIdle, State: Note}
	if row.Cell(string(eval.Chrome)).State != Pass || p.options.Backend == Plain {
		c.Reason = "not tried: there is no tunnel"
		return c
	}
	s := row.site
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := p.run.now()
	ws, _, err := s.door.open(ctx, s.request(eval.Chrome))
	if err != nil {
		c.Reason = "not tried: " + plainError(err)
		return c
	}
	defer func() { _ = ws.CloseNow() }() // it may be closed already
	opened := p.run.now()
	ended := make(chan time.Time, 1)
	go func() {
		_, _, err := ws.Read(ctx)
		if err != nil && ctx.Err() == nil {
			ended <- p.run.now()
		}
		close(ended)
	}()
	ready()
	if at, ok := <-ended; ok {
		p.closed(c, s, at.Sub(asked), at.Sub(opened))
		return c
	}
	c.Reason = "the tunnel stays open for " + p.longest(false).String()
	return c
}

// closed says which timer closed an idle tunnel: nobody but nginx closes it, and only proxy_read_timeout runs while nothing
// is sent. The timer began somewhere between the request and its answer: most is the time since the former, after since
// the latter.
func (p *prover) closed(c *Cell, s *site, most, after time.Duration) {
	want := p.run.span(s.idle)
	if most < want-early || after > want+p.run.slack {
		c.Reason = fmt.Sprintf("nginx closes both sides after %s", after.Round(time.Millisecond))
		if want != s.idle {
			c.Reason += fmt.Sprintf(" of scaled time, where `proxy_read_timeout` is %s", want)
		}
		return
	}
	c.Limit = seconds(s.idle)
	c.Reason = "nginx closes both sides after `proxy_read_timeout`, " + p.scaled(s.idle)
	switch {
	case s.heartbeat <= 0:
	case s.idle <= s.heartbeat:
		c.State = Fail
		c.Reason += fmt.Sprintf(": before the application's heartbeat, every %s", s.heartbeat)
	default:
		c.State = Pass
		c.Reason += fmt.Sprintf(": the heartbeat, every %s, comes before", s.heartbeat)
	}
}

// slashless asks for the path without its slash.
func (p *prover) slashless(ctx context.Context, s *site) *Cell {
	req := s.request(eval.Chrome)
	path, ok := strings.CutSuffix(req.Target, "/")
	if !ok || path == "" {
		return nil
	}
	req.Target = path
	x := s.door.ask(ctx, wire(req, ""), patience)
	c := &Cell{Scenario: AtSlashless, State: Note, Reason: fmt.Sprintf("`%s` gets %s", path, gotStatus(x))}
	switch {
	case x.status() == http.StatusSwitchingProtocols:
		c.Reason = "`" + path + "` opens a WebSocket too"
	case x.status() >= 300 && x.status() < 400:
		c.Reason += ", which WebSocket clients do not follow"
	}
	return c
}

// answers426 sends a handshake to a backend that answers 426.
func (p *prover) answers426(ctx context.Context, s *site) *Cell {
	x := s.door.ask(ctx, wire(s.request(eval.Chrome), ""), patience)
	c := &Cell{Scenario: AtUpgrade, State: Note, Reason: "the backend's 426 comes through"}
	if x.status() != http.StatusUpgradeRequired {
		c.Reason = "the client gets " + gotStatus(x) + " in place of the backend's 426"
	}
	return c
}

// silence sends a handshake to a backend that never answers.
func (p *prover) silence(ctx context.Context, s *site) *Cell {
	began := p.run.now()
	x := s.door.ask(ctx, wire(s.request(eval.Chrome), ""), time.Hour)
	after := p.run.now().Sub(began)
	c := &Cell{Scenario: AtSilent, State: Note, Reason: "the client gets " + gotStatus(x)}
	want := p.run.span(s.idle) * time.Duration(s.tries)
	switch {
	case ctx.Err() != nil:
		c.Reason += " within " + p.longest(true).String()
	case s.idle > 0 && x.status() == http.StatusGatewayTimeout && after >= want-early && after <= want+late:
		c.Reason += " after `proxy_read_timeout`, " + p.scaled(s.idle)
		if s.tries > 1 {
			c.Reason += fmt.Sprintf(", for each of %d servers", s.tries)
		}
	}
	return c
}

// scaled writes a timeout, and what it was here.
func (p *prover) scaled(d time.Duration) string {
	if here := p.run.span(d); here != d {
		return fmt.Sprintf("%s (scaled to %s)", d, here)
	}
	return d.String()
}

// early is how much earlier than it should a timeout may seem to end.
const early = 50 * time.Millisecond

// refuses sends a handshake to a backend that does not listen.
func (p *prover) refuses(ctx context.Context, s *site) *Cell {
	x := s.door.ask(ctx, wire(s.request(eval.Chrome), ""), patience)
	return &Cell{Scenario: AtRefused, State: Note, Reason: "the client gets " + gotStatus(x)}
}

// lags is how long, by the machine's clock, what ends at the limit may take to be noticed.
const lags = 300 * time.Millisecond
