package websocket

import (
	"fmt"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:      "short-read-timeout",
	Code:      "WS019",
	Level:     diag.Info,
	LevelNote: " for an effective 60 s or less without a known heartbeat (default or explicit); warning below 15 s or below twice the known heartbeat",
	Fix:       diag.Safe,
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  shortReadTimeout,
})

// What an idle tunnel should live at least: long enough that common heartbeats (25 to 30 s) come twice, and in any case
// longer than a slow answer takes.
const (
	hasty   = 15 * time.Second
	aMinute = time.Minute
)

// shortReadTimeout finds tunnels that nginx closes while the application is idle.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_upgraded: traffic of either side arms the timer again.
func shortReadTimeout(p *lint.Pass) {
	var given, missing causes
	for _, s := range forwarding(p) {
		timer, when, known := s.readTimer(eval.Chrome)
		if !known || timer.After == 0 || enough(timer.After, s.signals().Heartbeat) {
			continue
		}
		key := s.signals().Heartbeat.String()
		if timer.State == config.Set {
			given.add(timer.By, key, s, when)
		} else {
			missing.add(s.missingAt(), key, s, when)
		}
	}
	given.report(p, func(c *cause) diag.Diagnostic {
		d := shortTimer(c, lint.Word(c.at, 1))
		d.Fix = c.mendReadTimeout(p)
		return d
	})
	missing.report(p, func(c *cause) diag.Diagnostic {
		d := shortTimer(c, lint.Head(c.at))
		d.Note = "`proxy_read_timeout` is missing, and its default is 60s"
		d.Fix = c.mendReadTimeout(p)
		return d
	})
}

// enough reports whether an idle tunnel lives long enough: twice a known heartbeat, else more than a minute.
func enough(after, heartbeat time.Duration) bool {
	if heartbeat > 0 {
		return after >= hasty && after >= 2*heartbeat
	}
	return after > aMinute
}

// shortTimer is the finding about one timer.
func shortTimer(c *cause, at diag.Location) diag.Diagnostic {
	timer, _, _ := c.first().readTimer(eval.Chrome)
	heartbeat := c.first().signals().Heartbeat
	d := diag.Diagnostic{
		Message:  fmt.Sprintf("nginx closes a WebSocket after %s without traffic (close code 1006)", spell(timer.After)),
		Help:     "Set `proxy_read_timeout` to at least twice the application's heartbeat, or to `1h`.",
		At:       at,
		Evidence: c.first().timeoutLog(timer, c.when),
	}
	switch {
	case heartbeat > 0:
		d.Level = diag.Warning
		d.Message = fmt.Sprintf("nginx closes a WebSocket after %s without traffic (close code 1006), and the application sends a heartbeat every %s",
			spell(timer.After), spell(heartbeat))
	case timer.After < hasty:
		d.Level = diag.Warning
	}
	return d
}
