package refproxy

import (
	"crypto/tls"
	"sync"
	"sync/atomic"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// generation is one configuration with what belongs to it: what nginx's worker of that configuration has.
type generation struct {
	config  *config.Config
	eval    *eval.Evaluator
	version catalog.Version
	prefix  string // of logs

	binds        []*bind
	levels       sync.Map // *config.Directive to *settings
	unsupported  map[string]bool
	zoneKeys     map[string]*vars.Expr
	formats      map[string]*logFormat
	certificates map[*config.Directive]*tls.Certificate
	selfSigned   *tls.Certificate
	logs         *logFiles

	mu        sync.Mutex
	upstreams map[upstreamKey]*upstream
	shutdown  Timer // worker_shutdown_timeout
	retired   atomic.Bool
}

// newGeneration reads a configuration.
func (p *Proxy) newGeneration(c *config.Config) (*generation, error) {
	g := &generation{config: c, eval: eval.New(c), version: p.options.Version, prefix: p.options.Prefix,
		upstreams: map[upstreamKey]*upstream{}, logs: p.logs}
	g.eval.Prefix = p.options.ConfigPrefix
	g.eval.Router().Files = p.options.Files
	if g.eval.Router().Files == nil {
		g.eval.Router().Files = noFiles{}
	}
	g.nameUnsupported(p.options.Say)
	g.readZones()
	g.readFormats()
	g.readLogs(p.options.Say)
	if err := g.readCertificates(p.options); err != nil {
		return nil, err
	}
	g.binds = p.plan(g)
	return g, nil
}

// retire has the generation's last connections end at worker_shutdown_timeout, and reports whether there is one.
func (g *generation) retire(p *Proxy) (timed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, u := range g.upstreams {
		u.close()
	}
	limit := reader{g.config, g.config.Root}.time("worker_shutdown_timeout", "0")
	if limit == 0 || g.shutdown != nil {
		return false
	}
	g.shutdown = p.clock.AfterFunc(limit, func() {
		p.mu.Lock()
		var all []*conn
		for c := range p.conns {
			if c.gen == g {
				all = append(all, c)
			}
		}
		p.mu.Unlock()
		closeAll(all)
	})
	return true
}

// close closes the connections that are kept, and ends the timer.
func (g *generation) close() {
	g.retired.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, u := range g.upstreams {
		u.close()
	}
	if g.shutdown != nil {
		g.shutdown.Stop()
	}
}
