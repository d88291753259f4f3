package signals

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
)

// negative reads what speaks against a WebSocket location.
var negative = []func(*weighing){
	(*weighing).optsOut, (*weighing).notProxied, (*weighing).fileExtensions, (*weighing).isInternal,
	(*weighing).noGet, (*weighing).isCached, (*weighing).watched, (*weighing).without,
}

// optsOut: an Upgrade that is emptied on purpose, unless the user says that WebSockets are opened there all the same.
func (w *weighing) optsOut() {
	if w.verdict.Declared {
		return
	}
	list := w.headers
	if list.State != config.Set || upgradeIn(list) != nil {
		return
	}
	for _, d := range list.Items {
		if strings.EqualFold(d.Arg(1), "Upgrade") && len(d.Words) > 2 && d.Arg(2) == "" {
			w.against(0, "it empties `Upgrade`", d)
			return
		}
	}
}

// notProxied: no request of a WebSocket client is passed on by proxy_pass.
func (w *weighing) notProxied() {
	if w.straight() || len(w.outcomes().Proxied()) > 0 || !w.outcomes().Complete {
		return
	}
	for _, o := range w.outcomes().All {
		if o.Unknown != "" || o.Decision.Kind == route.Unknown {
			return
		}
	}
	w.against(0.1, "nothing passes its requests on by `proxy_pass`", w.location)
}

// fileExtensions: a regex for the names of files.
func (w *weighing) fileExtensions() {
	if w.path.form == regex && strings.Contains(w.path.name, `\.(`) && strings.HasSuffix(w.path.name, "$") {
		w.against(0.05, "it is for files by their extension", w.location)
	}
}

// isInternal: only nginx itself sends requests there, as auth_request does.
func (w *weighing) isInternal() {
	if len(w.location.Own("internal")) > 0 && !w.verdict.Has("S1") {
		w.against(0.1, "it is internal", w.location.Own("internal")[0])
	}
}

// noGet: a handshake is a GET.
func (w *weighing) noGet() {
	for _, d := range w.location.Children {
		if d.Block == nil || d.Name() != "limit_except" || len(d.Own("deny")) == 0 {
			continue
		}
		get := slices.ContainsFunc(d.Args(), func(word word) bool { return strings.EqualFold(word.Value, "GET") })
		if !get {
			w.against(0.1, "it refuses GET", d)
		}
	}
}

// isCached: what is cached is no stream of messages.
func (w *weighing) isCached() {
	if w.reader.config.Effective(w.location, "proxy_cache").State == config.Default {
		return
	}
	for _, up := range w.outcomes().Proxied() {
		if up.Cached {
			w.against(0.5, "its answers are cached", w.reader.config.Effective(w.location, "proxy_cache").By)
			return
		}
	}
}

// watchedPaths are fetched by machines and browsers, one answer each.
var watchedPaths = []string{"/auth", "/healthz", "/health", "/metrics", "/robots.txt", "/favicon.ico"}

// watchedNames are how the paths end that tell whether a backend is well, below any other name.
var watchedNames = []string{"health", "healthz", "healthcheck", "health-check", "metrics", "ready", "readyz", "status", "ping"}

// watched: a path that is known for something else.
func (w *weighing) watched() {
	if n := len(w.path.segments); n > 1 && slices.Contains(watchedNames, w.path.segments[n-1]) {
		w.against(0.1, "`"+w.path.segments[n-1]+"` asks whether the backend is well", w.location)
	}
	if w.path.form == exact && slices.Contains(watchedPaths, w.path.name) {
		w.against(0.02, "`"+w.path.name+"` is no WebSocket path", w.location)
	}
}

// without: the product opens no WebSockets by default.
func (w *weighing) without() {
	if w.verdict.Declared || w.verdict.Has("S1") || len(w.verdict.Signals) == 0 {
		return
	}
	products := Products()
	for i := range products {
		p := &products[i]
		if len(p.Paths) > 0 {
			continue
		}
		if hint := p.hinted("", w.hosts(), w.serverNames()); hint != "" {
			w.against(0.1, p.Name+" opens no WebSockets by default, and "+hint+" is its own", w.location)
			return
		}
	}
}
