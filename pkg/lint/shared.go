package lint

import (
	"sync"
	"time"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// WebSocket is a path at which the user says that WebSockets are opened.
type WebSocket struct {
	Path string
	// Heartbeat is how often the application sends something while idle; 0 where that is not known.
	Heartbeat time.Duration
}

// Eval returns the evaluator of the configuration. All rules share it; it is made when first asked for.
func (p *Pass) Eval() *eval.Evaluator { return p.run.eval() }

// Shared returns what compute makes of the configuration; it is called once for a key and a run over the configuration,
// whichever rule asks first. The key is of a type of the caller's own, so that packages do not meet.
func (p *Pass) Shared(key any, compute func() any) any {
	once, ok := p.run.shared.Load(key)
	if !ok {
		once, _ = p.run.shared.LoadOrStore(key, sync.OnceValue(compute))
	}
	return once.(func() any)()
}
