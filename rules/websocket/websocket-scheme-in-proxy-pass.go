package websocket

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

var _ = set.Add(lint.Rule{
	Name:        "websocket-scheme-in-proxy-pass",
	Code:        "WS011",
	Level:       diag.Error,
	Fix:         diag.Safe,
	Versions:    "all",
	Since:       "0.1.0",
	OnDirective: schemeInProxyPass,
	Directives:  []string{"proxy_pass"},
})

// schemeInProxyPass finds ws:// and wss:// in the URL of a proxy_pass. nginx refuses a constant one when it reads it, one
// that a variable brings for each request, with 500.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_pass, ngx_http_proxy_eval ("invalid URL prefix").
func schemeInProxyPass(p *lint.Pass, d *config.Directive) {
	if len(d.Words) != 2 || d.Context&catalog.HTTPContexts == 0 {
		return
	}
	url := p.Eval().Table().Expr(d.Arg(1))
	if scheme := socketScheme(url.String()); scheme != "" {
		reportScheme(p, d, scheme, len(url.Variables()) > 0)
		return
	}
	if len(url.Variables()) > 0 && strings.HasPrefix(d.Arg(1), "$") && !allSites(p).guessed("$"+url.Variables()[0]) {
		fedScheme(p, d)
	}
}

// socketScheme returns "ws" or "wss" where a URL begins with it, in any case.
func socketScheme(url string) string {
	scheme, _, ok := strings.Cut(url, "://")
	if scheme = strings.ToLower(scheme); ok && (scheme == "ws" || scheme == "wss") {
		return scheme
	}
	return ""
}

// httpScheme is what to write instead.
var httpScheme = map[string]string{"ws": "http", "wss": "https"}

// reportScheme reports a scheme that stands in the proxy_pass itself.
func reportScheme(p *lint.Pass, d *config.Directive, scheme string, late bool) {
	report := diag.Diagnostic{
		Message:  "`proxy_pass` knows no `" + scheme + "://`, so nginx does not start",
		Help:     "Write `" + httpScheme[scheme] + "://`: a WebSocket begins as an HTTP request.",
		At:       schemeAt(d, scheme),
		Evidence: refusal(p, "invalid URL prefix", d, d.Directive.Span().End-1),
		Fix:      writeHTTP(p, d, d, d.Directive, d.File, scheme),
	}
	if late {
		report.Message = "`proxy_pass` knows no `" + scheme + "://`, so nginx answers 500"
		report.Evidence = failed(p, d, d, eval.Chrome)
	}
	p.Report(report, around(d)...)
}

// writeHTTP is the fix: the last word of the proxy_pass, or of what feeds it, begins with the scheme of HTTP. What a map
// gives, or a set further out than the proxy_pass, is changed for every proxy_pass that begins with it, and only shown
// where something else uses it too.
func writeHTTP(p *lint.Pass, pass, in *config.Directive, entry *syntax.Directive, file *syntax.File, scheme string) *diag.Fix {
	plan := mender(p).Plan(pass.Parent)
	if in != pass && (in.Name() != "set" || in.Parent != pass.Parent) {
		plan = mender(p).PlanPasses(variableOf(in))
	}
	word := entry.Words[len(entry.Words)-1]
	text := file.Slice(word.Span())
	i := strings.Index(strings.ToLower(text), scheme)
	if i < 0 || i > 1 || i == 1 && word.Quote == syntax.Bare {
		return nil
	}
	plan.ReplaceText(file, word.Span(), text[:i]+httpScheme[scheme]+text[i+len(scheme):])
	return plan.Fix(diag.Safe, "write `"+httpScheme[scheme]+"`")
}

// variableOf returns the variable, without `$`, that a set or a map defines.
func variableOf(d *config.Directive) string {
	i := 2
	if d.Name() == "set" {
		i = 1
	}
	return strings.ToLower(strings.Trim(d.Arg(i), "${}"))
}

// schemeAt returns where the scheme with its `://` stands.
func schemeAt(d *config.Directive, scheme string) diag.Location {
	at := lint.Word(d, 1)
	start := at.Span.Start + max(0, strings.Index(strings.ToLower(at.File.Slice(at.Span)), scheme+"://"))
	at.Span = source.Span{Start: start, End: start + len(scheme+"://")}
	return at
}

// around returns what a finding about a proxy_pass is about: the location, and the directive.
func around(d *config.Directive) []*config.Directive {
	if location := d.Within("location"); location != nil {
		return []*config.Directive{location, d}
	}
	return []*config.Directive{d}
}

// fedScheme looks for a scheme that variables bring: there is a finding where a WebSocket client's or a plain request
// can't but get it.
func fedScheme(p *lint.Pass, d *config.Directive) {
	for _, client := range []eval.Client{eval.Chrome, eval.Plain} {
		scheme, by := fedBy(p, d, outcomesAt(p, d, client))
		if scheme == "" {
			continue
		}
		file, entry := valueIn(p.Config, by)
		p.Report(diag.Diagnostic{
			Message:  "this gives `proxy_pass` a URL with `" + scheme + "://`, so nginx answers 500",
			Help:     "Write `" + httpScheme[scheme] + "`: a WebSocket begins as an HTTP request.",
			At:       diag.Location{File: file.File, Span: entry.Words[len(entry.Words)-1].Span()},
			Labels:   []diag.Label{{Location: lint.Head(d), Message: "used here"}},
			Evidence: failed(p, d, by.By, client),
			Fix:      writeHTTP(p, d, by.By, entry, file, scheme),
		}, append(around(d), by.By)...)
		return
	}
}

// outcomesAt returns the outcomes of a client's request in the location around a proxy_pass.
func outcomesAt(p *lint.Pass, d *config.Directive, client eval.Client) eval.Outcomes {
	level := d.Within("location")
	if level == nil {
		level = p.Config.Root
	}
	return p.Eval().At(level, client, p.Target.Profiles[0].Representative)
}

// failed shows the 500 that the client gets where the proxy_pass d takes its request, because of by; nil where another
// answer may come.
func failed(p *lint.Pass, d, by *config.Directive, client eval.Client) *diag.Evidence {
	if p.Bare {
		return nil
	}
	for _, o := range outcomesAt(p, d, client).All {
		if o.Decision.Handler != nil && o.Decision.Handler.Directive == d.Directive && o.Status == 500 {
			return showAnswer(o.Answer(eval.Response{}), client, p.Target.Profiles[0].Representative.String(), by, nil)
		}
	}
	return nil
}

// fedBy returns the scheme of the URL that every outcome at the proxy_pass has, and the set or map that brought it.
func fedBy(p *lint.Pass, d *config.Directive, out eval.Outcomes) (scheme string, by vars.Use) {
	if uncertain(out) {
		return "", by
	}
	for _, o := range out.All {
		if o.Decision.Handler == nil || o.Decision.Handler.Directive != d.Directive {
			continue
		}
		url := o.Worth(d.Arg(1))
		brings := socketScheme(url.Text)
		if url.Unknown || brings == "" || scheme != "" && scheme != brings {
			return "", vars.Use{}
		}
		scheme, by = brings, feeder(p, o, d.Arg(1))
		if by.By == nil {
			return "", by
		}
	}
	return scheme, by
}

// feeder returns the set or map that gave what a text begins with, through variables that only hand it on.
func feeder(p *lint.Pass, o *eval.Outcome, text string) (by vars.Use) {
	used := o.Used()
	for range used {
		names := p.Eval().Table().Expr(text).Variables()
		if len(names) == 0 || !strings.HasPrefix(text, "$") {
			return by
		}
		i := slices.IndexFunc(used, func(u vars.Use) bool { return strings.EqualFold(u.Name, names[0]) })
		if i < 0 || used[i].By == nil {
			return by
		}
		by = used[i]
		_, entry := valueIn(p.Config, by)
		text = entry.Words[len(entry.Words)-1].Value
	}
	return by
}

// valueIn returns the statement whose last word is the value that a set or a map gave: the set, or the map's entry.
func valueIn(c *config.Config, use vars.Use) (*syntax.File, *syntax.Directive) {
	if file, entry := entryOf(c, use); entry != nil {
		return file, entry
	}
	return use.By.File, use.By.Directive
}
