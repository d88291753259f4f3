package refproxy

import (
	"strconv"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// limit is one limit_conn in effect.
type limit struct {
	zone   string
	key    *vars.Expr
	most   int
	status int
}

// zones count the requests under way by zone and key. They outlive a reload.
type zones struct {
	mu    sync.Mutex
	count map[string]int
}

// limitsOf reads limit_conn at a level.
//
// nginx: src/http/modules/ngx_http_limit_conn_module.c.
func (g *generation) limitsOf(level *config.Directive) []limit {
	r := reader{g.config, level}
	if r.flag("limit_conn_dry_run", "off") {
		return nil
	}
	var all []limit
	for _, d := range g.config.EffectiveList(level, "limit_conn").Items {
		key := g.zoneKeys[d.Arg(1)]
		most, err := strconv.Atoi(d.Arg(2))
		if key != nil && err == nil {
			all = append(all, limit{d.Arg(1), key, most, r.number("limit_conn_status", "503")})
		}
	}
	return all
}

// readZones finds the keys of limit_conn_zone.
func (g *generation) readZones() {
	g.zoneKeys = map[string]*vars.Expr{}
	for d := range g.config.All() {
		if d.Name() != "limit_conn_zone" {
			continue
		}
		for _, w := range d.Args() {
			if name, ok := strings.CutPrefix(w.Value, "zone="); ok {
				name, _, _ = strings.Cut(name, ":")
				g.zoneKeys[name] = g.eval.Table().Expr(d.Arg(1))
			}
		}
	}
}

// admit counts the request in, and returns the status that refuses it, 0 for none. What it counted is given back by
// release.
//
// nginx: ngx_http_limit_conn_handler.
func (r *request) admit(run *vars.Run) int {
	if r.admitted {
		return r.refusedBy
	}
	r.admitted = true
	for _, l := range r.c.gen.settings(run.Location).limits {
		key := run.Eval(l.key)
		if key.Unknown || key.Text == "" || len(key.Text) > 255 {
			continue
		}
		name := l.zone + "\x00" + key.Text
		if !r.c.proxy.zones.enter(name, l.most) {
			r.refusedBy = l.status
			return l.status
		}
		r.counted = append(r.counted, name)
	}
	return 0
}

// enter counts one in, unless there are as many as may be.
func (z *zones) enter(name string, most int) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.count[name] >= most {
		return false
	}
	z.count[name]++
	return true
}

// leave counts them out.
func (z *zones) leave(names []string) {
	if len(names) == 0 {
		return
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, name := range names {
		if z.count[name]--; z.count[name] <= 0 {
			delete(z.count, name)
		}
	}
}
