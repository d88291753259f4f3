package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// way is one request on its way through the phases.
//
// nginx: src/http/ngx_http_core_module.c, the phase checkers.
type way struct {
	router   *Router
	run      *vars.Run
	decision Decision
	// location is the chosen location; nil where none is.
	location *place
	// handler is the directive whose handler makes the content; nil for files.
	handler *config.Directive
	// redirects is how many more internal redirects and rewrites there may be: r->uri_changes.
	redirects int
	// changed says that a rewrite changed the URI, so that a location must be looked for again.
	changed bool
	// caught says that an error_page was followed, so that no further one is.
	caught bool
	// bodyRead says that a handler has asked for the body already.
	bodyRead bool
	// quote says that captures are escaped in what set assigns: e->quote.
	quote bool
	// assumed says that the location was given, not chosen.
	assumed bool
}

// phase is what comes next.
type phase uint8

const (
	done phase = iota
	serverRewrite
	findLocation
	locationRewrite
	afterRewrite
	access
	tryFiles
	content
)

// maxRedirects is NGX_HTTP_MAX_URI_CHANGES + 1.
const maxRedirects = 11

func (r *Router) begin(run *vars.Run) *way {
	return &way{router: r, run: run, redirects: maxRedirects}
}

// resume goes on from where a decision ended.
func (w *way) resume(d *Decision) {
	w.decision = Decision{Listener: d.Listener, Server: d.Server, Location: d.Location, Level: d.Level, Steps: d.Steps,
		ErrorPage: d.ErrorPage, Challenges: slices.Clip(d.Challenges), Last: d.Last, Bodiless: d.Bodiless}
	w.redirects, w.caught = max(d.redirects, 1), d.caught
	if d.Location != nil {
		w.location = w.router.placeOf(d.Location)
	}
}

// follow goes through the phases until the request ends.
func (w *way) follow(next phase) {
	for next != done {
		next = w.step(next)
	}
	w.makeAbsolute()
	w.decision.Server, w.decision.Level = w.run.Server, w.run.Location
	if w.location != nil {
		w.decision.Location = w.location.block
	}
	w.decision.redirects, w.decision.caught = w.redirects, w.caught
}

func (w *way) step(next phase) phase {
	switch next {
	case serverRewrite:
		return w.rewriteServer()
	case findLocation:
		return w.find()
	case locationRewrite:
		return w.rewriteLocation()
	case afterRewrite:
		return w.postRewrite()
	case access:
		return w.access()
	case tryFiles:
		return w.tryFiles()
	default:
		return w.content()
	}
}

// rewriteServer runs the server's rewrite directives.
func (w *way) rewriteServer() phase {
	if w.run.Server == nil {
		return w.giveUp("no server block is known")
	}
	if program := w.router.placeOf(w.run.Server).program; len(program) > 0 {
		if v := w.execute(program); v.status != 0 || v.answered {
			return w.conclude(v)
		}
	}
	return findLocation
}

// rewriteLocation runs the location's rewrite directives. A limit_except has none, not even those of its location.
func (w *way) rewriteLocation() phase {
	if w.location == nil || w.run.Location != w.location.block {
		return afterRewrite
	}
	if len(w.location.program) > 0 {
		if v := w.execute(w.location.program); v.status != 0 || v.answered {
			return w.conclude(v)
		}
	}
	return afterRewrite
}

// postRewrite looks for a location again where a rewrite changed the URI.
//
// nginx: ngx_http_core_post_rewrite_phase.
func (w *way) postRewrite() phase {
	if !w.changed {
		w.assignForeign()
		if w.assumed {
			return tryFiles
		}
		return access
	}
	if w.redirects--; w.redirects == 0 {
		return w.finish(500)
	}
	if w.run.Server == nil {
		return w.giveUp("a rewrite leads out of the location, and no server block is known")
	}
	w.run.Location = w.run.Server
	return findLocation
}

// assignForeign makes Unknown what code that we don't follow, or the answer of an auth_request, may have assigned.
func (w *way) assignForeign() {
	if w.run.Location == nil {
		return
	}
	p := w.router.placeOf(w.run.Location)
	if p.code != nil {
		w.run.ForgetAssigned()
		w.tell(AtRewrite, p.code, func() string { return "runs code that is not followed" })
	}
	for _, d := range p.answers {
		w.run.Forget(strings.TrimPrefix(d.Arg(1), "$"), d)
	}
}

// conclude ends the request, or leads it on, with what the rewrite directives said.
func (w *way) conclude(v verdict) phase {
	w.tell(AtRewrite, v.by, func() string { return "answers " + strconv.Itoa(v.status) })
	w.decision.By = v.by
	if v.answered {
		w.decision.Kind, w.decision.Status = Answer, v.status
		if w.run.ErrStatus != 0 {
			w.decision.Status = w.run.ErrStatus
		}
		return done
	}
	return w.finish(v.status)
}

// enter makes a block the level in effect. Its handler replaces the one there was; a block without one, such as an if,
// leaves it.
//
// nginx: ngx_http_update_location_config.
func (w *way) enter(block *config.Directive) {
	p := w.router.placeOf(block)
	w.run.Location = block
	if p.limit != nil && limits(p.limit, w.run.Method) {
		w.run.Location = p.limit
		p = w.router.placeOf(p.limit)
		if p.handler == nil && w.router.passOf(p.block) != nil {
			w.handler = w.router.passOf(p.block)
		}
	}
	if p.handler != nil {
		w.handler = p.handler
	}
}

// limits reports whether a limit_except applies to a method: it names all others.
//
// nginx: ngx_http_core_limit_except.
func limits(d *config.Directive, method string) bool {
	for _, w := range d.Args() {
		if w.Value == method || w.Value == "GET" && method == "HEAD" {
			return false
		}
	}
	return true
}

// passOf returns the proxy_pass that holds in a block: its own, or for an if or limit_except its location's.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_merge_loc_conf, for clcf->noname.
func (r *Router) passOf(block *config.Directive) *config.Directive {
	for at := block; at != nil; at = at.Parent {
		if p := r.placeOf(at).passes; p != nil {
			return p
		}
		if at.Directive == nil || at.Name() != "if" && at.Name() != "limit_except" {
			return nil
		}
	}
	return nil
}

// content hands the request to its handler.
//
// nginx: ngx_http_core_content_phase.
func (w *way) content() phase {
	if w.run.Location == nil {
		return w.giveUp("no level is in effect")
	}
	h := w.handler
	if h == nil {
		return w.static()
	}
	w.decision.Status = w.run.ErrStatus
	if h.Name() != "proxy_pass" {
		w.decision.Kind, w.decision.Handler = Other, h
		w.tell(AtHandler, h, func() string { return "takes the request" })
		return done
	}
	pass := w.router.passOf(w.run.Location)
	if pass == nil {
		// The handler of another if is left over, and there is no upstream at this level.
		w.tell(AtHandler, h, func() string { return "is not in effect where the request ended: there is no upstream" })
		return w.finish(500)
	}
	w.tell(AtHandler, pass, func() string { return "takes the request" })
	if w.bodyTooLong() {
		return w.throwBody()
	}
	w.decision.Kind, w.decision.Handler = Proxy, pass
	return done
}

// giveUp ends with what cannot be known.
func (w *way) giveUp(why string) phase {
	w.decision.Kind, w.decision.Unknown = Unknown, why
	return done
}

// tell adds a step to the story, if the run asked for it.
func (w *way) tell(kind StepKind, by *config.Directive, text func() string, considered ...*config.Directive) {
	if w.run.Explain {
		w.decision.Steps = append(w.decision.Steps, Step{Kind: kind, By: by, Text: text(), Considered: considered})
	}
}

// shown returns a value for a story.
func (w *way) shown(v vars.Value) string {
	if v.Unknown {
		return fmt.Sprintf("`%s`, which is not known", v.Text)
	}
	return "`" + v.Text + "`"
}

// shownURI returns the URI for a story.
func (w *way) shownURI() string {
	if w.run.Args == "" {
		return w.run.URI
	}
	return w.run.URI + "?" + w.run.Args
}
