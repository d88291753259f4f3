package route

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// locate sets the Location header of the answer.
func (w *way) locate(to vars.Value) {
	w.decision.Located, w.decision.Redirect, w.decision.RedirectUnknown = true, to.Text, to.Unknown
}

// finish ends the request with a status: with an error_page where there is one, else with nginx's own page.
//
// nginx: src/http/ngx_http_request.c, ngx_http_finalize_request; ngx_http_special_response.c,
// ngx_http_special_response_handler.
func (w *way) finish(status int) phase {
	switch status {
	case 444, 408, 499:
		w.decision.Kind, w.decision.Status, w.decision.Closed = Answer, status, true
		return done
	case 400, 413, 414, 495, 496, 497, 500, 501:
		w.decision.Last = true
	}
	w.run.ErrStatus = status
	if !w.caught && w.redirects != 0 && w.run.Location != nil {
		if page, state := w.pageFor(status); page != nil || state == config.Unknown {
			return w.catch(page, status)
		}
	}
	if status >= 494 && status <= 497 {
		w.run.ErrStatus = 400
	}
	end := w.answer(w.run.ErrStatus)
	w.decision.PageStatus = status
	return end
}

// answer ends the request with nginx's own page for the status.
func (w *way) answer(status int) phase {
	w.decision.Kind, w.decision.Status, w.decision.Page, w.decision.PageStatus = Answer, status, true, status
	if w.decision.Located {
		w.makeAbsolute()
	}
	return done
}

// pageFor returns the error_page in effect for a status, or nil.
func (w *way) pageFor(status int) (*config.Directive, config.State) {
	list := w.router.config.EffectiveList(w.run.Location, "error_page")
	if list.State == config.Unknown && len(list.Items) == 0 {
		return nil, config.Default // taken as none: nothing says that there is one
	}
	code := strconv.Itoa(status)
	for _, d := range list.Items {
		for i := 1; i < len(d.Words)-1; i++ {
			if d.Arg(i) == code {
				return d, list.State
			}
		}
	}
	return nil, config.Default
}

// catch follows an error_page.
//
// nginx: ngx_http_send_error_page, ngx_http_core_error_page.
func (w *way) catch(page *config.Directive, status int) phase {
	if !w.router.on(w.run.Location, "recursive_error_pages") {
		w.caught = true
	}
	w.decision.ErrorPage = page
	w.tell(AtErrorPage, page, func() string { return "takes status " + strconv.Itoa(status) })
	status, overwrites := overwritten(page, status)
	if overwrites {
		w.run.ErrStatus = status
	}
	to := w.run.Eval(w.router.vars.Expr(page.Arg(len(page.Words) - 1)))
	switch {
	case to.Unknown && !strings.HasPrefix(to.Text, "/") && !strings.HasPrefix(to.Text, "@"):
		return w.giveUp("where `error_page` leads is not known")
	case strings.HasPrefix(to.Text, "/"):
		if w.run.Method != "HEAD" {
			w.run.Method = "GET"
		}
		path, args, _ := strings.Cut(to.Text, "?")
		return w.redirectInside(path, args, to.Unknown)
	case strings.HasPrefix(to.Text, "@"):
		return w.redirectNamed(to.Text)
	}
	if !overwrites || !slices.Contains([]int{301, 302, 303, 307, 308}, status) {
		w.run.ErrStatus = 302
	}
	w.locate(to)
	w.decision.By = page
	return w.answer(w.run.ErrStatus)
}

// overwritten returns the status that an error_page gives the answer: `=200`, or with `=` alone that of whatever it leads
// to (0).
func overwritten(page *config.Directive, status int) (now int, overwrites bool) {
	if i := len(page.Words) - 2; i > 1 && strings.HasPrefix(page.Arg(i), "=") {
		now, _ = strconv.Atoi(page.Arg(i)[1:])
		return now, true
	}
	if status >= 494 && status <= 497 {
		return 400, true
	}
	return status, false
}

// redirectInside sends the request to another URI of the server.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_internal_redirect.
func (w *way) redirectInside(path, args string, blind bool) phase {
	if w.redirects--; w.redirects == 0 {
		return w.finish(500)
	}
	w.tell(AtRewrite, nil, func() string { return "goes on inside, to `" + path + "`" })
	r := w.run
	r.URI, r.Args, r.URIUnknown, r.ArgsUnknown = path, args, blind, blind
	r.Internal, r.ValidUnparsedURI, r.ValidLocation = true, false, true
	if r.Server == nil {
		return w.giveUp("an internal redirect leads out of the location, and no server block is known")
	}
	r.Location, w.location = r.Server, nil
	return serverRewrite
}

// redirectNamed sends the request to a named location.
//
// nginx: ngx_http_named_location.
func (w *way) redirectNamed(name string) phase {
	if w.redirects--; w.redirects == 0 {
		return w.finish(500)
	}
	if w.run.Server == nil {
		return w.giveUp("`" + name + "` is not known without its server block")
	}
	p := w.router.placeOf(w.run.Server).lookup().named[name]
	if p == nil {
		return w.finish(500)
	}
	w.tell(AtLocation, p.block, func() string { return "goes on there" })
	w.run.Internal, w.changed = true, false
	w.location, w.handler = p, nil
	w.enter(p.block)
	return locationRewrite
}

// makeAbsolute completes a Location that begins with a slash, as absolute_redirect, port_in_redirect and
// server_name_in_redirect say.
//
// nginx: src/http/ngx_http_header_filter_module.c, ngx_http_header_filter.
func (w *way) makeAbsolute() {
	d, level := &w.decision, w.run.Location
	if !d.Located || !strings.HasPrefix(d.Redirect, "/") || level == nil || w.router.off(level, "absolute_redirect") {
		return
	}
	host := vars.Value{Text: w.run.Host}
	switch {
	case w.router.on(level, "server_name_in_redirect"):
		host = w.run.Variable("server_name")
	case w.run.Host == "":
		host = w.run.Variable("server_addr")
	}
	scheme, plain := "http", uint16(80)
	port, tls, ok := w.run.Endpoint()
	if tls {
		scheme, plain = "https", 443
	}
	authority := host.Text
	unknown := host.Unknown
	if !w.router.off(level, "port_in_redirect") {
		unknown = unknown || !ok
		if ok && port != plain && port != 0 {
			authority += ":" + strconv.Itoa(int(port))
		}
	}
	d.Redirect, d.MadeAbsolute = scheme+"://"+authority+d.Redirect, true
	d.RedirectUnknown = d.RedirectUnknown || unknown
}
