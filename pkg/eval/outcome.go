package eval

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Outcomes are all the ways in which one request may end: one for each answer to what cannot be known.
type Outcomes struct {
	// All has at least one outcome.
	All []*Outcome
	// Complete says that there are no others. Where it is false, nothing may be claimed of every outcome.
	Complete bool
}

// Every reports whether claim is known to hold: these are all outcomes, and it holds for each.
func (o Outcomes) Every(claim func(*Outcome) bool) bool {
	for _, one := range o.All {
		if !claim(one) {
			return false
		}
	}
	return o.Complete && len(o.All) > 0
}

// Proxied returns the heads of the outcomes that reach a backend by proxy_pass.
func (o Outcomes) Proxied() []*Upstream {
	var all []*Upstream
	for _, one := range o.All {
		if one.Upstream != nil {
			all = append(all, one.Upstream)
		}
	}
	return all
}

// Outcome is one way in which a request may end. It does not change once made.
type Outcome struct {
	// Decision is where the request went.
	Decision *route.Decision
	// Upstream is what is sent to the backend; nil unless the request is proxied by proxy_pass.
	Upstream *Upstream
	// Status is, for a request that nginx answers by itself, the answer's status; 500 where proxying fails before the
	// backend is asked (`invalid URL prefix`); else 0.
	Status int
	// Unknown says why the end is not known; "" where it is. Where it is set, nothing may be claimed.
	Unknown string

	version catalog.Version
	e       *Evaluator
	// x is what the outcome was evaluated with; it is never changed: what is evaluated later works on a copy. nil for an
	// outcome of At, which says in again how to have it once more.
	x     *exchange
	again *again
}

// Early reports whether the server's rewrite directives answered, before a location was looked for: what is set about
// keeping the connection is not looked at then.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_update_location_config.
func (o *Outcome) Early() bool {
	d := o.Decision
	if d.Kind != route.Answer || d.By == nil || d.By.Directive == nil || d.ErrorPage != nil {
		return false
	}
	return (d.By.Name() == "return" || d.By.Name() == "rewrite") && d.By.Within("location") == nil
}

// exchange returns the evaluation behind the outcome.
func (o *Outcome) exchange() *exchange {
	if o.x != nil {
		return o.x
	}
	return o.again.exchange(o.e, o.version)
}

// Used returns the variables, maps and the like that were looked at on the way.
func (o *Outcome) Used() []vars.Use {
	return o.exchange().run.Used()
}
