package eval

import "strings"

// resolved reports whether a target given by a variable needs no resolver because another directive names the same host
// and port, which nginx resolves when it starts.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_init_request: the search of umcf->upstreams.
func (e *Evaluator) resolved(t *target) bool {
	e.known.Do(e.findHosts)
	port := t.port
	return e.hosts[strings.ToLower(t.host)+":"+port]
}

// findHosts gathers the hosts that proxy_pass directives without variables name.
func (e *Evaluator) findHosts() {
	e.hosts = map[string]bool{}
	for d := range e.config.All() {
		if d.Name() != "proxy_pass" || strings.Contains(d.Arg(1), "$") {
			continue
		}
		if t, err := parseTarget(d.Arg(1)); err == nil && t.socket == "" {
			e.hosts[strings.ToLower(t.host)+":"+t.port] = true
		}
	}
}
