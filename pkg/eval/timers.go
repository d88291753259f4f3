package eval

import (
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// Timers are the timers that apply to a proxied request and, after a 101, to its tunnel.
//
// An idle tunnel ends after Read without traffic in either direction: traffic of either side arms it again. Send and
// Client run only while a write is blocked.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_upgraded.
type Timers struct {
	Connect Timer // proxy_connect_timeout
	Read    Timer // proxy_read_timeout
	Send    Timer // proxy_send_timeout
	Client  Timer // send_timeout
}

// Timer is a time span and where it comes from.
type Timer struct {
	// After is the span; 0 ends a read at once (504), it does not mean forever.
	After time.Duration
	// State is Default for nginx's own value, Set where By sets it, Unknown where it cannot be seen or read.
	State config.State
	// By is the directive that sets it; nil unless State is Set.
	By *config.Directive
}
