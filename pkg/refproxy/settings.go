package refproxy

import (
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// settings are what one level says about connections, compiled once. What it says about heads is the evaluator's.
type settings struct {
	bufferSize                     int
	buffering, streams, ignoreGone bool // proxy_buffering on, proxy_request_buffering off, proxy_ignore_client_abort on
	maxBody                        int64
	headerTimeout                  time.Duration // client_header_timeout, of the address's first server
	bodyTimeout, sendTimeout       time.Duration
	keepaliveTimeout               time.Duration
	keepaliveTime                  time.Duration
	keepaliveRequests              int
	lingering                      string // on, off, always
	lingeringTime, lingerTimeout   time.Duration
	next                           map[string]bool // proxy_next_upstream
	nextTries                      int
	nextTimeout                    time.Duration
	nodelay                        bool
	logs                           []*logTarget
	limits                         []limit
	answers                        []answer // auth_request_set
	tls                            upstreamTLS
	// lacks is a directive in effect that the proxy does not support; nil for none.
	lacks *config.Directive
}

// answer is one auth_request_set.
type answer struct {
	name  string
	value *vars.Expr
	by    *config.Directive
}

// settings returns those of a level; nil is the top of the configuration.
func (g *generation) settings(level *config.Directive) *settings {
	if level == nil {
		level = g.config.Root
	}
	if s, ok := g.levels.Load(level); ok {
		return s.(*settings)
	}
	kept, _ := g.levels.LoadOrStore(level, g.compile(level))
	return kept.(*settings)
}

// reader reads directives in effect at one level.
type reader struct {
	config *config.Config
	level  *config.Directive
}

// arg returns the first argument of what is in effect, otherwise where nothing is.
func (r reader) arg(name, otherwise string) string {
	if v := r.config.Effective(r.level, name); v.By != nil {
		return v.By.Arg(1)
	}
	return otherwise
}

func (r reader) flag(name, otherwise string) bool {
	return strings.EqualFold(r.arg(name, otherwise), "on")
}

func (r reader) time(name, otherwise string) time.Duration {
	d, _ := eval.ParseTime(r.arg(name, otherwise))
	return d
}

func (r reader) size(name, otherwise string) int64 { return parseSize(r.arg(name, otherwise)) }

func (r reader) number(name, otherwise string) int {
	n, _ := strconv.Atoi(r.arg(name, otherwise)) // what nginx refuses is 0
	return n
}

// parseSize reads "4k", "1m", "1g"; what nginx refuses is 0.
func parseSize(text string) int64 {
	scale := int64(1)
	for suffix, s := range map[string]int64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if number, ok := strings.CutSuffix(strings.ToLower(text), suffix); ok {
			text, scale = number, s
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<60/scale {
		return 0
	}
	return n * scale
}

// compile reads a level.
func (g *generation) compile(level *config.Directive) *settings {
	r := reader{g.config, level}
	s := &settings{
		bufferSize:        int(r.size("proxy_buffer_size", "4k")),
		buffering:         r.flag("proxy_buffering", "on"),
		streams:           !r.flag("proxy_request_buffering", "on") && r.flag("proxy_pass_request_body", "on") && r.arg("proxy_set_body", "") == "",
		ignoreGone:        r.flag("proxy_ignore_client_abort", "off"),
		maxBody:           r.size("client_max_body_size", "1m"),
		headerTimeout:     r.time("client_header_timeout", "60s"),
		bodyTimeout:       r.time("client_body_timeout", "60s"),
		sendTimeout:       r.time("send_timeout", "60s"),
		keepaliveTimeout:  r.time("keepalive_timeout", "75s"),
		keepaliveTime:     r.time("keepalive_time", "1h"),
		keepaliveRequests: r.number("keepalive_requests", "1000"),
		lingering:         r.arg("lingering_close", "on"),
		lingeringTime:     r.time("lingering_time", "30s"),
		lingerTimeout:     r.time("lingering_timeout", "5s"),
		nextTries:         r.number("proxy_next_upstream_tries", "0"),
		nextTimeout:       r.time("proxy_next_upstream_timeout", "0"),
		nodelay:           r.flag("tcp_nodelay", "on"),
	}
	g.compileNext(s, level)
	s.logs = g.logsOf(level)
	s.limits = g.limitsOf(level)
	s.tls = g.upstreamTLS(r)
	s.lacks = g.lacking(level)
	for _, d := range g.config.EffectiveList(level, "auth_request_set").Items {
		s.answers = append(s.answers, answer{strings.TrimPrefix(d.Arg(1), "$"), g.eval.Table().Expr(d.Arg(2)), d})
	}
	return s
}

// compileNext reads proxy_next_upstream.
func (g *generation) compileNext(s *settings, level *config.Directive) {
	s.next = map[string]bool{"error": true, "timeout": true}
	v := g.config.Effective(level, "proxy_next_upstream")
	if v.By == nil {
		return
	}
	s.next = map[string]bool{}
	for _, w := range v.By.Args() {
		s.next[w.Value] = true
	}
	if s.next["off"] {
		s.next = map[string]bool{}
	}
}
