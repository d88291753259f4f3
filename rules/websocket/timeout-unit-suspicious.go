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
	Name:     "timeout-unit-suspicious",
	Code:     "WS020",
	Level:    diag.Info,
	Fix:      diag.Display,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: timeoutUnitSuspicious,
})

// thirtyDays is, in seconds, beyond what a timeout is plausibly meant to be.
const thirtyDays = 30 * 24 * 3600

// timeoutUnitSuspicious finds a bare number of seconds that looks like milliseconds.
//
// nginx: src/core/ngx_parse.c, ngx_parse_time: without a unit a number is seconds.
func timeoutUnitSuspicious(p *lint.Pass) {
	var odd causes
	for _, s := range sitesOf(p) {
		if !s.setsReadTimeout() {
			continue
		}
		timer, when, known := s.readTimer(eval.Plain)
		if !known || timer.State != config.Set {
			continue
		}
		if seconds, bare := bareSeconds(timer.By.Arg(1)); bare && seconds >= thirtyDays && seconds%1000 == 0 {
			odd.add(timer.By, "", s, when)
		}
	}
	odd.report(p, func(c *cause) diag.Diagnostic {
		number := c.at.Arg(1)
		seconds, _ := bareSeconds(number)
		meant := time.Duration(seconds) * time.Millisecond
		return diag.Diagnostic{
			Message: fmt.Sprintf("`proxy_read_timeout %s` is %d days", number, seconds/(24*3600)),
			Help:    fmt.Sprintf("Write `%s` if milliseconds are meant, else give the number a unit.", spell(meant)),
			At:      lint.Word(c.at, 1),
			Note:    "a number without a unit is seconds",
		}
	})
}
