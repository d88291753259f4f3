package route

import (
	"math"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// choice is how the search for a location ended.
type choice uint8

const (
	notFound  choice = iota
	inclusive        // a prefix: patterns may still win
	final            // exactly, or by a pattern
	slashless        // only the final slash is missing: redirect
	failed           // a pattern could not be matched: 500
)

// find chooses the location.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_find_config_phase.
func (w *way) find() phase {
	w.handler, w.changed, w.location = nil, false, nil
	if w.run.URIUnknown {
		return w.giveUp("which location a rewritten URI leads to is not known")
	}
	how := w.search(w.router.placeOf(w.run.Server))
	if how == failed {
		return w.finish(500)
	}
	if w.location == nil {
		w.run.Location = w.run.Server
		w.tell(AtLocation, nil, func() string { return "no location fits `" + w.run.URI + "`" })
		return w.bodyFits(locationRewrite)
	}
	w.tell(AtLocation, w.location.block, func() string { return w.location.why(w.run.URI, how) }, w.losers()...)
	if w.location.internal && !w.run.Internal {
		w.run.Location = w.location.block
		return w.finish(404)
	}
	w.enter(w.location.block)
	if how == slashless {
		return w.addSlash()
	}
	return w.bodyFits(locationRewrite)
}

// search looks for a location among those inside a place; the best so far is w.location.
//
// nginx: ngx_http_core_find_location.
func (w *way) search(in *place) choice {
	inside := in.lookup()
	how := w.searchNames(inside)
	tryPatterns := true
	if how == inclusive {
		outer := w.location
		tryPatterns = outer.form != byPrefixNo
		if nested := w.search(outer); nested != notFound {
			how = nested
		}
	}
	if how == final || how == slashless || how == failed || !tryPatterns {
		return how
	}
	for _, p := range inside.patterns {
		found, err := w.matchesLocation(p)
		if err != nil {
			return failed
		}
		if found {
			w.location = p
			if w.search(p) == failed {
				return failed
			}
			return final
		}
	}
	return how
}

// searchNames looks for a location by its name.
//
// nginx: ngx_http_core_find_static_location.
func (w *way) searchNames(inside *lookup) choice {
	uri := w.run.URI
	if p := inside.exact[uri]; p != nil {
		w.location = p
		return final
	}
	p := inside.longest(uri)
	if inside.slashes && (p == nil || len(p.name) < len(uri)) {
		if slash := inside.withSlash(uri + "/"); slash != nil {
			w.location = slash
			return slashless
		}
	}
	if p == nil {
		return notFound
	}
	w.location = p
	return inclusive
}

// withSlash returns the location of that name if it redirects to itself; nil for none.
func (l *lookup) withSlash(name string) *place {
	exact, prefix := l.exact[name], l.prefix[name]
	switch {
	case exact != nil && (exact.redirectsSlash() || prefix != nil && prefix.redirectsSlash()):
		return exact
	case exact == nil && prefix != nil && prefix.redirectsSlash():
		return prefix
	}
	return nil
}

// matchesLocation reports whether a regex location takes the path.
func (w *way) matchesLocation(p *place) (bool, error) {
	if p.re == nil {
		found := w.run.World.Choose(vars.Question("location", p.block, w.run.URI), 2) == 1
		if found {
			w.run.BlindCaptures(nil)
		}
		return found, nil
	}
	return w.run.Match(p.re, w.run.URI)
}

// why says why a location was chosen.
func (p *place) why(uri string, how choice) string {
	switch {
	case how == slashless:
		return "is `" + uri + "` with a slash"
	case p.form == byExact:
		return "is exactly `" + uri + "`"
	case p.form == byRegex:
		return "has the first pattern that matches `" + uri + "`"
	case p.form == byPrefixNo:
		return "has the longest prefix of `" + uri + "`, and no pattern is tried"
	}
	return "has the longest prefix of `" + uri + "`, and no pattern matches"
}

// losers returns the other locations of the server that fit the path in part: prefixes of it, for the story.
func (w *way) losers() []*config.Directive {
	if !w.run.Explain {
		return nil
	}
	var fit []*config.Directive
	inside := w.router.placeOf(w.run.Server).lookup()
	for _, name := range inside.sorted {
		if p := inside.prefix[name]; p != w.location && strings.HasPrefix(w.run.URI, name) {
			fit = append(fit, p.block)
		}
	}
	for _, p := range inside.patterns {
		if p != w.location && p.re != nil {
			if m, err := p.re.Regexp.Match(w.run.URI); err == nil && m != nil {
				fit = append(fit, p.block)
			}
		}
	}
	return fit
}

// addSlash answers with a redirect to the location's name.
func (w *way) addSlash() phase {
	to := vars.Value{Text: vars.EscapeURI(w.location.name)}
	if w.run.Args != "" {
		to.Text += "?" + w.run.Args
		to.Unknown = w.run.ArgsUnknown
	}
	if next := w.bodyFits(content); next != content {
		return next
	}
	w.locate(to)
	w.decision.By = w.location.block
	return w.finish(301)
}

// bodyFits goes on to next unless the body is longer than client_max_body_size. After an internal redirect nobody asks.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_find_config_phase.
func (w *way) bodyFits(next phase) phase {
	if w.run.Internal {
		return next
	}
	length := int64(-1)
	for _, h := range w.run.Headers {
		if len(h.Name) == 14 && strings.EqualFold(h.Name, "content-length") {
			length, _ = strconv.ParseInt(h.Value, 10, 64)
		}
	}
	if length > 0 && length > w.mostBody() {
		return w.throwBody()
	}
	return next
}

// throwBody ends the request because of its body, which is thrown away.
func (w *way) throwBody() phase {
	w.decision.Bodiless = true
	return w.finish(413)
}

// mostBody returns client_max_body_size in effect, in bytes.
func (w *way) mostBody() int64 {
	limit := int64(1 << 20)
	if v := w.router.config.Effective(w.run.Location, "client_max_body_size"); v.By != nil {
		limit, _ = parseSize(v.By.Arg(1))
	}
	if limit == 0 {
		return math.MaxInt64
	}
	return limit
}

// bodyTooLong reports whether a body in chunks, which a handler asks for, is longer than client_max_body_size. It is read
// once.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_read_client_request_body and ngx_http_request_body_chunked_filter.
func (w *way) bodyTooLong() bool {
	req := w.run.Request
	if w.bodyRead || !req.Chunked {
		return false
	}
	w.bodyRead = true
	return int64(len(req.Body)) > w.mostBody()
}

// parseSize reads "10m".
//
// nginx: src/core/ngx_parse.c, ngx_parse_offset.
func parseSize(text string) (bytes int64, ok bool) {
	scale := int64(1)
	if text != "" {
		switch text[len(text)-1] | 0x20 {
		case 'k':
			scale = 1 << 10
		case 'm':
			scale = 1 << 20
		case 'g':
			scale = 1 << 30
		}
		if scale > 1 {
			text = text[:len(text)-1]
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/scale {
		return 0, false
	}
	return n * scale, true
}
