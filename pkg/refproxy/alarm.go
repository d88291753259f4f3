package refproxy

import (
	"sync"
	"time"
)

// alarm ends a blocked read or write of a connection once its time is over, by the proxy's clock. It is set before and
// lifted after each of them, so both are cheap: the timer behind it is moved only when it fires too early.
type alarm struct {
	clock    Clock
	deadline func(time.Time) error // of the connection: SetReadDeadline or SetWriteDeadline

	mu      sync.Mutex
	due     time.Time
	timer   Timer
	pending bool // the timer is to fire
	on      bool
	rang    bool // the deadline is in the past
	dead    bool
}

// past is a deadline that ends whatever is blocked.
var past = time.Unix(1, 0)

// set has the alarm ring after d.
func (a *alarm) set(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead {
		return
	}
	if a.rang {
		a.rang = false
		_ = a.deadline(time.Time{}) // on a closed connection, what follows fails by itself
	}
	earlier := a.pending && a.due.After(a.clock.Now().Add(d))
	a.on, a.due = true, a.clock.Now().Add(d)
	switch {
	case a.timer == nil:
		a.timer = a.clock.AfterFunc(d, a.ring)
	case !a.pending || earlier:
		a.timer.Reset(d)
	}
	a.pending = true
}

// off lifts the alarm and reports whether it rang.
func (a *alarm) off() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.on = false
	rang := a.rang
	if rang && !a.dead {
		a.rang = false
		_ = a.deadline(time.Time{}) // as in set
	}
	return rang
}

// ring is the timer's call.
func (a *alarm) ring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = false
	if !a.on || a.dead {
		return
	}
	if left := a.due.Sub(a.clock.Now()); left > 0 {
		a.pending = true
		a.timer.Reset(left)
		return
	}
	a.rang = true
	_ = a.deadline(past) // as in set
}

// kill ends the alarm for good, so that nothing holds on to its connection.
func (a *alarm) kill() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dead, a.on = true, false
	if a.timer != nil {
		a.timer.Stop()
	}
}
