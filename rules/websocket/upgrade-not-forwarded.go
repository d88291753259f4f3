package websocket

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/signals"
)

var _ = set.Add(lint.Rule{
	Name:      "upgrade-not-forwarded",
	Code:      "WS001",
	Level:     diag.Error,
	LevelNote: " if annotated, declared or a product match (confidence >= 0.9); warning from 0.8; else off",
	Fix:       diag.Safe,
	FixNote:   " (inherited set fully known, copied in order; else display)",
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  upgradeNotForwarded,
})

// upgradeNotForwarded finds WebSocket locations whose handshakes reach the backend as ordinary requests.
func upgradeNotForwarded(p *lint.Pass) {
	var found causes
	for _, s := range sitesOf(p) {
		if s.forwards() || missingLevel(s.signals()) == diag.Off {
			continue
		}
		when := s.all.aim.always()
		for _, client := range []eval.Client{eval.Chrome, eval.Firefox, eval.MixedCase} {
			if !when.none() {
				when = when.and(s.holds(client, func(u *eval.Upstream) bool { return lacks(u, "Upgrade") }))
			}
		}
		if !when.none() {
			found.add(s.pass, "", s, when)
		}
	}
	found.report(p, func(c *cause) diag.Diagnostic {
		verdict := c.first().signals()
		return diag.Diagnostic{
			Level:      missingLevel(verdict),
			Confidence: sureness(verdict.Confidence),
			Message:    "the backend gets a WebSocket handshake without `Upgrade`, as an ordinary request" + c.when.ending(),
			Help:       "Forward it with `proxy_set_header Upgrade` and `proxy_set_header Connection`.",
			At:         lint.Head(c.at),
			Note:       reason(verdict),
			Evidence:   c.first().evidence(eval.Chrome, c.when, "Upgrade"),
			Fix:        c.forwardUpgrade(p),
		}
	})
}

// forwardUpgrade is the fix: the whole handshake.
func (c *cause) forwardUpgrade(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.UpgradePair()
	return plan.Fix(diag.Safe, "forward the handshake")
}

// missingLevel is the level of a finding that rests on what the location is for alone: Off where that is not sure
// enough. Names and ports of upstreams, timeouts and neighbours (S8 to S14) are never enough by themselves.
func missingLevel(v *signals.Verdict) diag.Level {
	strong := slices.ContainsFunc(v.Signals, func(s signals.Signal) bool { return len(s.ID) == 2 && s.ID < "S8" })
	switch {
	case v.Confidence >= 0.9 && (v.Declared || v.Matched()):
		return diag.Error
	case v.Confidence >= 0.8 && strong:
		return diag.Warning
	}
	return diag.Off
}

// sureness puts a confidence from 0 to 1 in words.
func sureness(confidence float64) diag.Confidence {
	if confidence >= 0.9 {
		return diag.High
	}
	return diag.Medium
}

// reason is what most says that a location is for WebSockets.
func reason(v *signals.Verdict) string {
	var best signals.Signal
	for _, s := range v.Signals {
		if s.Weight > best.Weight {
			best = s
		}
	}
	return best.Why
}
