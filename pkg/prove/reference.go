package prove

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/refproxy"
)

// reference is the reference proxy.
type reference struct {
	version  catalog.Version
	findings []diag.Diagnostic
}

// Reference returns the engine that runs the reference proxy as nginx v. The findings are the linter's for v: what nginx
// refuses is among them.
func Reference(v catalog.Version, findings []diag.Diagnostic) Engine { return &reference{v, findings} }

// Name returns "reference".
func (e *reference) Name() string { return "reference" }

// Version returns the version that the proxy behaves as.
func (e *reference) Version() catalog.Version { return e.version }

// start runs the proxy between loopback sockets, on a clock of its own.
func (e *reference) start(_ context.Context, c *config.Config, backend string, _ []time.Duration) (*run, error) {
	if r := refusalOf(c, e.version, e.findings); r != nil {
		return nil, r
	}
	built, err := rebuild(c, place{backend: backend, version: e.version})
	if err != nil {
		return nil, err
	}
	loaded, err := built.load()
	if err != nil {
		return nil, err
	}
	network := &loopback{listeners: map[string]string{}, backend: backend}
	clock := newClock()
	proxy, err := refproxy.Start(loaded, refproxy.Options{Version: e.version, Files: os.DirFS("/"), Clock: clock.virtual, Network: network,
		ListenAny: true, DialAny: true, SelfSigned: true})
	if err != nil {
		clock.stop()
		return nil, err
	}
	return &run{
		config: loaded, built: built, reach: network.reach, now: clock.virtual.Now, pass: clock.pass,
		span:  func(d time.Duration) time.Duration { return d },
		slack: lazy,
		stop: func() {
			proxy.Stop()
			clock.stop()
		},
	}, nil
}

// loopback is a network on which every address is some loopback port, and every backend the stand-in.
type loopback struct {
	backend   string
	mu        sync.Mutex
	listeners map[string]string
}

// Listen listens on a free port.
func (n *loopback) Listen(_, address string) (net.Listener, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err == nil {
		n.mu.Lock()
		n.listeners[address] = l.Addr().String()
		n.mu.Unlock()
	}
	return l, err
}

// Dial reaches the stand-in.
func (n *loopback) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp4", n.backend)
}

// reach returns where an address is listened on.
func (n *loopback) reach(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.listeners[name]; ok {
		return at
	}
	addr, err := netip.ParseAddrPort(name)
	if err != nil {
		return ""
	}
	return n.listeners[addr.String()]
}

// clock is a virtual clock that goes with the machine's, but jumps while time passes.
type clock struct {
	virtual *refproxy.VirtualClock
	jumps   atomic.Bool
	done    chan struct{}
	ended   chan struct{}
}

// newClock returns a clock that goes.
func newClock() *clock {
	c := &clock{virtual: refproxy.NewVirtualClock(time.Now()), done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		last := time.Now()
		for {
			select {
			case <-c.done:
				return
			case <-time.After(2 * time.Millisecond):
				now := time.Now()
				if !c.jumps.Load() {
					c.virtual.Advance(now.Sub(last))
				}
				last = now
			}
		}
	}()
	return c
}

func (c *clock) stop() {
	close(c.done)
	<-c.ended
}

// pass jumps from timer to timer, and lets what each wakes come to rest.
func (c *clock) pass(limit time.Duration, awaited []time.Duration, left func() int) {
	c.jumps.Store(true)
	defer c.jumps.Store(false)
	rest(left, false)
	began := c.virtual.Now()
	for end := began.Add(limit); left() > 0 && c.virtual.Now().Before(end); {
		due, ok := c.virtual.Next()
		if !ok || due.After(end) {
			due = end
		}
		c.virtual.Advance(max(due.Sub(c.virtual.Now()), 0))
		rest(left, isAwaited(c.virtual.Now().Sub(began), awaited))
	}
}

// isAwaited reports whether a timeout that is waited for ends about now. Tunnels were opened before time began to pass.
func isAwaited(elapsed time.Duration, awaited []time.Duration) bool {
	return slices.ContainsFunc(awaited, func(d time.Duration) bool { return elapsed > d-late && elapsed < d+late })
}

// How long, by the machine's clock, connections may take until they wait again; and how often, where one is expected to
// end, it is looked whether it has: on a busy machine that takes longer.
const (
	calm  = 20 * time.Millisecond
	looks = 300
)

// rest waits until connections wait again. Where one is expected to end it waits until that has, and a little on for those
// that end with it.
func rest(left func() int, expected bool) {
	time.Sleep(calm)
	if !expected {
		return
	}
	n, more := left(), looks
	for ; more > 0 && n > 0; more-- {
		time.Sleep(calm / 4)
		if now := left(); now < n {
			n, more = now, looks/10
		}
	}
}
