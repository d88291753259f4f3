package eval

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// replyPlan is what one level says about answers, compiled once.
type replyPlan struct {
	tokens setting // server_tokens
	hidden map[string]*config.Directive
	adds   []addition
	// open says that not all of proxy_hide_header, proxy_pass_header and add_header can be seen.
	open      bool
	redirects []redirectRule

	chunking, intercept, absolute, namedRedirect, portRedirect, padding, gzip catalog.Tri

	keepalive       bool   // keepalive_timeout and keepalive_requests leave the connection open
	keepaliveHeader string // Keep-Alive's value; "" for none
	defaultType     string
	types           *config.Directive // a level that has types blocks; nil for nginx's own
	charset         string
	expires         []string
}

// addition is one add_header directive.
type addition struct {
	name   string
	value  *vars.Expr
	always bool
	by     *config.Directive
}

// replyPlan returns what is in effect at a level.
func (e *Evaluator) replyPlan(level *config.Directive) *replyPlan {
	f := e.facts(level)
	if p := f.reply.Load(); p != nil {
		return p
	}
	p := &replyPlan{hidden: map[string]*config.Directive{}, redirects: e.redirects(level)}
	e.compileHidden(p, level)
	e.compileAdded(p, level)
	p.tokens = e.setting(level, "server_tokens")
	p.chunking = e.flag(level, "chunked_transfer_encoding", true)
	p.intercept = e.flag(level, "proxy_intercept_errors", false)
	p.absolute = e.flag(level, "absolute_redirect", true)
	p.namedRedirect = e.flag(level, "server_name_in_redirect", false)
	p.portRedirect = e.flag(level, "port_in_redirect", true)
	p.padding = e.flag(level, "msie_padding", true)
	p.gzip = e.flag(level, "gzip", false)
	e.compileConnection(p, level)
	e.compileType(p, level)
	f.reply.Store(p)
	return p
}

// hiddenByDefault are the backend's headers that nginx does not pass on.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_hide_headers.
var hiddenByDefault = [...]string{"date", "server", "x-pad", "x-accel-expires", "x-accel-redirect", "x-accel-limit-rate",
	"x-accel-buffering", "x-accel-charset"}

// compileHidden finds the names that are hidden: nginx's own and those of proxy_hide_header, less those of
// proxy_pass_header. Both lists are inherited by themselves.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_hide_headers_hash.
func (e *Evaluator) compileHidden(p *replyPlan, level *config.Directive) {
	for _, name := range hiddenByDefault {
		p.hidden[name] = nil
	}
	hide := e.config.EffectiveList(level, "proxy_hide_header")
	pass := e.config.EffectiveList(level, "proxy_pass_header")
	p.open = p.open || hide.State == config.Unknown || pass.State == config.Unknown
	for _, d := range hide.Items {
		name := strings.ToLower(d.Arg(1))
		if _, hidden := p.hidden[name]; !hidden {
			p.hidden[name] = d
		}
	}
	for _, d := range pass.Items {
		delete(p.hidden, strings.ToLower(d.Arg(1)))
	}
}

// compileAdded reads add_header and expires.
func (e *Evaluator) compileAdded(p *replyPlan, level *config.Directive) {
	list := e.config.EffectiveList(level, "add_header")
	p.open = p.open || list.State == config.Unknown
	for _, d := range list.Items {
		p.adds = append(p.adds, addition{
			name: d.Arg(1), value: e.table.Expr(d.Arg(2)), always: len(d.Words) == 4 && d.Arg(3) == "always", by: d,
		})
	}
	if v := e.config.Effective(level, "expires"); v.State == config.Set && v.By.Arg(1) != "off" {
		for _, word := range v.By.Args() {
			p.expires = append(p.expires, word.Value)
		}
	}
}

// compileConnection reads what keeps the client's connection open.
func (e *Evaluator) compileConnection(p *replyPlan, level *config.Directive) {
	p.keepalive = true
	if v := e.config.Effective(level, "keepalive_timeout"); v.State == config.Set {
		after, ok := ParseTime(v.By.Arg(1))
		p.keepalive = !ok || after > 0
		if seconds, ok := ParseTime(v.By.Arg(2)); ok && seconds > 0 {
			p.keepaliveHeader = "timeout=" + strings.TrimSuffix(v.By.Arg(2), "s")
		}
	}
	if v := e.config.Effective(level, "keepalive_requests"); v.State == config.Set {
		p.keepalive = p.keepalive && v.By.Arg(1) != "0" && v.By.Arg(1) != "1"
	}
}

// compileType reads what the Content-Type of nginx's own answers depends on.
func (e *Evaluator) compileType(p *replyPlan, level *config.Directive) {
	p.defaultType = "text/plain"
	if v := e.config.Effective(level, "default_type"); v.State == config.Set {
		p.defaultType = v.By.Arg(1)
	}
	if v := e.config.Effective(level, "charset"); v.State == config.Set && v.By.Arg(1) != "off" {
		p.charset = v.By.Arg(1)
	}
	for at := level; at != nil && p.types == nil; at = at.Parent {
		for _, child := range at.Children {
			if child.Block != nil && child.Name() == "types" {
				p.types = at
				break
			}
		}
	}
}

// contentType returns the type of a path by its extension.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_set_content_type and ngx_http_set_exten.
func (e *Evaluator) contentType(p *replyPlan, path string) string {
	extension := ""
	for i := len(path) - 1; i > 1 && path[i] != '/'; i-- {
		if path[i] == '.' && path[i-1] != '/' {
			extension = strings.ToLower(path[i+1:])
			break
		}
	}
	if extension == "" {
		return p.defaultType
	}
	if p.types == nil {
		switch extension {
		case "html":
			return "text/html"
		case "gif":
			return "image/gif"
		case "jpg":
			return "image/jpeg"
		}
		return p.defaultType
	}
	return e.typeOf(p.types, extension, p.defaultType)
}

// typeOf looks an extension up in a level's types blocks.
func (e *Evaluator) typeOf(level *config.Directive, extension, otherwise string) string {
	found := otherwise
	for _, block := range level.Children {
		if block.Block == nil || block.Name() != "types" {
			continue
		}
		for _, entry := range e.config.Entries(block) {
			for _, word := range entry.Args() {
				if strings.EqualFold(word.Value, extension) {
					found = entry.Name()
				}
			}
		}
	}
	return found
}
