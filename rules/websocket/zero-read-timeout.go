package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:       "zero-read-timeout",
	Code:       "WS018",
	Level:      diag.Error,
	Fix:        diag.Safe,
	Versions:   "all",
	Since:      "0.1.0",
	Supersedes: []string{"short-read-timeout"},
	OnConfig:   zeroReadTimeout,
})

// zeroReadTimeout finds a proxy_read_timeout of zero, which is no "never": the timer is armed with 0 ms and fires at once.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_send_request adds the timer with u->read_timeout as it is.
func zeroReadTimeout(p *lint.Pass) {
	var zero causes
	for _, s := range sitesOf(p) {
		if !s.setsReadTimeout() {
			continue
		}
		timer, when, known := s.readTimer(eval.Plain)
		if known && timer.State == config.Set && timer.After == 0 {
			zero.add(timer.By, "", s, when)
		}
	}
	zero.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "`proxy_read_timeout " + c.at.Arg(1) + "` ends every request at once with 504",
			Help:     "Write how long an idle connection may live, such as `proxy_read_timeout 1h;`.",
			At:       lint.Word(c.at, 1),
			Note:     "0 is no \"never\" to nginx",
			Evidence: c.first().answerEvidence(eval.Chrome, c.when, toTimeout, c.at),
			Fix:      c.mendReadTimeout(p),
		}
	})
}
