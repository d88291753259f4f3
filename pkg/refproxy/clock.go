package refproxy

import (
	"slices"
	"sync"
	"time"
)

// Clock tells the time and wakes up. Every timer of the proxy is one of its.
type Clock interface {
	// Now is the time now.
	Now() time.Time
	// AfterFunc calls f in a goroutine of its own once d has passed, unless the timer is stopped before.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is what AfterFunc returns; a *time.Timer is one.
type Timer interface {
	// Stop prevents the call and reports whether it did.
	Stop() bool
	// Reset has the call made once d has passed from now, and reports whether it was still to be made.
	Reset(d time.Duration) bool
}

// RealClock is the machine's clock.
type RealClock struct{}

// Now is the time now.
func (RealClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (RealClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// VirtualClock stands still but for Advance. The zero value begins at the year 1.
type VirtualClock struct {
	mu      sync.Mutex
	now     time.Time
	pending []*virtualTimer
}

// NewVirtualClock returns a clock that stands at the given time.
func NewVirtualClock(at time.Time) *VirtualClock { return &VirtualClock{now: at} }

// virtualTimer is a timer of a VirtualClock.
type virtualTimer struct {
	clock *VirtualClock
	due   time.Time
	f     func()
}

// Now is where the clock stands.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has f called by the Advance that reaches its time.
func (c *VirtualClock) AfterFunc(d time.Duration, f func()) Timer {
	t := &virtualTimer{clock: c, f: f}
	t.Reset(d)
	return t
}

// Next returns when the next timer is due; ok is false where there is none.
func (c *VirtualClock) Next() (due time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.pending {
		if !ok || t.due.Before(due) {
			due, ok = t.due, true
		}
	}
	return due, ok
}

// Advance moves the clock on by d and calls, one after the other in the order of their times, what is due by then.
func (c *VirtualClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		i := c.first(end)
		if i < 0 {
			break
		}
		t := c.pending[i]
		c.pending = slices.Delete(c.pending, i, i+1)
		c.now = t.due
		c.mu.Unlock()
		t.f()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// first returns the index of the first timer that is due by end, -1 for none.
func (c *VirtualClock) first(end time.Time) int {
	best := -1
	for i, t := range c.pending {
		if !t.due.After(end) && (best < 0 || t.due.Before(c.pending[best].due)) {
			best = i
		}
	}
	return best
}

// Stop takes the timer off the clock.
func (t *virtualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.take()
}

func (t *virtualTimer) take() bool {
	i := slices.Index(t.clock.pending, t)
	if i < 0 {
		return false
	}
	t.clock.pending = slices.Delete(t.clock.pending, i, i+1)
	return true
}

// Reset sets the timer anew. One that is due at once fires with the next Advance, even of nothing.
func (t *virtualTimer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.take()
	t.due = t.clock.now.Add(d)
	t.clock.pending = append(t.clock.pending, t)
	return was
}
