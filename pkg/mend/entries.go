package mend

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// MendConnectionMap makes the map that defines a variable (without `$`) give what Connection needs. Its entries are
// changed where the sites alone use it; else Connection of the sites gets its value from another map. What it gives plain
// requests is changed only where that has them upgrade, or ends connections that are to be kept.
func (p *Plan) MendConnectionMap(variable string) {
	want := p.connectionMap(variable)
	d := p.ownMap(variable)
	if d == nil {
		p.Connection()
		return
	}
	gives := p.m.gives(variable)
	if gives.websocket != "upgrade" || gives.mixed != "upgrade" {
		p.SetEntry(d, "websocket", "upgrade")
	}
	if gives.empty != want.gives.empty && (tells(gives.empty, "upgrade") || tells(gives.empty, "close")) {
		p.SetEntry(d, p.emptyKey(d), quotedEmpty(want.gives.empty))
	}
}

// tells reports whether a value of Connection has the token, in any case.
func tells(value, token string) bool {
	for item := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

// MendUpgradeMap makes the map that defines a variable (without `$`) give the client's Upgrade for every WebSocket, and
// reports whether that map was changed: it is not where others use it too, and the sites get Upgrade from another one.
func (p *Plan) MendUpgradeMap(variable string) bool {
	d := p.ownMap(variable)
	if d == nil {
		p.Upgrade()
		return false
	}
	p.SetEntry(d, "websocket", "$http_upgrade")
	return true
}

// emptyKey returns the key to change for requests without Upgrade: the empty one, or default where that is the only
// entry beside that of websocket.
func (p *Plan) emptyKey(d *config.Directive) string {
	var websocket, others bool
	for _, entry := range p.m.entries(d) {
		switch key := entry.Name(); {
		case key == "":
			return ""
		case strings.EqualFold(key, "websocket"):
			websocket = true
		case key != "default":
			others = true
		}
	}
	if websocket && !others && p.m.entry(d, "default") != nil {
		return "default"
	}
	return ""
}

// quotedEmpty writes an empty value as two quotes.
func quotedEmpty(text string) string {
	if text == "" {
		return "''"
	}
	return text
}

// ownMap returns the only map that defines a variable, if it looks at $http_upgrade and what it gives concerns the sites
// alone; else nil.
func (p *Plan) ownMap(variable string) *config.Directive {
	defs := p.m.config.Definitions(variable)
	if len(defs) != 1 || !p.m.fromUpgrade(variable, 0) || !strings.EqualFold(strings.Trim(defs[0].Arg(1), "${}"), "http_upgrade") {
		return nil
	}
	users, elsewhere := p.m.variableUsers(variable)
	if elsewhere || !p.only(users) || len(p.m.places(defs[0])) != 1 {
		return nil
	}
	return defs[0]
}

// entries returns the entries in a map's own text.
func (m *Mender) entries(d *config.Directive) []*syntax.Directive { return d.Block.Directives }

// entry returns the entry of a key, in any case, or nil.
func (m *Mender) entry(d *config.Directive, key string) *syntax.Directive {
	for _, entry := range m.entries(d) {
		if strings.EqualFold(entry.Name(), key) && len(entry.Words) == 2 {
			return entry
		}
	}
	return nil
}

// SetEntry gives a key of a map a value, written as it is given, or adds the entry.
func (p *Plan) SetEntry(d *config.Directive, key, value string) {
	f := d.File
	if entry := p.m.entry(d, key); entry != nil {
		p.replace(f, entry.Words[1].Span(), value)
		return
	}
	words := []string{quotedEmpty(key), value}
	entries := p.m.entries(d)
	if len(entries) == 0 {
		p.first(d, words)
		return
	}
	last := entries[len(entries)-1]
	end := last.Span().End
	if last.Term < 0 || !endsLine(f, end) || !startsLine(f, int(last.Words[0].Start)) {
		p.replace(f, source.Span{Start: end, End: end}, " "+strings.Join(words, " ")+";")
		return
	}
	indent := indentOf(f, last)
	line := f.LineSpan(f.Line(int(last.Words[0].Start)))
	text := indent + words[0] + " "
	if column := int(last.Words[len(last.Words)-1].Start) - line.Start; column > len(text) {
		text += strings.Repeat(" ", column-len(text))
	}
	at := f.LineSpan(f.Line(end)).End
	p.replace(f, source.Span{Start: at, End: at}, lineEnd(f, end)+text+value+";")
}

// variableUsers returns the blocks with a proxy_pass whose header lines mention a variable, and whether anything else
// but a log format mentions it.
func (m *Mender) variableUsers(name string) (users []*config.Directive, elsewhere bool) {
	m.mu.Lock()
	known, ok := m.variables[name]
	m.mu.Unlock()
	if ok {
		return known.users, known.elsewhere
	}
	users, elsewhere = m.findUsers(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.variables[name] = variableUse{users, elsewhere}
	return users, elsewhere
}

// variableUse is what variableUsers returns.
type variableUse struct {
	users     []*config.Directive
	elsewhere bool
}

// PlanPasses starts the fix of what a variable (without `$`) gives: its sites are the blocks whose proxy_pass begins with
// it. It refuses where anything else mentions the variable.
func (m *Mender) PlanPasses(variable string) *Plan {
	p := m.Plan()
	for d := range m.config.All() {
		args := d.Args()
		switch {
		case d.Name() == "set" && len(args) == 2:
			args = args[1:]
		case d.MapLike && len(args) > 0:
			args = args[:len(args)-1] // without what it defines
		}
		switch {
		case !mentions(args, variable) && !m.inEntries(d, variable):
		case d.Name() == "proxy_pass" && beginsWith(d.Arg(1), variable):
			p.sites = append(p.sites, d.Parent)
		default:
			p.Refuse("`$" + variable + "` is used elsewhere too")
		}
	}
	return p
}

// inEntries reports whether an entry of a map or the like mentions a variable.
func (m *Mender) inEntries(d *config.Directive, variable string) bool {
	return d.MapLike && slices.ContainsFunc(m.entries(d), func(e *syntax.Directive) bool { return mentions(e.Words, variable) })
}

// beginsWith reports whether a text begins with a variable.
func beginsWith(text, variable string) bool {
	text = strings.ToLower(text)
	rest, ok := strings.CutPrefix(text, "$"+variable)
	return ok && endsName(rest) || strings.HasPrefix(text, "${"+variable+"}")
}

// findUsers looks through the whole configuration.
func (m *Mender) findUsers(name string) (users []*config.Directive, elsewhere bool) {
	for d := range m.config.All() {
		if d.MapLike {
			elsewhere = elsewhere || slices.ContainsFunc(m.entries(d), func(e *syntax.Directive) bool { return mentions(e.Words, name) })
		}
		if d.Name() == "map" && len(d.Words) > 2 && !mentions(d.Words[1:2], name) || d.Name() == "log_format" || !mentions(d.Args(), name) {
			continue
		}
		if d.Name() != headerList || d.Block != nil {
			elsewhere = true
			continue
		}
		users = append(users, m.users(d)...)
	}
	return users, elsewhere
}

// mentions reports whether a word has the variable in it.
func mentions(words []syntax.Word, name string) bool {
	return slices.ContainsFunc(words, func(w syntax.Word) bool {
		text := strings.ToLower(w.Value)
		return mentionsPlain(text, "$"+name) || strings.Contains(text, "${"+name+"}")
	})
}

// mentionsPlain reports whether text has the variable without braces: nothing that would go on with its name follows.
func mentionsPlain(text, variable string) bool {
	for {
		i := strings.Index(text, variable)
		if i < 0 {
			return false
		}
		text = text[i+len(variable):]
		if endsName(text) {
			return true
		}
	}
}

// endsName reports whether a variable's name ends where rest, in small letters, begins.
func endsName(rest string) bool {
	return rest == "" || rest[0] != '_' && (rest[0] < '0' || rest[0] > '9') && (rest[0] < 'a' || rest[0] > 'z')
}
