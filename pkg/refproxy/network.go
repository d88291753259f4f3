package refproxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Network opens sockets.
type Network interface {
	// Listen listens as net.Listen does, on "tcp" or "unix".
	Listen(network, address string) (net.Listener, error)
	// Dial connects as net.Dialer.DialContext does.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// RealNetwork is the machine's.
type RealNetwork struct{}

// Listen is net.Listen.
func (RealNetwork) Listen(network, address string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	return lc.Listen(context.Background(), network, address)
}

// Dial is that of a net.Dialer.
func (RealNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	return d.DialContext(ctx, network, address)
}

// errDialRefused says that the proxy may not dial an address.
var errDialRefused = errors.New("dial refused")

// loopback reports whether an address is this machine's alone: a unix socket or a loopback address.
func loopback(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// dial connects to an address of an upstream, as --map-upstream and --dial-any say. ends is called off by cancel.
func (p *Proxy) dial(ctx context.Context, address string, timeout time.Duration) (net.Conn, error) {
	if to, ok := p.options.MapUpstream[address]; ok {
		address = to
	}
	if !p.options.DialAny && !loopback(address) {
		return nil, errDialRefused
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := p.clock.AfterFunc(timeout, func() { cancel(errTimedOut) })
	defer timer.Stop()
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	conn, err := p.network.Dial(ctx, network, address)
	if err != nil && context.Cause(ctx) == errTimedOut { //nolint:errorlint // a cause is given as it is
		return nil, errTimedOut
	}
	return conn, err
}

// errTimedOut is the end of a connect, a read or a write that took too long.
var errTimedOut = errors.New("timed out")
