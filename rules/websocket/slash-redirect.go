package websocket

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/signals"
)

var _ = set.Add(lint.Rule{
	Name:      "slash-redirect",
	Code:      "WS021",
	Level:     diag.Warning,
	LevelNote: " if the slashless path is declared or is the product's documented path; else info, off by default",
	Fix:       diag.Unsafe,
	Versions:  "all",
	Since:     "0.1.0",
	OnConfig:  slashRedirect,
})

// slashRedirect finds WebSocket locations that end with a slash, where a client that opens the path without it gets a 301.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_find_static_location, clcf->auto_redirect. RFC 6455, 4.1: a client
// need not follow a redirect, and browsers don't.
func slashRedirect(p *lint.Pass) {
	optional := p.Optionals()
	for _, location := range p.Config.Locations() {
		name := location.Arg(len(location.Words) - 1)
		path, ok := strings.CutSuffix(name, "/")
		if !ok || path == "" || path[0] != '/' || documentedWithSlash(name) {
			continue
		}
		reader := allSites(p).reader
		said := opened(p, reader.Of(location), path)
		if said == "" && !(optional && webSockets(p, location)) {
			continue
		}
		redirect := redirected(p, location, path)
		if redirect == nil {
			continue
		}
		d := diag.Diagnostic{
			Message:  "a client that opens `" + path + "` is redirected to `" + name + "`, and WebSocket clients follow no redirect",
			Help:     "Name the location `" + path + "`, or add one: `location = " + path + "`.",
			Note:     said,
			At:       lint.Word(location, len(location.Words)-1),
			Fix:      withoutSlash(p, location, path),
			Evidence: showRedirect(p, redirect, location),
		}
		if said == "" {
			d.Level = diag.Info
			p.ReportOptional(d, location)
		} else {
			p.Report(d, location)
		}
	}
}

// documentedWithSlash reports whether a product's documentation has its clients open this path with the slash.
func documentedWithSlash(name string) bool {
	return slices.ContainsFunc(signals.Products(), func(product signals.Product) bool {
		return slices.ContainsFunc(product.Paths, func(path string) bool {
			return len(path) > 1 && strings.HasSuffix(path, "/") && strings.HasSuffix(name, path)
		})
	})
}

// opened says who is known to open the path without the slash; "" where nobody is.
func opened(p *lint.Pass, v *signals.Verdict, path string) string {
	if slices.ContainsFunc(p.WebSockets, func(w lint.WebSocket) bool { return w.Path == path }) {
		return "`" + path + "` is declared as a WebSocket path"
	}
	below := func(known string) bool { return strings.HasPrefix(known, path+"/") }
	if v.Product != nil && v.Product.Slashless(path) && !slices.ContainsFunc(v.Product.Paths, below) {
		return v.Product.Name + " opens `" + path + "`"
	}
	return ""
}

// webSockets reports whether WebSockets come to the location: it forwards Upgrade, or is one by what is known of it.
func webSockets(p *lint.Pass, location *config.Directive) bool {
	s := allSites(p).byPass[location]
	return s != nil && s.forwards() || allSites(p).reader.Of(location).Confidence >= 0.8
}

// showRedirect shows the redirect that a client gets.
func showRedirect(p *lint.Pass, o *eval.Outcome, location *config.Directive) *diag.Evidence {
	if p.Bare {
		return nil
	}
	return showAnswer(o.Answer(eval.Response{}), eval.Chrome, p.Target.Profiles[0].Representative.String(), location, nil)
}

// redirected returns how a request for the path ends, if it is known to end in the location's redirect; else nil. What
// other locations there are must be known for that.
func redirected(p *lint.Pass, location *config.Directive, path string) *eval.Outcome {
	server := location.Within("server")
	if server == nil || server.Hidden("location") || location.Parent.Hidden("location") {
		return nil
	}
	request := *p.Eval().Canonical(location, eval.Chrome)
	request.Target = path
	for _, listen := range p.Eval().Table().Listens(server) {
		if listen.TLS == request.TLS && listen.Addr.IsValid() {
			request.Local = netip.AddrPortFrom(listen.Addr, listen.Port)
			break
		}
	}
	if !request.Local.IsValid() {
		return nil
	}
	out := p.Eval().Request(&request, p.Target.Profiles[0].Representative)
	always := !uncertain(out) && out.Every(func(o *eval.Outcome) bool {
		d := o.Decision
		return d.Kind == route.Answer && d.Status == 301 && d.By != nil && d.By.Directive == location.Directive
	})
	if !always {
		return nil
	}
	return out.All[0]
}

// withoutSlash is the fix: the location loses its slash. Where proxy_pass has a path, what it maps to would change, and
// there is none.
func withoutSlash(p *lint.Pass, location *config.Directive, path string) *diag.Fix {
	passes := location.Own("proxy_pass")
	if len(passes) != 1 || strings.Count(passes[0].Arg(1), "/") != 2 || strings.Contains(passes[0].Arg(1), "$") {
		return nil
	}
	plan := mender(p).Plan(location)
	plan.ReplaceWord(location, len(location.Words)-1, path)
	fix := plan.Fix(diag.Unsafe, "name the location `"+path+"`")
	if fix != nil && fix.Safety == diag.Unsafe {
		fix.Risk = "paths that only begin like `" + path + "` come to the location too"
	}
	return fix
}
