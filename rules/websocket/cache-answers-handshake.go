package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:     "cache-answers-handshake",
	Code:     "WS027",
	Level:    diag.Warning,
	Fix:      diag.Safe,
	FixNote:  " (bypass pair)",
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: cacheAnswersHandshake,
})

// cacheAnswersHandshake finds handshakes that a cached answer to a plain request may be given to.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_cache: the key does not look at Upgrade.
func cacheAnswersHandshake(p *lint.Pass) {
	var cached causes
	for _, s := range forwarding(p) {
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool { return u.Cached && forwardsUpgrade(u) })
		cache := s.all.config.Effective(s.level, "proxy_cache")
		if !when.none() && cache.State == config.Set && !s.bypasses() {
			cached.add(cache.By, "", s, when)
		}
	}
	cached.report(p, func(c *cause) diag.Diagnostic {
		return diag.Diagnostic{
			Message:  "a handshake may be answered from the cache with 200",
			Help:     "Add `proxy_cache_bypass $http_upgrade;` and `proxy_no_cache $http_upgrade;`, or turn the cache off in a location of its own.",
			At:       lint.Head(c.at),
			Note:     "the cache key does not tell a handshake from a plain request",
			Evidence: c.first().answerEvidence(eval.Chrome, c.when, toPage, c.at),
			Fix:      c.bypassCache(p),
		}
	})
}

// bypassCache is the fix: handshakes pass the cache by.
func (c *cause) bypassCache(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.AddToList("proxy_cache_bypass", "$http_upgrade")
	plan.AddToList("proxy_no_cache", "$http_upgrade")
	return plan.Fix(diag.Safe, "let handshakes pass the cache by")
}

// bypasses reports whether the cache is, or may be, passed by for a handshake, or its key may tell one apart.
func (s *site) bypasses() bool {
	for _, name := range []string{"proxy_cache_bypass", "proxy_cache_key"} {
		list := s.all.config.EffectiveList(s.level, name)
		if list.State == config.Unknown {
			return true
		}
		for _, d := range list.Items {
			for _, word := range d.Args() {
				if s.dependsOnUpgrade(word.Value) {
					return true
				}
			}
		}
	}
	return false
}

// dependsOnUpgrade reports whether an expression's value is, or may be, another for a handshake than for a plain request,
// and, as a bypass needs it, neither empty nor "0" for the handshake.
func (s *site) dependsOnUpgrade(text string) bool {
	handshake, plain := s.expression(text, eval.Chrome), s.expression(text, eval.Plain)
	if handshake == nil || plain == nil {
		return true // not known
	}
	return *handshake != *plain && *handshake != "" && *handshake != "0"
}
