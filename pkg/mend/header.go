package mend

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// headerList is the directive whose list header lines are.
const headerList = "proxy_set_header"

// headerEdit is what a level's own list gets: of directives of one name, which replace the outer list as a whole.
type headerEdit struct {
	level *config.Directive
	name  string
	// copied is the inherited list that comes first; nil where the level has its own.
	copied []*config.Directive
	// own is the list that the level has: new lines come behind its last one.
	own   []*config.Directive
	lines []line
}

// line is a header line to be written, or, without words, one to be left out of what is copied.
type line struct {
	key   string
	words []string
}

// SetHeader gives a header line of the sites another value, or adds it: value is written as it is given. A line that is
// there for the sites alone is changed where it stands. Else the location gets a line of its own, and with it, where it
// inherits, the inherited list, in order.
func (p *Plan) SetHeader(name, value string) {
	for _, site := range p.sites {
		p.setHeader(site, line{name, []string{headerList, name, value}})
	}
}

// RemoveHeader takes a header line of the sites away, so that nginx's default or the client's line holds.
func (p *Plan) RemoveHeader(name string) {
	for _, site := range p.sites {
		p.setHeader(site, line{key: name})
	}
}

// AddToList adds a directive to a list that a level inherits as a whole or not at all, such as proxy_hide_header or
// proxy_cache_bypass: each site gets it in its location, after what it inherited.
func (p *Plan) AddToList(name string, args ...string) {
	for _, site := range p.sites {
		level := home(site)
		list := p.m.config.EffectiveList(site, name)
		if list.State == config.Unknown {
			p.Refuse("not all `" + name + "` in effect can be seen")
			p.unknown = true
			continue
		}
		if !p.only(p.m.reach(level, name)) {
			p.Refuse("other locations would inherit it")
		}
		words := append([]string{name}, args...)
		if !slices.ContainsFunc(list.Items, func(d *config.Directive) bool { return slices.Equal(raw(d), words) }) {
			p.listAt(level, name, list).add(line{words: words})
		}
	}
}

// RemoveFromList takes a directive of such a list out where it stands, and reports whether it could: the sites alone use
// it, and what is left is still a list of its own, or there is no outer one.
func (p *Plan) RemoveFromList(d *config.Directive) bool {
	if !p.only(p.m.users(d)) {
		return false
	}
	for _, place := range p.m.places(d) {
		level := place.Parent
		last := len(level.Own(d.Name())) == 1
		if last && level.Parent != nil && p.m.config.EffectiveList(level.Parent, d.Name()).State != config.Default {
			return false
		}
	}
	p.Remove(d)
	return true
}

// setHeader sets or removes a header line of one site.
func (p *Plan) setHeader(site *config.Directive, l line) {
	list := p.m.config.EffectiveList(site, headerList)
	level := home(site)
	switch {
	case list.State == config.Unknown:
		p.Refuse("not all header lines in effect can be seen")
		p.unknown = true
		return
	case list.State == config.Set && list.Level != level && home(list.Level) == level:
		p.Refuse("`" + list.Level.Name() + "` in the location has header lines, which nginx refuses")
		p.unknown = true
		return
	case list.State == config.Default && list.Assumed:
		p.Refuse("the levels around this fragment may set header lines, which would be lost")
	}
	if p.headers[level.Directive] == nil && p.whereItStands(site, list, l) {
		return
	}
	if list.Level == level && named(list.Items, l.key) != nil {
		p.Refuse("the line stands in a file that others include as well")
		return
	}
	if !p.only(p.m.reach(level, headerList)) {
		p.Refuse("other locations would inherit it")
	}
	p.listAt(level, headerList, list).add(l)
}

// whereItStands changes the line where the list in effect stands, if that concerns the sites alone, and reports whether
// that is done.
func (p *Plan) whereItStands(site *config.Directive, list config.List, l line) bool {
	if list.State != config.Set || !p.only(p.m.reach(list.Level, headerList)) {
		return false
	}
	var there []*config.Directive
	for _, item := range list.Items {
		if strings.EqualFold(item.Arg(1), l.key) {
			there = append(there, item)
		}
	}
	switch {
	case slices.ContainsFunc(there, func(d *config.Directive) bool { return len(d.Words) != 3 || !p.only(p.m.users(d)) }):
		return false
	case l.words == nil:
		return p.removeLines(list, there)
	case len(there) > 0:
		p.makeOnly(there, l)
		return true
	case list.Level != home(site) && named(list.Items, "Upgrade") == nil:
		return false // the outer list is not meant for WebSockets
	}
	p.listAt(list.Level, headerList, list).add(l)
	return true
}

// makeOnly gives one of several lines of a name the value and takes the others out that would be sent as well. A line whose
// value is empty stays as it is, but for Host: nginx sends none of it, whatever else there is.
//
// nginx: since 1.31.4 the last directive for Host wins.
func (p *Plan) makeOnly(there []*config.Directive, l line) {
	host := strings.EqualFold(l.key, "Host")
	sent := slices.DeleteFunc(slices.Clone(there), func(d *config.Directive) bool { return d.Words[2].Value == "" && !host })
	if len(sent) == 0 {
		sent = there[:1]
	}
	p.setWord(sent[0], 2, l.words[2])
	if len(sent) > 1 {
		p.Remove(sent[1:]...)
		p.also = append(p.also, "keep one `"+l.words[1]+"` only")
	}
}

// removeLines takes lines of a list out; not the last one, since the level would inherit then.
func (p *Plan) removeLines(list config.List, lines []*config.Directive) bool {
	if len(lines) == len(list.Items) {
		p.Refuse("without it the header lines of an outer level would hold")
		return true
	}
	p.Remove(lines...)
	return true
}

// named returns the last header line of that name, or nil.
func named(items []*config.Directive, name string) *config.Directive {
	for i := len(items) - 1; i >= 0; i-- {
		if strings.EqualFold(items[i].Arg(1), name) {
			return items[i]
		}
	}
	return nil
}

// listAt returns the edit of a level's own list of directives of that name; what is in effect is copied if it is
// inherited.
func (p *Plan) listAt(level *config.Directive, name string, list config.List) *headerEdit {
	e := &headerEdit{level: level, name: name}
	if list.State == config.Set && list.Level != level {
		e.copied = list.Items
	} else {
		e.own = list.Items
	}
	for _, known := range p.lists {
		if known.level.Directive == level.Directive && known.name == name {
			if !sameWords(known.copied, e.copied) {
				p.Refuse("the file is included where different lines are inherited")
			}
			return known
		}
	}
	p.lists = append(p.lists, e)
	if p.headers == nil {
		p.headers = map[*syntax.Directive]*headerEdit{}
	}
	if name == headerList && level != list.Level {
		p.headers[level.Directive] = e
	}
	return e
}

// sameWords reports whether two lists say the same.
func sameWords(a, b []*config.Directive) bool {
	return slices.EqualFunc(a, b, func(x, y *config.Directive) bool {
		return slices.EqualFunc(x.Words, y.Words, func(v, w syntax.Word) bool { return v.Value == w.Value })
	})
}

// anchor returns the statement in the level's own text that item is, or that brought it in.
func anchor(level, item *config.Directive) *syntax.Directive {
	for item.Via != level.Via && item.Via != nil {
		item = item.Via.Directive
	}
	return item.Directive
}

// add takes a line into the list, in place of one with the same key.
func (e *headerEdit) add(l line) {
	for i := range e.lines {
		if l.key != "" && strings.EqualFold(e.lines[i].key, l.key) {
			e.lines[i] = l
			return
		}
	}
	if !slices.ContainsFunc(e.lines, func(o line) bool { return slices.Equal(o.words, l.words) }) {
		e.lines = append(e.lines, l)
	}
}

// writeHeaders writes the lists.
func (p *Plan) writeHeaders() {
	for _, e := range p.lists {
		statements := e.statements()
		switch {
		case len(statements) == 0:
			p.Refuse("without it the header lines of an outer level would hold")
		case p.lastLeft(e.own) != nil:
			p.after(e.level, anchor(e.level, p.lastLeft(e.own)), statements...)
		default:
			p.newList(e, statements)
		}
	}
	p.lists = nil
}

// lastLeft returns the last directive of a list that the plan does not remove, or nil.
func (p *Plan) lastLeft(items []*config.Directive) *config.Directive {
	for i := len(items) - 1; i >= 0; i-- {
		if !slices.Contains(p.removed, items[i].Directive) {
			return items[i]
		}
	}
	return nil
}

// besides says which directive a new list is written behind, if the level has it.
var besides = map[string]string{headerList: "proxy_http_version", "proxy_cache_bypass": "proxy_cache", "proxy_no_cache": "proxy_cache"}

// newList writes a list where the level has none.
func (p *Plan) newList(e *headerEdit, statements [][]string) {
	if near := lastOwn(e.level, besides[e.name]); near != nil {
		p.after(e.level, near, statements...)
		return
	}
	p.insert(e.level, statements...)
}

// statements returns the statements of the list: what is copied with the changes in it, then what is new.
func (e *headerEdit) statements() [][]string {
	var out [][]string
	done := map[int]bool{}
	for _, item := range e.copied {
		words := raw(item)
		for i, l := range e.lines {
			if l.key != "" && strings.EqualFold(l.key, item.Arg(1)) {
				if words = l.words; done[i] {
					words = nil
				}
				done[i] = true
			}
		}
		if words != nil {
			out = append(out, words)
		}
	}
	for i, l := range e.lines {
		if !done[i] && l.words != nil {
			out = append(out, l.words)
		}
	}
	return out
}

// raw returns the words of a directive as they are written.
func raw(d *config.Directive) []string {
	var words []string
	for _, w := range d.Words {
		words = append(words, d.File.Slice(w.Span()))
	}
	return words
}
