package eval

import (
	"math"
	"strconv"
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
	// After is the span; 0 ends a read at once (504), it does not mean forever. What does not fit is the longest
	// Duration.
	After time.Duration
	// State is Default for nginx's own value, Set where By sets it, Unknown where it cannot be seen or read.
	State config.State
	// By is the directive that sets it; nil unless State is Set.
	By *config.Directive
}

// timers returns the timers in effect at a level. Levels without a directive share nginx's defaults.
func (e *Evaluator) timers(f *facts) *Timers {
	t := Timers{
		Connect: timerOf(f.value(connectTimeout)),
		Read:    timerOf(f.value(readTimeout)),
		Send:    timerOf(f.value(sendTimeout)),
		Client:  timerOf(f.value(clientTimeout)),
	}
	if t == defaultTimers {
		return &defaultTimers
	}
	return &t
}

// defaultTimers are those where no directive says otherwise: a minute each.
var defaultTimers = Timers{
	Connect: Timer{After: time.Minute}, Read: Timer{After: time.Minute},
	Send: Timer{After: time.Minute}, Client: Timer{After: time.Minute},
}

// timerOf reads a directive's time.
func timerOf(v config.Value) Timer {
	t := Timer{After: time.Minute, State: v.State, By: v.By}
	if v.State == config.Set {
		after, ok := ParseTime(v.By.Arg(1))
		if !ok {
			return Timer{After: time.Minute, State: config.Unknown}
		}
		t.After = after
	}
	return t
}

// timeUnits are the units of a time in milliseconds, in the order in which they may stand.
var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"w", 7 * 24 * time.Hour},
	{"d", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
}

// ParseTime reads a time as nginx reads one that it keeps in milliseconds: "60", "1m30s", "500ms", "1d 12h"; a bare
// number is seconds. ok is false for what nginx refuses. What does not fit is the longest Duration.
//
// nginx: src/core/ngx_parse.c, ngx_parse_time.
func ParseTime(text string) (after time.Duration, ok bool) {
	step, rest := -1, text
	total := time.Duration(0)
	for rest != "" {
		n := 0
		for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
			n++
		}
		value, err := strconv.ParseUint(rest[:n], 10, 63)
		if n == 0 || err != nil {
			return 0, false
		}
		at := len(timeUnits) // bare: seconds, and nothing may follow
		unit := time.Second
		rest = rest[n:]
		if rest != "" {
			if at, rest = unitOf(rest); at <= step || at < 0 {
				return 0, false
			}
			if at < len(timeUnits) {
				unit = timeUnits[at].unit
			}
		}
		step = at
		total = add(total, value, unit)
	}
	return total, text != ""
}

// unitOf reads a unit and the blanks after it; a blank alone stands for seconds. at is -1 for what is none.
func unitOf(rest string) (at int, after string) {
	at = -1
	for i, u := range timeUnits {
		if len(rest) >= len(u.name) && rest[:len(u.name)] == u.name {
			at, after = i, rest[len(u.name):] // "ms" comes after "m", and wins
		}
	}
	if rest[0] == ' ' {
		at, after = len(timeUnits), rest[1:]
	}
	for after != "" && after[0] == ' ' {
		after = after[1:]
	}
	return at, after
}

// add returns total plus value units, at most the longest Duration.
func add(total time.Duration, value uint64, unit time.Duration) time.Duration {
	if value > uint64((math.MaxInt64-total)/unit) {
		return math.MaxInt64
	}
	return total + time.Duration(value)*unit
}
