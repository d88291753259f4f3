package mend

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// mapBlock is a map from $http_upgrade.
type mapBlock struct {
	variable string
	entries  [][2]string // keys and values as written
	gives    wanted
}

// wanted is what a map gives for `Upgrade: websocket`, `Upgrade: WebSocket` and no Upgrade: what makes two maps
// equivalent.
type wanted struct{ websocket, mixed, empty string }

// upgradeMap is the map that lets a WebSocket's Upgrade through.
func upgradeMap(variable string) mapBlock {
	return mapBlock{variable, [][2]string{{"default", "''"}, {"websocket", "$http_upgrade"}}, wanted{"websocket", "WebSocket", ""}}
}

// connectionMap is the map for Connection, see "Which map" of the interface.
func (p *Plan) connectionMap(variable string) mapBlock {
	b := mapBlock{variable: variable, gives: wanted{"upgrade", "upgrade", "close"}}
	empty := "close"
	if p.keepsConnections() {
		empty, b.gives.empty = "''", ""
	}
	b.entries = [][2]string{{"default", empty}, {"websocket", "upgrade"}}
	if p.m.opts.AnyUpgrade {
		b.entries = [][2]string{{"default", "upgrade"}, {"''", empty}}
	}
	return b
}

// mapFor returns the variable (without `$`) of a map that gives what b does: one that is there, or b itself under a name
// that is free, which is then added.
func (p *Plan) mapFor(b mapBlock) string {
	for _, planned := range p.needs {
		if planned.gives == b.gives {
			return planned.variable
		}
	}
	if known := p.m.known(b, p.sparesH2C()); known != "" {
		return known
	}
	b.variable = p.m.free(b)
	p.needs = append(p.needs, b)
	return b.variable
}

// need adds a map.
func (p *Plan) need(b mapBlock) {
	if !slices.ContainsFunc(p.needs, func(o mapBlock) bool { return o.variable == b.variable }) {
		p.needs = append(p.needs, b)
	}
}

// known returns the variable of a map in the configuration that gives what b does, the one of b's name before others;
// or "". With webSocketOnly it gives h2c what it gives no Upgrade.
func (m *Mender) known(b mapBlock, webSocketOnly bool) string {
	key := pairKey{b.gives, webSocketOnly}
	fits := func(name string) bool {
		return m.gives(name) == b.gives && (!webSocketOnly || m.worth(name, eval.H2C) == b.gives.empty)
	}
	m.mu.Lock()
	found, ok := m.pairs[key]
	m.mu.Unlock()
	if ok {
		return found
	}
	if fits(b.variable) {
		found = b.variable
	} else {
		for name := range m.config.Variables() {
			if fits(name) {
				found = name
				break
			}
		}
	}
	if found != "" {
		found = strings.TrimPrefix(m.config.Definitions(found)[0].Arg(2), "$")
	}
	m.mu.Lock()
	m.pairs[key] = found
	m.mu.Unlock()
	return found
}

// fromUpgrade reports whether a variable depends on the client's Upgrade alone, by maps at http level.
func (m *Mender) fromUpgrade(name string, depth int) bool {
	defs := m.config.Definitions(name)
	for _, d := range defs {
		variable := strings.ToLower(strings.Trim(d.Arg(1), "${}"))
		sound := d.Name() == "map" && d.MapLike && d.Context&catalog.HTTP != 0 && strings.HasPrefix(d.Arg(1), "$")
		if !sound || variable != "http_upgrade" && (depth > 3 || !m.fromUpgrade(variable, depth+1)) {
			return false
		}
	}
	return len(defs) > 0
}

// gives returns what a variable is worth for the three requests; nothing that is ever wanted where that is not known.
func (m *Mender) gives(name string) wanted {
	if !m.fromUpgrade(name, 0) {
		return wanted{websocket: "?"}
	}
	return wanted{m.worth(name, eval.Chrome), m.worth(name, eval.MixedCase), m.worth(name, eval.Plain)}
}

// worth returns what a variable is worth for a client's request; "?" where that is not known.
func (m *Mender) worth(name string, client eval.Client) string {
	value := vars.Value{Unknown: true}
	complete := vars.Worlds(1, func(w *vars.World) {
		run := m.eval.Table().NewRun(client.Request("localhost", "/"), m.opts.Profiles[0].Representative, w)
		value = run.Variable(name)
	})
	if !complete || value.Unknown {
		return "?"
	}
	return value.Text
}

// pairKey is a question to known.
type pairKey struct {
	gives         wanted
	webSocketOnly bool
}

// free returns a name for b's variable that no file uses.
func (m *Mender) free(b mapBlock) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mentions == nil {
		m.mentions = mentioned(m.config)
	}
	names := []string{b.variable}
	if b.gives.websocket == "upgrade" {
		names = append(names, b.variable+map[string]string{"": "_keepalive", "close": "_close"}[b.gives.empty])
	}
	for i := 2; ; i++ {
		for _, name := range names {
			if !m.mentions[name] {
				return name
			}
		}
		names = []string{b.variable + "_" + strconv.Itoa(i)}
	}
}

// mentioned returns the names behind every `$` in the files, in lower case.
func mentioned(c *config.Config) map[string]bool {
	names := map[string]bool{}
	for _, f := range c.Files {
		for _, part := range strings.Split(f.Text, "$")[min(1, strings.Count(f.Text, "$")):] {
			part = strings.TrimPrefix(part, "{")
			end := strings.IndexFunc(part, func(r rune) bool {
				return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
			})
			if end < 0 {
				end = len(part)
			}
			names[strings.ToLower(part[:end])] = true
		}
	}
	return names
}

// placeMaps writes the maps that are needed as the first statements of http, or at the top of a fragment that is known
// to be included there.
func (p *Plan) placeMaps() {
	if len(p.needs) == 0 {
		return
	}
	root := p.m.config.Root
	http := p.http()
	switch {
	case http != nil:
		p.mapsInto(http)
	case p.m.config.Fragment && root.Inside == catalog.HTTP:
		p.mapsOnTop(root.File)
	default:
		var names []string
		for _, b := range p.needs {
			names = append(names, "`$"+b.variable+"`")
		}
		p.Refuse("it needs " + strings.Join(names, " and ") + " from a map in the `http` block, which is not here")
	}
	p.needs = nil
}

// http returns the http block of the sites, or of the configuration.
func (p *Plan) http() *config.Directive {
	for _, site := range p.sites {
		if http := site.Within("http"); http != nil {
			return http
		}
	}
	for _, d := range p.m.config.Root.Children {
		if d.Name() == "http" && d.Inside&catalog.HTTP != 0 {
			return d
		}
	}
	return nil
}

// sizes are the directives that nginx refuses behind a map, which sets them.
//
// nginx: src/http/modules/ngx_http_map_module.c, ngx_http_map_block.
var sizes = []string{"map_hash_max_size", "map_hash_bucket_size"}

// lastSize returns the last statement in the text of http, or of a fragment at its level, that is one of sizes or brings
// one in; nil where there is none.
func lastSize(level *config.Directive) *syntax.Directive {
	var last *syntax.Directive
	for _, d := range level.Own(sizes...) {
		last = anchor(level, d)
	}
	return last
}

// mapsInto writes the maps at the start of the http block: in front of all but what has to stand before a map.
func (p *Plan) mapsInto(http *config.Directive) {
	f, at := http.File, int(http.Block.Open)+1
	before := ""
	indent := p.m.inner(f, http.Directive)
	if size := lastSize(http); size != nil {
		at, before = size.Span().End, lineEnd(f, size.Span().End)
		indent = indentOf(f, size)
	}
	p.mapsBehind(f, at, indent, before)
}

// mapsBehind writes the maps behind an offset; before comes first where they stand on lines of their own.
func (p *Plan) mapsBehind(f *syntax.File, at int, indent, before string) {
	if p.spared() {
		return
	}
	if !endsLine(f, at) {
		text := ""
		for _, b := range p.needs {
			text += " " + b.inline()
		}
		p.replace(f, source.Span{Start: at, End: at}, text)
		return
	}
	end, line := lineEnd(f, at), f.Line(at)
	at = f.LineSpan(line).End
	text := before
	for _, b := range p.needs {
		text += end + b.text(indent, p.m.step(f), end)
	}
	if next := f.Slice(f.LineSpan(line + 1)); strings.TrimSpace(next) != "" && strings.TrimSpace(next) != "}" {
		text += end
	}
	p.replace(f, source.Span{Start: at, End: at}, text)
}

// mapsOnTop writes the maps before a fragment's first statement, or behind the last that has to stand before a map.
func (p *Plan) mapsOnTop(f *syntax.File) {
	if size := lastSize(p.m.config.Root); size != nil {
		p.mapsBehind(f, size.Span().End, indentOf(f, size), lineEnd(f, size.Span().End))
		return
	}
	at := top(f)
	if !comments(f.Text[:at]) {
		p.Refuse("what stands before the first statement is not nginx's language")
	}
	end := lineEnd(f, at)
	text := ""
	for _, b := range p.needs {
		text += b.text("", p.m.step(f), end) + end
	}
	p.replace(f, source.Span{Start: at, End: at}, text+end)
}

// comments reports whether a text has nothing but comments.
func comments(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

// top returns where a fragment's first statement begins, the comments directly above it included, but for those that
// speak of the file.
func top(f *syntax.File) int {
	first := f.Directives[0]
	at := f.LineSpan(f.Line(int(first.Words[0].Start))).Start
	above := f.CommentsAbove(first)
	for i := len(above) - 1; i >= 0; i-- {
		text := f.Slice(above[i])
		if strings.Contains(text, "ngxproof:context") || strings.Contains(text, "ngxproof:ignore-file") {
			break
		}
		at = f.LineSpan(f.Line(above[i].Start)).Start
	}
	return at
}

// text returns the map on lines of its own, the last without its end.
func (b mapBlock) text(indent, step, end string) string {
	width := 0
	for _, e := range b.entries {
		width = max(width, len(e[0]))
	}
	text := indent + "map $http_upgrade $" + b.variable + " {" + end
	for _, e := range b.entries {
		text += indent + step + e[0] + strings.Repeat(" ", width-len(e[0])+1) + e[1] + ";" + end
	}
	return text + indent + "}"
}

// inline returns the map on one line.
func (b mapBlock) inline() string {
	text := "map $http_upgrade $" + b.variable + " {"
	for _, e := range b.entries {
		text += " " + e[0] + " " + e[1] + ";"
	}
	return text + " }"
}
