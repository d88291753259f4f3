package cli

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// statusLine is a line on a terminal that says how far a long job is and goes away when it is done. A nil statusLine says nothing.
type statusLine struct {
	w     io.Writer
	after time.Duration // how long a job takes before there is a line, and how often the line changes
}

// statusLine returns the line on standard error, nil where that is no terminal or the user wants it quiet.
func (a *app) statusLine(quiet bool) *statusLine {
	if quiet || !isTerminal(a.err.dest) {
		return nil
	}
	return &statusLine{w: a.err.dest, after: 400 * time.Millisecond}
}

// begin starts a line for a job of total parts, called what. step is to be called for each part, from anywhere; stop when all
// is done: it takes the line away.
func (s *statusLine) begin(what string, total int) (step, stop func()) {
	if s == nil {
		return func() {}, func() {}
	}
	var done atomic.Int64
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(s.after)
		defer ticker.Stop()
		shown := false
		for {
			select {
			case <-ticker.C:
				shown = true
				fmt.Fprintf(s.w, "\r\033[K%s %d of %d", what, done.Load(), total)
			case <-quit:
				if shown {
					fmt.Fprint(s.w, "\r\033[K")
				}
				return
			}
		}
	}()
	return func() { done.Add(1) }, sync.OnceFunc(func() { close(quit); <-gone })
}
