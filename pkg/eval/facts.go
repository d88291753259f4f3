package eval

import (
	"sync/atomic"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
)

// settingName names a directive that every proxied request needs the value of.
type settingName uint8

const (
	httpVersion settingName = iota
	requestMethod
	requestBody
	cacheZone
	passRequestHeaders
	passRequestBody
	bufferRequest
	connectTimeout
	readTimeout
	sendTimeout
	clientTimeout
	numSettings
)

// settingNames are the directives' names.
var settingNames = [numSettings]string{"proxy_http_version", "proxy_method", "proxy_set_body", "proxy_cache",
	"proxy_pass_request_headers", "proxy_pass_request_body", "proxy_request_buffering",
	"proxy_connect_timeout", "proxy_read_timeout", "proxy_send_timeout", "send_timeout"}

// facts are what one block says about proxying, and what is compiled of it. Effective would walk through all levels once
// for each name, which a configuration of thousands of locations feels.
type facts struct {
	level  *config.Directive
	parent *facts
	door   *door // of the server around the level
	own    [numSettings]*config.Directive
	// headers are its proxy_set_header directives.
	headers []*config.Directive

	set   atomic.Pointer[headerSet] // of headers
	plan  atomic.Pointer[plan]
	reply atomic.Pointer[replyPlan]
	site  site
}

// facts returns those of a level; nil for none.
func (e *Evaluator) facts(level *config.Directive) *facts {
	if level == nil {
		return nil
	}
	if f, ok := e.levels.Load(level); ok {
		return f.(*facts)
	}
	f := &facts{level: level, parent: e.facts(level.Parent), door: defaultDoor}
	for _, d := range level.Children {
		if d.Block == nil {
			f.note(d)
		}
	}
	switch {
	case level.Directive != nil && level.Name() == "server":
		f.door = newDoor(serverHost(level), serverTLS(level))
	case f.parent != nil:
		f.door = f.parent.door
	}
	kept, _ := e.levels.LoadOrStore(level, f)
	return kept.(*facts)
}

// note takes a directive in. Its name's length and first letter rule nearly all out.
func (f *facts) note(d *config.Directive) {
	name := d.Name()
	switch {
	case name == "proxy_set_header":
		f.headers = append(f.headers, d)
		return
	case len(name) < len("send_timeout") && name != "proxy_cache" || name[0] != 'p' && name[0] != 's':
		return
	}
	for id := range settingNames {
		if settingNames[id] == name {
			f.own[id] = d
			return
		}
	}
}

// value returns what a directive is in effect at the level; see config.Effective.
func (f *facts) value(id settingName) config.Value {
	for at := f; at != nil; at = at.parent {
		if d := at.own[id]; d != nil && !at.level.Doubtful(settingNames[id]) {
			return config.Value{State: config.Set, By: d}
		}
		if at.level.Hidden(settingNames[id]) {
			return config.Value{State: config.Unknown}
		}
	}
	return config.Value{}
}

// flag returns what an on/off directive is, which is on by default.
func (f *facts) flag(id settingName) catalog.Tri { return flagOf(f.value(id), true) }

// headerLevel returns the level whose proxy_set_header directives are in effect, and whether some may be hidden there.
func (f *facts) headerLevel() (at *facts, hidden bool) {
	for at = f; at != nil; at = at.parent {
		if at.level.Hidden("proxy_set_header") {
			return at, true
		}
		if len(at.headers) > 0 {
			return at, false
		}
	}
	return nil, false
}
