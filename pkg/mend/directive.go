package mend

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// SetDirective gives the sites a directive that is inherited by itself, such as proxy_read_timeout. Where it is set for
// them alone, its arguments are replaced; else each site gets its own after its proxy_pass. Arguments are written as they
// are given.
func (p *Plan) SetDirective(name string, args ...string) {
	for _, site := range p.sites {
		p.setDirective(site, append([]string{name}, args...))
	}
}

// SetBesideHeaders is SetDirective, but for sites that share one outer header list, beside which the directive is written
// if nobody else is concerned.
func (p *Plan) SetBesideHeaders(name string, args ...string) {
	if level := p.shared(name); level != nil {
		p.after(level, lastHeader(level), append([]string{name}, args...))
		return
	}
	p.SetDirective(name, args...)
}

// shared returns the outer level whose header list all sites have, if there are several and the directive name is set
// nowhere and would reach nobody else from there; else nil.
func (p *Plan) shared(name string) *config.Directive {
	var level *config.Directive
	for _, site := range p.sites {
		list := p.m.config.EffectiveList(site, "proxy_set_header")
		outer := list.State == config.Set && list.Level != home(site) && (level == nil || level == list.Level)
		if !outer || p.m.config.Effective(site, name).State != config.Default {
			return nil
		}
		level = list.Level
	}
	if len(p.sites) < 2 || lastHeader(level) == nil || !p.only(p.m.reach(level, name)) {
		return nil
	}
	return level
}

// lastHeader returns the last proxy_set_header in the level's own text, or nil.
func lastHeader(level *config.Directive) *syntax.Directive { return lastOwn(level, "proxy_set_header") }

// lastOwn returns the last statement of that name in the level's own text, or nil.
func lastOwn(level *config.Directive, name string) *syntax.Directive {
	var last *syntax.Directive
	for _, d := range own(level) {
		if d.Name() == name {
			last = d
		}
	}
	return last
}

func (p *Plan) setDirective(site *config.Directive, words []string) {
	name := words[0]
	level := home(site)
	value := p.m.config.Effective(site, name)
	if by := value.By; value.State == config.Set {
		if p.only(p.m.users(by)) {
			p.setArgs(by, words[1:])
			return
		}
		if by.Parent == level {
			p.Refuse("`" + name + "` is set in a file that others include as well")
			return
		}
	}
	switch {
	case level.Hidden(name):
		p.Refuse("`" + name + "` may be set in a part of the configuration that is not here")
	case !p.only(p.m.reach(level, name)):
		p.Refuse("other locations would inherit it")
	}
	p.insert(level, words)
}

// insert puts a statement after the level's proxy_pass, or at its start.
func (p *Plan) insert(level *config.Directive, words ...[]string) {
	switch pass := lastOwn(level, "proxy_pass"); {
	case pass != nil:
		p.after(level, pass, words...)
	case level.Directive != nil && level.Directive.Block != nil:
		p.first(level, words...)
	default:
		p.Refuse("there is no place for it in this file")
	}
}

// setArgs replaces the arguments of a directive where it stands.
func (p *Plan) setArgs(d *config.Directive, args []string) {
	n := len(d.Words)
	if n != len(args)+1 {
		span := source.Span{Start: int(d.Words[0].End), End: int(d.Words[n-1].End)}
		p.replace(d.File, span, " "+strings.Join(args, " "))
		return
	}
	for i, arg := range args {
		p.setWord(d, i+1, arg)
	}
}

// ReplaceWord gives word i of a directive (0 is its name) another text where it stands, for all that use the directive.
func (p *Plan) ReplaceWord(d *config.Directive, i int, text string) { p.setWord(d, i, text) }

// ReplaceText puts a text in the place of a span, for all that use what stands there.
func (p *Plan) ReplaceText(file *syntax.File, at source.Span, text string) { p.replace(file, at, text) }

// setWord replaces a word; one with a variable in quotes keeps its quotes.
func (p *Plan) setWord(d *config.Directive, i int, text string) {
	w := d.Words[i]
	quoted := w.Quote != syntax.Bare && strings.Contains(w.Value, "$") && strings.HasPrefix(text, "$")
	if quoted {
		text = string(rune(w.Quote)) + text + string(rune(w.Quote))
	}
	p.replace(d.File, w.Span(), text)
}

// Remove takes directives out where they stand, for all that use them.
func (p *Plan) Remove(directives ...*config.Directive) {
	for _, d := range directives {
		p.remove(d.File, d.Directive)
		p.removed = append(p.removed, d.Directive)
	}
}

// HTTPVersion sets proxy_http_version to 1.1 where any version of nginx that is aimed at would send a WebSocket
// handshake with another.
func (p *Plan) HTTPVersion() {
	if slices.ContainsFunc(p.sites, func(site *config.Directive) bool { return !p.m.sendsHTTP11(site) }) {
		p.SetBesideHeaders("proxy_http_version", "1.1")
	}
}
