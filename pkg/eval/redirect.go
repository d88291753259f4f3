package eval

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// redirectRule is one rule that rewrites the Location and Refresh of a backend.
type redirectRule struct {
	literal     string     // what the value must begin with, where pattern and regexp are nil
	pattern     *vars.Expr // the same with variables
	regexp      *vars.Regexp
	replacement *vars.Expr // nil where the literal fixed stands
	fixed       string
	broken      bool // a pattern that we can't read
}

// redirects returns the rules in effect at a level: its own, or those of the level outside, or what its proxy_pass
// implies. A location inside one with a proxy_pass inherits what the outer one's implies.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_redirect and ngx_http_proxy_merge_loc_conf.
func (e *Evaluator) redirects(level *config.Directive) []redirectRule {
	if level == nil || level.Directive == nil {
		return nil
	}
	own := level.Own("proxy_redirect")
	var rules []redirectRule
	for _, d := range own {
		if d.Arg(1) == "off" {
			return nil
		}
		rules = append(rules, e.redirectRule(level, d))
	}
	if len(rules) > 0 {
		return rules
	}
	if v := e.config.Effective(level, "proxy_redirect"); v.State == config.Set && v.By.Arg(1) == "off" {
		return nil
	}
	if outer := e.redirects(level.Parent); len(outer) > 0 {
		return outer
	}
	if rule, ok := impliedRedirect(level); ok {
		return []redirectRule{rule}
	}
	return nil
}

// redirectRule compiles one directive.
func (e *Evaluator) redirectRule(level, d *config.Directive) redirectRule {
	if len(d.Words) == 2 { // default
		rule, ok := impliedRedirect(level)
		rule.broken = !ok
		return rule
	}
	rule := redirectRule{replacement: e.table.Expr(d.Arg(2))}
	pattern, isRegexp := strings.CutPrefix(d.Arg(1), "~")
	if !isRegexp {
		rule.pattern = e.table.Expr(pattern)
		return rule
	}
	pattern, fold := strings.CutPrefix(pattern, "*")
	re, err := e.table.Regexp(pattern, fold)
	rule.regexp, rule.broken = re, err != nil
	return rule
}

// impliedRedirect is the rule of `proxy_redirect default`: the proxy_pass URL becomes the location's name.
func impliedRedirect(level *config.Directive) (redirectRule, bool) {
	own := level.Own("proxy_pass")
	if len(own) == 0 || strings.IndexByte(own[0].Arg(1), '$') >= 0 {
		return redirectRule{}, false
	}
	url := own[0].Arg(1)
	t, err := parseTarget(url)
	if err != nil {
		return redirectRule{}, false
	}
	if t.uri != "" {
		return redirectRule{literal: url, fixed: uriPrefix(level)}, true
	}
	return redirectRule{literal: url + "/", fixed: "/"}, true
}

// rewrite applies the first rule that fits to the part of value from offset on.
//
// nginx: ngx_http_proxy_rewrite_redirect.
func rewriteRedirect(run *vars.Run, rules []redirectRule, value string, offset int) (text vars.Value, done bool) {
	for i := range rules {
		r := &rules[i]
		if r.broken {
			return vars.Value{Text: value, Unknown: true}, true
		}
		if n, fits := r.fits(run, value[offset:]); fits {
			return r.replace(run, value, offset, n), true
		}
	}
	return vars.Value{Text: value}, false
}

// fits reports whether the rule is for the value, and how much of it is replaced.
func (r *redirectRule) fits(run *vars.Run, value string) (n int, ok bool) {
	switch {
	case r.regexp != nil:
		found, err := run.Match(r.regexp, value)
		return len(value), found && err == nil
	case r.pattern != nil:
		p := run.Eval(r.pattern)
		return len(p.Text), !p.Unknown && strings.HasPrefix(value, p.Text)
	}
	return len(r.literal), strings.HasPrefix(value, r.literal)
}

// replace returns the value with n bytes from offset replaced.
func (r *redirectRule) replace(run *vars.Run, value string, offset, n int) vars.Value {
	with := vars.Value{Text: r.fixed}
	if r.replacement != nil {
		with = run.Eval(r.replacement)
	}
	with.Text = value[:offset] + with.Text + value[offset+n:]
	return with
}
