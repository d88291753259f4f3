// Package route answers: where does this request go?
//
// It parses a request as nginx does, chooses listener, server and location, runs the rewrite phase, and follows try_files
// and error_page to a handler or an answer. It is pure: nothing is dialled, and files are looked for in a given fs.FS.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_request.c, ngx_http_core_module.c and the rewrite, try_files and access
// modules.
package route

import (
	"io/fs"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// Kind says how a request ends.
type Kind uint8

// The kinds of ends.
const (
	// Unknown: what happens cannot be known; Decision.Unknown says why.
	Unknown Kind = iota
	// Proxy: proxy_pass takes it; Decision.Handler is the directive.
	Proxy
	// Answer: nginx answers by itself: return, a redirect, an error. See Status, Redirect, Body.
	Answer
	// Static: a file is served, or would be if it is there.
	Static
	// Other: another handler takes it (fastcgi_pass, grpc_pass, stub_status, ...); Decision.Handler is the directive.
	Other
)

// Decision is where a request went and why.
type Decision struct {
	// Listener is the listen directive that took the connection; nil for the implicit one or where not known.
	Listener *config.Directive
	// Server is the server block that was chosen.
	Server *config.Directive
	// Location is the location that was chosen last; nil where none matched.
	Location *config.Directive
	// Level is the level whose settings hold: Location, or the if or limit_except in it, or Server where there is no
	// location.
	Level *config.Directive
	Kind  Kind
	// Handler is the directive that takes the request; nil unless Kind is Proxy or Other.
	Handler *config.Directive
	// Status is the answer's status; 0 where no answer is made here. Where Kind is Proxy, Static or Other and an
	// error_page led there, Status is what it makes of the status of their answer, 0 to leave it.
	Status int
	// Closed says that nginx closes the connection and answers nothing, for Status 444, 408 and 499.
	Closed bool
	// Bodiless says that the request's body was thrown away: what is passed on has one of length 0.
	Bodiless bool
	// Last says that no further request is read from the connection, because of an error on the way.
	Last bool
	// Located says that the answer has a Location header; Redirect is its value.
	Located  bool
	Redirect string
	// RedirectUnknown marks a Redirect in which something is not known.
	RedirectUnknown bool
	// MadeAbsolute says that nginx put scheme and host before the Redirect; its line then stands before Connection.
	MadeAbsolute bool
	// Body is the text of a return; BodyUnknown where something in it is not known.
	Body        string
	BodyUnknown bool
	// Page says that the body is nginx's built-in page for PageStatus: the status, or the code of nginx's own (494 to
	// 497) that is answered as 400.
	Page       bool
	PageStatus int
	// File is the path of the file to serve, where Kind is Static.
	File vars.Value
	// By is the directive that made an Answer (return, rewrite, error_page, try_files, deny, the location of a slash
	// redirect); nil for nginx's own errors.
	By *config.Directive
	// ErrorPage is the error_page directive that was followed last; nil for none.
	ErrorPage *config.Directive
	// Challenges are the demands for a password that the answer carries, whatever came after them, in order.
	Challenges []Challenge
	// Unknown says why the end is not known; "" where it is.
	Unknown string
	// Steps tell the story in order, where the run asked for it.
	Steps []Step

	redirects int
	caught    bool
}

// Challenge is one demand for a password: a WWW-Authenticate line.
type Challenge struct {
	// By is the auth_basic directive.
	By *config.Directive
	// Realm is what it asks for.
	Realm vars.Value
}

// StepKind says what a step is about.
type StepKind uint8

// The kinds of steps.
const (
	AtListener StepKind = iota
	AtServer
	AtLocation
	AtRewrite
	AtAccess
	AtTryFiles
	AtErrorPage
	AtHandler
)

// Step is one thing that happened on the way.
type Step struct {
	Kind StepKind
	// By is the directive that did it; nil for nginx's own rules.
	By *config.Directive
	// Text says what happened: one line in the present tense, names in back-quotes.
	Text string
	// Considered are other directives that were looked at and did not win.
	Considered []*config.Directive
}

// Router routes the requests of one configuration. It compiles servers and locations when first asked for them and is
// safe for concurrent use. Its exported fields are set before its first use.
type Router struct {
	// Files are what try_files, `if (-f ...)`, index and static files look at, from the root of the file system; nil
	// where nothing is known of them.
	Files fs.FS

	config    *config.Config
	vars      *vars.Table
	places    sync.Map // *config.Directive to *place
	endpoints func() []*endpoint
	code      func() map[*config.Directive]*config.Directive // by the block it stands in
}

// New returns the router of a configuration.
func New(c *config.Config, t *vars.Table) *Router {
	r := &Router{config: c, vars: t}
	r.endpoints = sync.OnceValue(r.gatherEndpoints)
	r.code = sync.OnceValue(r.gatherCode)
	return r
}

// Route sends the run's request all the way: listener, server, location, rewrite, to a handler or an answer.
func (r *Router) Route(run *vars.Run) *Decision {
	w := r.begin(run)
	phase := w.receive()
	w.follow(phase)
	return &w.decision
}

// At sends the run's request as if this location (or server, or an if or limit_except in it) had been chosen for it, from
// its rewrite phase on. What the server sets is set; what access control would say is left out.
func (r *Router) At(run *vars.Run, location *config.Directive) *Decision {
	w := r.begin(run)
	w.assumed = true
	w.follow(w.enterAt(location))
	return &w.decision
}

// Subrequest sends the run, which is a copy of another request's, to another path of its server, as nginx does for a
// subrequest: no access control is asked.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_subrequest.
func (r *Router) Subrequest(run *vars.Run, path, args string) *Decision {
	w := r.begin(run)
	w.assumed = true
	run.Method = "GET"
	w.follow(w.redirectInside(path, args, false))
	return &w.decision
}

// Refused ends a request that nginx can't read whole with a status: by an error_page of the server that it belongs to as
// far as it was read, or with nginx's own page. A named location is entered with what the request line says.
//
// nginx: src/http/ngx_http_request.c, ngx_http_finalize_request.
func (r *Router) Refused(run *vars.Run, server *config.Directive, status int) *Decision {
	w := r.begin(run)
	run.Server, run.Location = server, server
	w.decision.Server, w.decision.Level = server, server
	if run.Request.Target != "" {
		_ = w.readTarget() // of a bad target nginx has no path either
	}
	run.Host = hostOf(run.Request)
	w.follow(w.finish(status))
	return &w.decision
}

// Catches reports whether an error_page for a status is in effect where the run is, though it may not be followed again.
func (r *Router) Catches(run *vars.Run, status int) bool {
	if run.Location == nil {
		return false
	}
	page, _ := r.begin(run).pageFor(status)
	return page != nil
}

// ErrorPage sends a request that a handler ended with status through error_page, as nginx does with
// proxy_intercept_errors and with errors of its own (502, 504, 413, ...): it returns how it then ends. handled is
// false where no error_page is in effect for the status; next then is an Answer of that status.
//
// nginx: src/http/ngx_http_special_response.c, ngx_http_special_response_handler.
func (r *Router) ErrorPage(run *vars.Run, d *Decision, status int) (next *Decision, handled bool) {
	w := r.begin(run)
	w.resume(d)
	phase := w.finish(status)
	w.follow(phase)
	return &w.decision, w.decision.ErrorPage != d.ErrorPage || phase != done
}
