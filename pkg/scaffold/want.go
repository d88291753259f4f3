package scaffold

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// want is a Spec that was found to make sense, with its defaults filled in.
type want struct {
	spec    Spec
	preset  Preset // the zero Preset where there is none
	paths   []path
	backend backend       // that of proxy_pass
	pool    *upstreamPool // nil where there is one backend
	rest    *backend      // what serves all other paths; nil for nothing of ours
	host    string
	timeout time.Duration
	// upgrade and connection are the variables of the two headers; "" leaves the headers out.
	upgrade, connection string
	// inherited are the header lines that the server sets.
	inherited []extra
	// passed are header lines of answers that are to be passed on.
	passed []string
	// uncached says that a cache is to be turned off, http11 that the server sets another version.
	uncached, http11 bool
}

// upstreamPool is an upstream block.
type upstreamPool struct {
	name    string
	servers []string
	sticky  bool
}

// The releases that what is printed depends on.
var (
	// http11ByDefault speaks HTTP/1.1 to backends and keeps the connections of a named upstream by itself.
	http11ByDefault = catalog.Version{Major: 1, Minor: 29, Patch: 7}
	// hasSocketKeepalive knows proxy_socket_keepalive.
	hasSocketKeepalive = catalog.Version{Major: 1, Minor: 15, Patch: 6}
	// hasTLS13 knows TLSv1.3.
	hasTLS13 = catalog.Version{Major: 1, Minor: 13, Patch: 0}
)

// anHour is how long an idle WebSocket lives where nothing is known of its heartbeat.
const anHour = time.Hour

// resolve checks a spec and fills its defaults in.
func (s Spec) resolve(kind Kind) (*want, error) {
	if missing := s.Missing(kind); len(missing) > 0 {
		return nil, fmt.Errorf("%s is missing", missing[0])
	}
	if len(s.Profiles) == 0 {
		s.Profiles = catalog.Profiles()
	}
	w := &want{spec: s, upgrade: upgradeVariable, connection: closingVariable}
	if s.Preset != nil {
		w.preset = *s.Preset
	}
	if s.AnyUpgrade {
		w.upgrade = "$http_upgrade"
	}
	if kind == Map {
		return w, nil
	}
	for _, step := range []func() error{w.setPaths, w.setBackend, w.setRest, w.setTimeout, w.setServer} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if w.keeps() {
		w.connection = keepaliveVariable
	}
	return w, nil
}

func (w *want) setPaths() error {
	texts := w.preset.Paths
	if w.spec.Path != "" {
		texts = []string{w.spec.Path}
	}
	for _, text := range texts {
		p, err := parsePath(text)
		if err != nil {
			return err
		}
		w.paths = append(w.paths, p)
	}
	return nil
}

// setBackend reads the upstreams: one is named in proxy_pass, several are a block.
func (w *want) setBackend() error {
	texts := w.spec.Upstreams
	if len(texts) == 0 {
		texts = []string{w.preset.Upstream}
	}
	var servers []string
	for i, text := range texts {
		b, err := parseBackend(text)
		switch {
		case err != nil:
			return err
		case i == 0:
			w.backend = b
		case b.scheme != w.backend.scheme || b.uri != w.backend.uri:
			return fmt.Errorf("upstream `%s`: all backends have the same scheme and path", source.Printable(text))
		}
		servers = append(servers, b.address())
	}
	if w.backend.uri != "" && w.paths[0].regex() {
		return errors.New("upstream: with a regex location nginx takes no path behind the address")
	}
	if len(servers) == 1 {
		if w.spec.Sticky {
			return errors.New("sticky: with one backend there is nothing to stick to; name the others too")
		}
		return nil
	}
	w.pool = &upstreamPool{name: w.poolName(), servers: servers, sticky: w.spec.Sticky || w.preset.Sticky}
	w.backend.host = w.pool.name
	return nil
}

// poolName names an upstream block after the server, the application or what it is for.
func (w *want) poolName() string {
	for _, name := range append(append([]string{}, w.spec.ServerNames...), w.preset.Name) {
		clean := strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, strings.ToLower(name)), "_")
		if clean != "" {
			return clean
		}
	}
	return "websocket_backend"
}

// setRest says what serves the paths that are not ours.
func (w *want) setRest() error {
	for _, p := range w.paths {
		if p.name == "/" {
			return nil
		}
	}
	switch w.preset.Rest {
	case "none":
	case "", "same":
		w.rest = &backend{scheme: w.backend.scheme, host: w.backend.host}
	default:
		rest, err := parseBackend(w.preset.Rest)
		w.rest = &rest
		return err
	}
	return nil
}

// setTimeout says when an idle WebSocket is closed: never before two heartbeats are missing.
func (w *want) setTimeout() error {
	heartbeat := w.spec.Heartbeat
	if heartbeat == 0 {
		heartbeat = w.preset.Heartbeat
	}
	switch {
	case w.spec.ReadTimeout > 0:
		w.timeout = w.spec.ReadTimeout
		if w.timeout < 2*heartbeat {
			return fmt.Errorf("read timeout %s: an idle WebSocket with a heartbeat every %s needs twice that at least", nginxTime(w.timeout), nginxTime(heartbeat))
		}
	case w.preset.ReadTimeout > 0:
		w.timeout = max(w.preset.ReadTimeout, 2*heartbeat)
	case w.spec.Heartbeat > 0:
		w.timeout = max(3*heartbeat, 90*time.Second)
	default:
		w.timeout = anHour
	}
	return nil
}

// nginxTime writes a time as nginx reads it: "1h", "90s".
func nginxTime(d time.Duration) string {
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if d >= unit.is && d%unit.is == 0 && (unit.name != "m" || d >= 3*time.Minute) {
			return fmt.Sprintf("%d%s", d/unit.is, unit.name)
		}
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}

// since reports whether every version aimed at is v or newer.
func (w *want) since(v catalog.Version) bool {
	for _, p := range w.spec.Profiles {
		if p.Representative.Before(v) {
			return false
		}
	}
	return true
}
