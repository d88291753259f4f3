// Package refproxy answers: what happens on the wire? It is the reference proxy: the sockets, timers and tunnels around
// pkg/eval, which decides what is sent to whom.
//
// It behaves as one nginx worker does. Where it differs, docs/reference-proxy.md says so; what it does not support it
// names when it starts, and answers 501 to a request that needs it.
//
// nginx: src/http/ngx_http_request.c, ngx_http_upstream.c.
package refproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
)

// Options say how a configuration is served.
type Options struct {
	// Version is the nginx that is imitated.
	Version catalog.Version
	// Prefix is the folder that logs are written below; "" to write the access log to AccessLog and no other.
	Prefix string
	// ConfigPrefix is the folder that relative roots start from.
	ConfigPrefix string
	// Files are what root, alias and try_files see, from the root of the file system; nil for nothing.
	Files fs.FS
	// Clock and Network are the machine's where nil.
	Clock   Clock
	Network Network
	// ListenAny has listeners stand where the configuration says; otherwise they are moved to loopback addresses.
	ListenAny bool
	// DialAny allows upstreams that are neither loopback addresses nor unix sockets.
	DialAny bool
	// MapListen and MapUpstream put other addresses in the place of those that the configuration names.
	MapListen, MapUpstream map[string]string
	// SelfSigned has TLS listeners use a certificate made for the occasion.
	SelfSigned bool
	// AccessLog is where access log lines go without a Prefix; nil for nowhere.
	AccessLog io.Writer
	// Say is called with each line about what differs from the configuration and what goes wrong; nil to say nothing.
	Say func(line string)
}

// Proxy serves one configuration after another.
type Proxy struct {
	options Options
	clock   Clock
	network Network
	zones   zones
	logs    *logFiles

	mu        sync.Mutex
	current   *generation
	timed     []*generation        // older ones whose worker_shutdown_timeout runs
	listeners map[string]*listener // by address
	conns     map[*conn]struct{}
	ending    bool // no new connections

	serving sync.WaitGroup // connections and accept loops
	numbers atomic.Uint64  // of connections
	ctx     context.Context
	cancel  context.CancelFunc
}

// Start listens as the configuration says and serves it. The error is that of the configuration (a certificate that is
// not there) or of the machine (an address in use); then nothing is left behind.
func Start(c *config.Config, o Options) (*Proxy, error) {
	p := &Proxy{options: o, clock: o.Clock, network: o.Network, listeners: map[string]*listener{}, conns: map[*conn]struct{}{}}
	if p.clock == nil {
		p.clock = RealClock{}
	}
	if p.network == nil {
		p.network = RealNetwork{}
	}
	if p.options.Say == nil {
		p.options.Say = func(string) {}
	}
	p.zones.count = map[string]int{}
	p.logs = newLogFiles(o.Prefix, o.AccessLog)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.Reload(c); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Reload serves another configuration from now on, as nginx does on SIGHUP: connections under way, tunnels above all,
// keep the old one. Where it fails, the old one stays in effect.
func (p *Proxy) Reload(c *config.Config) error {
	g, err := p.newGeneration(c)
	if err != nil {
		return err
	}
	fresh, err := p.listen(g)
	if err != nil {
		return err
	}
	p.mu.Lock()
	old := p.current
	p.current = g
	var idle []*conn
	if old != nil {
		old.retired.Store(true)
		idle = p.idleOf(old)
	}
	gone := p.adopt(fresh, g)
	p.mu.Unlock()
	for _, l := range gone {
		l.close()
	}
	closeAll(idle)
	if old != nil && old.retire(p) {
		p.mu.Lock()
		p.timed = append(p.timed, old)
		p.mu.Unlock()
	}
	return nil
}

// idleOf returns the connections of a generation that have no request under way. The proxy is locked.
func (p *Proxy) idleOf(g *generation) []*conn {
	var idle []*conn
	for c := range p.conns {
		if c.gen == g && c.idle.Load() {
			idle = append(idle, c)
		}
	}
	return idle
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.abort()
	}
}

// Quit ends as nginx does on SIGQUIT: no new connections, idle ones are closed, and it returns when the last request or
// tunnel is over, or once ctx is, when the rest is cut off.
func (p *Proxy) Quit(ctx context.Context) {
	p.closeListeners()
	p.mu.Lock()
	var idle []*conn
	if p.current != nil {
		p.current.retired.Store(true)
	}
	for c := range p.conns {
		if c.idle.Load() {
			idle = append(idle, c)
		}
	}
	g := p.current
	p.mu.Unlock()
	closeAll(idle)
	if g != nil {
		g.retire(p)
	}
	done := make(chan struct{})
	go func() {
		p.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	p.Stop()
	<-done
}

// closeListeners ends accepting.
func (p *Proxy) closeListeners() {
	p.mu.Lock()
	p.ending = true
	all := p.listeners
	p.listeners = map[string]*listener{}
	p.mu.Unlock()
	for _, l := range all {
		l.close()
	}
}

// Stop ends at once, as nginx does on SIGTERM. It returns when no goroutine and no socket is left. It may be called
// again.
func (p *Proxy) Stop() {
	p.closeListeners()
	p.cancel()
	p.mu.Lock()
	all := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		all = append(all, c)
	}
	generations := p.timed
	if p.current != nil {
		generations = append(generations, p.current)
	}
	p.mu.Unlock()
	closeAll(all)
	for _, g := range generations {
		g.close()
	}
	p.serving.Wait()
	if err := p.logs.close(); err != nil {
		p.options.Say("the access log: " + err.Error())
	}
}

// Listener is an address that the proxy listens on.
type Listener struct {
	// Configured is the address as the configuration has it: "0.0.0.0:80".
	Configured string
	// Address is the one that is listened on.
	Address string
	// TLS says that connections to it are encrypted.
	TLS bool
}

// Listeners lists where the proxy listens, by the configured address.
func (p *Proxy) Listeners() []Listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Listener
	for _, l := range p.listeners {
		all = append(all, Listener{l.bind.configured, l.socket.Addr().String(), l.bind.tls})
	}
	sortListeners(all)
	return all
}

// Open returns how many connections of clients are open.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// accepting takes a connection in; ok is false where the proxy is ending.
func (p *Proxy) accepting(raw net.Conn, l *listener) (c *conn, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending {
		return nil, false
	}
	c = p.newConn(raw, l)
	p.conns[c] = struct{}{}
	p.serving.Add(1)
	return c, true
}

// forget takes a connection out.
func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	p.serving.Done()
}

// say tells one line.
func (p *Proxy) say(format string, args ...any) { p.options.Say(fmt.Sprintf(format, args...)) }

// accept takes connections until the listener is closed.
func (p *Proxy) accept(l *listener) {
	defer p.serving.Done()
	for {
		raw, err := l.socket.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // no descriptors, say: others may end meanwhile
			select {
			case <-p.ctx.Done():
				return
			case <-time.After(acceptDelay):
			}
			continue
		}
		if c, ok := p.accepting(raw, l); ok {
			go c.serve()
		} else {
			_ = raw.Close() // nothing was sent yet
		}
	}
}

// acceptDelay is how long nothing is accepted where the machine refuses.
//
// nginx: accept_mutex_delay.
const acceptDelay = 500 * time.Millisecond
