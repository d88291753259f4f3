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
	prefix string // what the URL's own URI stands for: the name of the location that has the proxy_pass
	fixed  *target
	err    error // why nginx refuses the URL, where it has no variables
	url    *vars.Expr

	headers *headerSet
	version config.Value // proxy_http_version
	method  setting
	body    setting
	cache   setting // proxy_cache
	timers  *Timers

	passHeaders, passBody, requestBuffering catalog.Tri
	cacheConvertHead, cacheScarce           bool
	cacheMethods                            []string
	pooled                                  config.State // Default: as the version does; Set: the upstream block pools; Unknown: it does not
}

// setting is a directive whose argument is an expression.
type setting struct {
	by      *config.Directive
	expr    *vars.Expr // nil where it is not set
	unknown bool
}

// plan returns the plan of a level that a proxy_pass takes.
func (e *Evaluator) plan(level, pass *config.Directive) *plan {
	if p, ok := e.plans.Load(level); ok && p.(*plan).pass == pass {
		return p.(*plan)
	}
	p := e.compile(level, pass)
	e.plans.Store(level, p)
	return p
}

// compile reads what is in effect at the level.
func (e *Evaluator) compile(level, pass *config.Directive) *plan {
	p := &plan{level: level, pass: pass, prefix: uriPrefix(pass.Parent), url: e.table.Expr(pass.Arg(1))}
	if text, constant := p.url.Constant(); constant {
		p.fixed, p.err = parseTarget(text)
	}
	p.headers = e.headerSet(level)
	p.version = e.config.Effective(level, "proxy_http_version")
	p.method = e.setting(level, "proxy_method")
	p.body = e.setting(level, "proxy_set_body")
	p.timers = e.timers(level)
	p.passHeaders = e.flag(level, "proxy_pass_request_headers", true)
	p.passBody = e.flag(level, "proxy_pass_request_body", true)
	p.requestBuffering = e.flag(level, "proxy_request_buffering", true)
	e.compileCache(p)
	return p
}

// compileCache reads what proxy_cache does to requests.
func (e *Evaluator) compileCache(p *plan) {
	p.cache = e.setting(p.level, "proxy_cache")
	if p.cache.expr == nil {
		return
	}
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
	v := e.config.Effective(level, name)
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
	v := e.config.Effective(level, name)
	switch {
	case v.State == config.Unknown:
		return catalog.Unknown
	case v.State == config.Set && equalFold(v.By.Arg(1), "on"):
		return catalog.Yes
	case v.State == config.Set && equalFold(v.By.Arg(1), "off"):
		return catalog.No
	case v.State == config.Set:
		return catalog.Unknown
	case byDefault:
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
