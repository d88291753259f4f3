package route

import (
	"net/netip"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// pass is what one of the access modules says.
type pass uint8

const (
	noOpinion pass = iota
	allowed
	forbidden
	unauthorized
	failing
)

// access asks allow and deny, auth_basic and auth_request, as satisfy says.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_access_phase and ngx_http_core_post_access_phase.
func (w *way) access() phase {
	live := w.run.Request.Live
	if live != nil && live.Admit != nil {
		if status := live.Admit(w.run); status != 0 {
			return w.finish(status)
		}
	}
	any := false
	if v := w.router.config.Effective(w.run.Location, "satisfy"); v.By != nil {
		any = v.By.Arg(1) == "any"
	}
	refused := 0
	for _, ask := range []func() pass{w.askRules, w.askPassword, w.askSubrequest} {
		switch ask() {
		case failing:
			return w.finish(500)
		case allowed:
			if any {
				w.withdraw()
				return tryFiles
			}
		case forbidden:
			if !any {
				return w.finish(403)
			}
			if refused != 401 {
				refused = 403
			}
		case unauthorized:
			if !any {
				return w.finish(401)
			}
			refused = 401
		}
	}
	if refused != 0 {
		return w.finish(refused)
	}
	return tryFiles
}

// askRules asks allow and deny.
//
// nginx: src/http/modules/ngx_http_access_module.c.
func (w *way) askRules() pass {
	list := w.router.config.EffectiveList(w.run.Location, "allow", "deny")
	if len(list.Items) == 0 {
		return noOpinion
	}
	client := w.run.Variable("remote_addr")
	if client.Unknown {
		return w.guessRules(list.Items)
	}
	addr, err := netip.ParseAddr(client.Text)
	if err != nil {
		return noOpinion
	}
	for _, d := range list.Items {
		if covers(d.Arg(1), addr) {
			w.tell(AtAccess, d, func() string { return "decides about `" + client.Text + "`" })
			if d.Name() == "deny" {
				w.decision.By = d
				return forbidden
			}
			return allowed
		}
	}
	return noOpinion
}

// guessRules lets the World choose where the client's address is not known.
func (w *way) guessRules(rules []*config.Directive) pass {
	may := map[pass]bool{}
	all := false
	for _, d := range rules {
		verdict := allowed
		if d.Name() == "deny" {
			verdict = forbidden
		}
		may[verdict] = true
		if all = d.Arg(1) == "all"; all {
			break
		}
	}
	options := []pass{}
	for _, verdict := range []pass{allowed, forbidden} {
		if may[verdict] {
			options = append(options, verdict)
		}
	}
	if !all && !may[allowed] {
		options = append(options, noOpinion)
	}
	return options[w.run.World.Choose(vars.Question("access", rules[0], ""), len(options))]
}

// covers reports whether an allow or deny names the address.
func covers(rule string, addr netip.Addr) bool {
	if rule == "all" {
		return true
	}
	network, ok := vars.ParsePrefix(rule)
	return ok && network.Contains(addr.Unmap())
}

// askPassword asks auth_basic. Without credentials it refuses; whether some are right is not known.
//
// nginx: src/http/modules/ngx_http_auth_basic_module.c.
func (w *way) askPassword() pass {
	v := w.router.config.Effective(w.run.Location, "auth_basic")
	if v.By == nil || v.By.Arg(1) == "off" {
		return noOpinion
	}
	realm := w.run.Eval(w.router.vars.Expr(v.By.Arg(1)))
	if realm.Text == "off" {
		return noOpinion
	}
	if f := w.router.config.Effective(w.run.Location, "auth_basic_user_file"); f.By == nil {
		return noOpinion
	}
	w.tell(AtAccess, v.By, func() string { return "asks for a password" })
	if w.run.HasCredentials() && w.run.World.Choose(vars.Question("password", v.By, ""), 2) == 0 {
		return allowed
	}
	w.decision.By = v.By
	w.decision.Challenges = append(w.decision.Challenges, Challenge{By: v.By, Realm: realm})
	return unauthorized
}

// withdraw takes back the last demand for a password, where something else let the request in.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_access_phase.
func (w *way) withdraw() {
	if n := len(w.decision.Challenges); n > 0 {
		w.decision.Challenges = w.decision.Challenges[: n-1 : n-1]
	}
}

// askSubrequest notes auth_request, whose answer is taken to allow the request.
func (w *way) askSubrequest() pass {
	v := w.router.config.Effective(w.run.Location, "auth_request")
	if v.By == nil || v.By.Arg(1) == "off" {
		return noOpinion
	}
	if live := w.run.Request.Live; live != nil && live.Authorise != nil {
		w.decision.By = v.By
		return verdictOf(live.Authorise(w.run, v.By))
	}
	w.tell(AtAccess, v.By, func() string { return "asks `" + v.By.Arg(1) + "`, which is taken to allow the request" })
	return allowed
}

// verdictOf is what the status of an auth_request's answer says.
//
// nginx: src/http/modules/ngx_http_auth_request_module.c, ngx_http_auth_request_handler.
func verdictOf(status int) pass {
	switch {
	case status == 401:
		return unauthorized
	case status == 403:
		return forbidden
	case status >= 200 && status < 300:
		return allowed
	}
	return failing
}
