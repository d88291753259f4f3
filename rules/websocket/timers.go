package websocket

import (
	"fmt"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// readTimer returns the proxy_read_timeout of every head that the client has at the site, and for which versions; known
// is false where it can't be seen or heads differ in it.
func (s *site) readTimer(client eval.Client) (timer eval.Timer, when versions, known bool) {
	first := true
	when = s.holds(client, func(u *eval.Upstream) bool {
		if first {
			timer, first = u.Timers.Read, false
		}
		return u.Timers.Read == timer && timer.State != config.Unknown
	})
	return timer, when, !when.none()
}

// setsReadTimeout reports whether a directive sets the proxy_read_timeout of the site; else no head has to be looked at for
// what it says.
func (s *site) setsReadTimeout() bool {
	return s.all.config.Effective(s.level, "proxy_read_timeout").State == config.Set
}

// spell writes a time span as nginx reads it, in the largest unit that fits: "1h", "90s", "500ms".
func spell(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if d >= u.unit && d%u.unit == 0 && (u.unit != time.Minute || d > 2*time.Minute) {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}

// bareSeconds returns the number of a time without a unit.
func bareSeconds(text string) (seconds int64, ok bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	after, ok := eval.ParseTime(text)
	return int64(after / time.Second), ok
}
