package prove

import (
	"context"
	"fmt"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Engine runs configurations.
type Engine interface {
	// Name is what a report calls it: "reference" or "nginx".
	Name() string
	// Version is the nginx that it is.
	Version() catalog.Version
	// start runs a configuration with the stand-in at the address behind its upstreams. Timeouts in spans are those that
	// are waited for, in order. The error may be a *Refusal.
	start(ctx context.Context, c *config.Config, backend string, spans []time.Duration) (*run, error)
}

// Refusal is nginx's complaint about a configuration that it does not load.
type Refusal struct{ Message string }

// Error returns Message.
func (r *Refusal) Error() string { return r.Message }

// run is a configuration that runs.
type run struct {
	// config is the configuration as it is run.
	config *config.Config
	built  *rebuilt
	// reach says where a listener of config is, by its name.
	reach func(name string) string
	// now is the time as the timers of the engine see it.
	now func() time.Time
	// pass lets time go by until nobody is left or, by that time, limit has passed. Something is expected to happen after
	// each of the awaited spans.
	pass func(limit time.Duration, awaited []time.Duration, left func() int)
	// slack is how much later than it ends a timeout may be seen to.
	slack time.Duration
	// span is what a timeout of the configuration lasts here.
	span func(time.Duration) time.Duration
	stop func()
}

// door returns how a listener is reached.
func (r *run) door(l vars.Listen) (door, error) {
	address := r.reach(listenName(l))
	if address == "" {
		return door{}, fmt.Errorf("nothing listens on %s", listenName(l))
	}
	return door{address: address, tls: l.TLS, proxyProtocol: l.ProxyProtocol}, nil
}
