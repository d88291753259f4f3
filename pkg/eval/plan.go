package eval

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// plan is what one level says about proxying, compiled once for all clients and versions.
type plan struct {
	level  *config.Directive
	pass   *config.Directive
	block  *config.Directive // the upstream block of a URL without variables
	pool   poolState
	prefix string // what the URL's own URI stands for: the name of the location that has the proxy_pass
	fixed  *target
	err    error // why nginx refuses the URL, where it has no variables
	url    *vars.Expr

	headers *headerSet
	// passes says that captures may change while the request's lines and body are computed: see exchange.pass.
	passes  bool
	version config.Value // proxy_http_version
	method  setting
	body    setting
	cache   setting // proxy_cache
	timers  *Timers

	noPass                                  *config.Directive // proxy_pass_request_headers
	passHeaders, passBody, requestBuffering catalog.Tri
	cacheConvertHead, cacheScarce           bool
	cacheMethods                            []string
}

// setting is a directive whose argument is an expression.
type setting struct {
	by      *config.Directive
	expr    *vars.Expr // nil where it is not set
	unknown bool
}

// plan returns the plan of a level that a proxy_pass takes.
func (e *Evaluator) plan(level, pass *config.Directive) *plan {
	f := e.facts(level)
	if p := f.plan.Load(); p != nil && p.pass == pass {
		return p
	}
	p := e.compile(f, pass)
	f.plan.Store(p)
	return p
}

// compile reads what is in effect at the level.
func (e *Evaluator) compile(f *facts, pass *config.Directive) *plan {
	p := &plan{level: f.level, pass: pass, prefix: uriPrefix(pass.Parent), url: e.table.Expr(pass.Arg(1))}
	if text, constant := p.url.Constant(); constant {
		p.fixed, p.err = parseTarget(text)
		if p.err == nil && p.fixed.noPort && p.fixed.socket == "" {
			p.block = e.config.Upstream(p.fixed.host)
			p.pool = poolOf(p.block)
		}
	}
	p.headers = e.headerSet(f)
	p.version = f.value(httpVersion)
	p.method = e.settingOf(f.value(requestMethod))
	p.body = e.settingOf(f.value(requestBody))
	p.passes = p.changing()
	p.timers = e.timers(f)
	p.passHeaders, p.noPass = f.flag(passRequestHeaders), f.value(passRequestHeaders).By
	p.passBody = f.flag(passRequestBody)
	p.requestBuffering = f.flag(bufferRequest)
	if p.cache = e.settingOf(f.value(cacheZone)); p.cache.expr != nil {
		e.compileCache(p)
	}
	return p
}

// changing reports whether one of the request's expressions may match a pattern and one shows what was matched.
func (p *plan) changing() bool {
	rewritten, matching := p.headers.rewritten, p.headers.matching
	if p.body.expr != nil {
		rewritten, matching = rewritten || p.body.expr.Rewritten(), matching || p.body.expr.Matching()
	}
	return rewritten && matching
}

// compileCache reads what proxy_cache does to requests.
func (e *Evaluator) compileCache(p *plan) {
	p.cacheConvertHead = e.flag(p.level, "proxy_cache_convert_head", true) != catalog.No
	if uses := e.config.Effective(p.level, "proxy_cache_min_uses"); uses.State == config.Set {
		p.cacheScarce = uses.By.Arg(1) != "1" && uses.By.Arg(1) != "0"
	}
	p.cacheMethods = []string{"GET", "HEAD"}
	if methods := e.config.Effective(p.level, "proxy_cache_methods"); methods.State == config.Set {
		for _, word := range methods.By.Args() {
			p.cacheMethods = append(p.cacheMethods, word.Value)
		}
	}
}

// setting reads a directive of one argument.
func (e *Evaluator) setting(level *config.Directive, name string) setting {
	return e.settingOf(e.config.Effective(level, name))
}

// settingOf compiles the argument of a directive.
func (e *Evaluator) settingOf(v config.Value) setting {
	switch v.State {
	case config.Unknown:
		return setting{unknown: true}
	case config.Set:
		return setting{by: v.By, expr: e.table.Expr(v.By.Arg(1))}
	}
	return setting{}
}

// flag reads an on/off directive.
func (e *Evaluator) flag(level *config.Directive, name string, byDefault bool) catalog.Tri {
	return flagOf(e.config.Effective(level, name), byDefault)
}

// flagOf reads the value of an on/off directive; what is neither is not known.
func flagOf(v config.Value, byDefault bool) catalog.Tri {
	on := byDefault
	if v.State == config.Set {
		on = equalFold(v.By.Arg(1), "on")
		if !on && !equalFold(v.By.Arg(1), "off") {
			return catalog.Unknown
		}
	}
	switch {
	case v.State == config.Unknown:
		return catalog.Unknown
	case on:
		return catalog.Yes
	}
	return catalog.No
}

// uriPrefix returns the name of a location without its modifier; "" for a regex, a named location or anything else.
func uriPrefix(d *config.Directive) string {
	if d == nil || d.Directive == nil || d.Name() != "location" {
		return ""
	}
	name := d.Arg(len(d.Words) - 1)
	if len(d.Words) > 2 {
		switch d.Arg(1) {
		case "=", "^~":
			return name
		}
		return ""
	}
	switch {
	case name == "" || name[0] == '~' || name[0] == '@':
		return ""
	case name[0] == '=':
		return name[1:]
	case len(name) > 1 && name[:2] == "^~":
		return name[2:]
	}
	return name
}
