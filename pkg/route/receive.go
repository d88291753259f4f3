package route

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// receive reads the run's request as nginx does when it comes in: it finds listener and server, and refuses what nginx
// refuses.
//
// nginx: src/http/ngx_http_request.c, ngx_http_process_request_line to ngx_http_process_request.
func (w *way) receive() phase {
	r := w.run
	r.Host = hostOf(r.Request)
	e := w.choose()
	if e == nil {
		return w.giveUp("nothing listens where the request comes in")
	}
	w.pick(e, e.fallback)
	if refused := w.readTarget(); refused != nil {
		return w.refuse(refused)
	}
	if phase, refused := w.pickServer(e); refused {
		return phase
	}
	r.Headers = w.keptHeaders(e.fallback)
	if refused := w.checkRequest(); refused != nil {
		return w.refuse(refused)
	}
	if e.listen.TLS && !r.Request.TLS {
		return w.refuse(&Refusal{497, "client sent plain HTTP request to HTTPS port"})
	}
	return serverRewrite
}

// pick makes server the one in effect.
func (w *way) pick(e *endpoint, server *config.Directive) {
	w.run.Server, w.run.Location = server, server
	w.decision.Listener, w.run.Listener = e.by[server], e.by[server]
}

// pickServer finds the server that the request's host names.
func (w *way) pickServer(e *endpoint) (next phase, refused bool) {
	server, found, err := w.server(e, w.run.Host)
	if err != nil {
		return w.finish(500), true
	}
	w.pick(e, server)
	w.tell(AtListener, w.decision.Listener, func() string { return "takes the connection on `" + e.String() + "`" })
	w.tell(AtServer, server, func() string {
		switch {
		case found:
			return "has the name `" + w.run.Host + "`"
		case len(e.servers) == 1:
			return "is the only server there"
		}
		return "is the default server: none has the name `" + w.run.Host + "`"
	}, w.others(e.servers, server)...)
	return done, false
}

// others returns all but one, for a story.
func (w *way) others(of []*config.Directive, but *config.Directive) []*config.Directive {
	if !w.run.Explain {
		return nil
	}
	var rest []*config.Directive
	for _, d := range of {
		if d != but {
			rest = append(rest, d)
		}
	}
	return rest
}

// hostOf returns the host that a request names, in its target or else its Host header; "" for none or a bad one.
func hostOf(req *vars.Request) string {
	if t, ok := parseTarget(req.Target); ok && t.host != "" {
		host, _ := validHost(t.host)
		return host
	}
	for _, h := range req.Headers {
		if len(h.Name) == 4 && strings.EqualFold(h.Name, "host") {
			host, _ := validHost(h.Value)
			return host
		}
	}
	return ""
}

// takesTarget reports whether nginx reads the target. Only where versions differ is the run's asked for.
func (w *way) takesTarget() bool {
	method, text := w.run.Request.Method, w.run.Request.Target
	if method != "CONNECT" && targetOK(method, text, true) {
		return true
	}
	return targetOK(method, text, !w.run.Before(1, 29, 4))
}

// readTarget takes the request target apart and normalises the path.
//
// nginx: ngx_http_process_request_uri.
func (w *way) readTarget() *Refusal {
	r := w.run
	t, ok := parseTarget(r.Request.Target)
	if !ok || !w.takesTarget() {
		return &Refusal{400, "client sent invalid request"}
	}
	uri, err := w.normalise(t.raw)
	if err != nil {
		return &Refusal{400, err.Error()}
	}
	r.URI, r.Args, r.QuotedURI, r.PlusInURI = uri.Path, uri.Args, uri.Quoted, uri.Plus
	r.UnparsedURI, r.ValidUnparsedURI, r.ValidLocation = t.raw, !t.emptyPath, true
	if strings.Contains(r.Request.Target, "://") && t.raw != r.Request.Target && !strings.HasPrefix(r.Request.Target, "/") {
		if _, ok := validHost(t.host); !ok {
			return &Refusal{400, "client sent invalid host in request line"}
		}
	}
	return nil
}

// normalise normalises a path as merge_slashes says.
func (w *way) normalise(raw string) (URI, error) {
	if uri, ok := plainURI(raw); ok {
		return uri, nil
	}
	return NormaliseURI(raw, w.run.Server == nil || !w.router.off(w.run.Server, "merge_slashes"))
}

// off reports whether a flag is switched off at a level.
func (r *Router) off(level *config.Directive, name string) bool {
	v := r.config.Effective(level, name)
	return v.By != nil && strings.EqualFold(v.By.Arg(1), "off")
}

// on reports whether a flag that is off by default is switched on at a level.
func (r *Router) on(level *config.Directive, name string) bool {
	v := r.config.Effective(level, name)
	return v.By != nil && strings.EqualFold(v.By.Arg(1), "on")
}

// keptHeaders returns the header lines that nginx does not ignore. Those before Host are judged by the default server's
// settings, those after it by the chosen server's.
//
// nginx: ngx_http_process_request_headers.
func (w *way) keptHeaders(fallback *config.Directive) []vars.Header {
	headers := w.run.Request.Headers
	odd := false
	for _, h := range headers {
		odd = odd || !nameOK(h.Name, false)
	}
	if !odd {
		return headers
	}
	kept := make([]vars.Header, 0, len(headers))
	level := fallback
	for _, h := range headers {
		if w.router.off(level, "ignore_invalid_headers") || nameOK(h.Name, w.router.on(level, "underscores_in_headers")) {
			kept = append(kept, h)
		}
		if strings.EqualFold(h.Name, "host") {
			level = w.run.Server
		}
	}
	return kept
}

// checkRequest returns nginx's answer to a head that it does not take; nil for none.
func (w *way) checkRequest() *Refusal {
	req := *w.run.Request
	req.Headers = w.run.Headers
	if refused := checkHead(&req, !w.run.Before(1, 29, 4)); refused != nil {
		return refused
	}
	if req.Version == "2.0" && !w.run.Before(1, 31, 0) {
		for _, h := range req.Headers {
			switch strings.ToLower(h.Name) {
			case "connection", "upgrade", "keep-alive", "proxy-connection":
				return &Refusal{400, "client sent connection-specific header in HTTP/2"}
			}
		}
	}
	return nil
}

// refuse ends the request with nginx's answer.
func (w *way) refuse(r *Refusal) phase {
	w.tell(AtServer, nil, func() string { return r.Reason })
	return w.finish(r.Status)
}

// enterAt begins at a given block.
func (w *way) enterAt(block *config.Directive) phase {
	r := w.run
	r.Host = hostOf(r.Request)
	r.Server, r.Location = block.Within("server"), block
	if refused := w.readTarget(); refused != nil {
		return w.refuse(refused)
	}
	if r.Server != nil && len(w.router.placeOf(r.Server).program) > 0 {
		w.presetServer()
	}
	chosen := locationOf(block)
	if chosen == nil {
		return w.enterServer(block)
	}
	w.location = w.router.placeOf(chosen)
	w.fitURI()
	w.enter(chosen)
	if block != chosen {
		w.enter(block)
		return afterRewrite
	}
	return locationRewrite
}

// locationOf returns the location that a block is or stands in: for a fragment that is the inside of one, its top. It is
// nil where there is none.
func locationOf(block *config.Directive) *config.Directive {
	if location := block.Within("location"); location != nil || block.Within("server") != nil {
		return location
	}
	root := block
	for root.Parent != nil {
		root = root.Parent
	}
	if root.Inside&catalog.Location == 0 {
		return nil
	}
	return root
}

// enterServer begins at a server, or an if in one.
func (w *way) enterServer(block *config.Directive) phase {
	if w.run.Server == nil {
		return w.giveUp("no server block is known")
	}
	w.run.Location = w.run.Server
	w.tell(AtServer, block, func() string { return "is taken as chosen" })
	return findLocation
}

// presetServer runs the server's rewrite directives for what they set; where they would lead the request is left out.
func (w *way) presetServer() {
	r := w.run
	saved, decision := *r, w.decision
	w.execute(w.router.placeOf(r.Server).program)
	r.URI, r.URIUnknown, r.Args, r.ArgsUnknown = saved.URI, saved.URIUnknown, saved.Args, saved.ArgsUnknown
	r.Internal, r.ValidLocation, r.ValidUnparsedURI = saved.Internal, saved.ValidLocation, saved.ValidUnparsedURI
	r.Location, r.Status = saved.Location, 0
	w.decision, w.changed, w.handler = decision, false, nil
}

// fitURI makes the path one that the given location would be chosen for. A pattern's captures are those of the path, or
// Unknown where it does not match.
func (w *way) fitURI() {
	r, p := w.run, w.location
	switch p.form {
	case byExact, byPrefix, byPrefixNo:
		if p.form == byExact && r.URI != p.name || !strings.HasPrefix(r.URI, p.name) {
			r.URI = p.name
			r.UnparsedURI = vars.EscapeURI(p.name)
			if r.Args != "" {
				r.UnparsedURI += "?" + r.Args
			}
		}
	case byName:
		r.Internal = true
	case byRegex:
		if p.re != nil {
			if found, err := r.Match(p.re, r.URI); found && err == nil {
				return
			}
		}
		r.BlindCaptures(p.re)
		r.URIUnknown = true
	}
}
