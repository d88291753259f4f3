package difftest

import (
	"math/rand/v2"
	"strings"
)

// builder writes the configuration that a pick describes.
type builder struct {
	p   Pick
	rng *rand.Rand
	c   *Case
}

// build makes the case of a pick; rng orders what has no order of its own.
func build(id string, p Pick, rng *rand.Rand) *Case {
	b := &builder{p: p, rng: rng, c: &Case{ID: id, Pick: p}}
	b.named()
	server := b.server()
	b.c.Servers = []*Directive{server}
	if !dimNames.is(p, "only server") {
		first := Block("server", Simple("listen 127.0.0.1:{FRONT}"), Simple("server_name first.{ID}.test"), Simple("return 421"))
		b.c.Servers = []*Directive{first, server}
	}
	b.layout()
	return b.c
}

// named writes the maps and the upstream block.
func (b *builder) named() {
	empty := dimMapEmpty.lines(b.p)[0]
	var entries []*Directive
	for _, line := range dimMap.lines(b.p) {
		entries = append(entries, Simple(strings.ReplaceAll(line, "{EMPTY}", empty)))
	}
	source := "$http_upgrade"
	switch b.p[dimMap.Name] {
	case "chain":
		b.c.Named = append(b.c.Named, Block("map $http_upgrade $chain_{ID}", Simple("default $http_upgrade"), Simple("h2c ''")))
		source = "$chain_{ID}"
	case "joined source":
		source = "$http_upgrade$http_connection"
	}
	b.c.Named = append(b.c.Named, Block("map "+source+" $cu_{ID}", entries...))
	if dimMap.is(b.p, "two definitions") {
		b.c.Named = append(b.c.Named, Block("map $http_upgrade $cu_{ID}", Simple("default upgrade"), Simple("'' second")))
	}
	if dimUpgrade.is(b.p, "ws-map") {
		b.c.Named = append(b.c.Named, Block("map $http_upgrade $ws_{ID}", Simple("default ''"), Simple("~*websocket websocket")))
	}
	if lines := dimAddress.lines(b.p); strings.HasPrefix(lines[0], "up_") {
		b.c.Named = append(b.c.Named, Block("upstream up_{ID}", simples(append(lines[1:], dimKeepalive.lines(b.p)...))...))
	}
}

func simples(lines []string) []*Directive {
	var out []*Directive
	for _, line := range lines {
		out = append(out, statement(line))
	}
	return out
}

// statement reads one statement, with at most one level of block and one statement in it.
func statement(line string) *Directive {
	outer, inner, block := strings.Cut(line, " { ")
	if !block {
		return Simple(line)
	}
	return Block(outer, Simple(strings.TrimSuffix(inner, "; }")))
}

// server is the server block under test.
func (b *builder) server() *Directive {
	s := Block("server", Simple("listen 127.0.0.1:{FRONT}"), Simple("server_name "+dimNames.lines(b.p)[0]))
	s.Block = append(s.Block, simples(dimTokens.lines(b.p))...)
	if dimMap.is(b.p, "set override") {
		s.Block = append(s.Block, Simple("set $cu_{ID} overridden"))
	}
	for _, level := range b.leveled() {
		switch level.at {
		case "server":
			s.Block = append(s.Block, level.lines...)
		case "http":
			b.c.HTTP = append(b.c.HTTP, level.lines...)
		}
	}
	s.Block = append(s.Block, b.locations()...)
	return s
}

// statements for a level: location, server, http, parent location, include, if.
type leveled struct {
	at    string
	lines []*Directive
}

// leveled lists what the levels get, in an order of its own.
func (b *builder) leveled() []leveled {
	out := []leveled{
		{b.p[dimVersionLevel.Name], simples(dimVersion.lines(b.p))},
		{b.p[dimLevel.Name], b.headers()},
	}
	out = append(out, b.twoLevels(dimHide, dimHideLevel)...)
	out = append(out, b.twoLevels(dimPassHeader, dimPassLevel)...)
	out = append(out, b.twoLevels(dimAdd, dimAddLevel)...)
	return out
}

// twoLevels puts a dimension's lines on their level, and with the third value another's into the location, which makes
// nginx drop the outer ones.
func (b *builder) twoLevels(d, level *Dimension) []leveled {
	at := b.p[level.Name]
	if at == "location" {
		return []leveled{{"location", simples(d.lines(b.p))}}
	}
	return []leveled{{"server", simples(d.lines(b.p))}, {"location", simples(level.lines(b.p))}}
}

// headers are the proxy_set_header statements, shuffled: their order is the upstream head's.
func (b *builder) headers() []*Directive {
	var lines []string
	for _, d := range []*Dimension{dimUpgrade, dimConnection, dimHost, dimOther} {
		for _, line := range d.lines(b.p) {
			lines = append(lines, "proxy_set_header "+b.cased(line))
		}
	}
	if !dimConnection.is(b.p, "map") {
		lines = append(lines, "proxy_set_header X-Map $cu_{ID}") // so that each form of map shows itself in each case
	}
	b.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return simples(lines)
}

// cased changes the case of a header's name where the pick says so.
func (b *builder) cased(line string) string {
	name, value, _ := strings.Cut(line, " ")
	if !dimOther.is(b.p, "casing") {
		return line
	}
	return strings.ToUpper(name[:1]) + strings.ToLower(name[1:2]) + strings.ToUpper(name[2:]) + " " + value
}

// locations are the location under test with what leads to it, and the one that catches the rest.
func (b *builder) locations() []*Directive {
	inner := b.location()
	var all []*Directive
	switch b.p[dimLocation.Name] {
	case "named by try_files":
		all = []*Directive{Block("location /", Simple("root {PREFIX}/{ID}/html"), Simple("try_files /none$uri @ws_{ID}")), inner}
	case "named by error_page":
		all = []*Directive{Block("location /", Simple("error_page 418 = @ws_{ID}"), Simple("return 418")), inner}
	default:
		all = b.enclosed(inner)
	}
	all = append(all, Block("location ~ \\.never$", Simple("return 403")), Block("location = /other", Simple("return 204")))
	b.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// enclosed puts the location into others as the pick says, and adds one for all other paths where `/` is free.
func (b *builder) enclosed(inner *Directive) []*Directive {
	top := []*Directive{inner}
	nested := dimLocation.is(b.p, "nested", "nested regex")
	if nested || dimLevel.is(b.p, "parent location") {
		outer := Block("location /")
		if nested {
			outer = Block("location ^~ /")
		}
		if dimLocation.is(b.p, "/") {
			outer = Block("location ^~ /") // one of the same name would be a duplicate
		}
		if dimLevel.is(b.p, "parent location") {
			outer.Block = append(outer.Block, b.headers()...)
		}
		if !dimLocation.is(b.p, "/") {
			outer.Block = append(outer.Block, Simple("return 200 outer\\n"))
		}
		outer.Block = append(outer.Block, inner)
		return []*Directive{outer}
	}
	if !dimLocation.is(b.p, "/") {
		top = append(top, Block("location /", Simple("return 200 other\\n")))
	}
	return top
}

// location is the location under test.
func (b *builder) location() *Directive {
	l := Block("location " + dimLocation.lines(b.p)[0])
	l.Block = append(l.Block, b.settings()...)
	for _, level := range b.leveled() {
		switch level.at {
		case "location", "if":
			l.Block = append(l.Block, level.lines...)
		case "include":
			l.Block = append(l.Block, Include("headers.conf", level.lines...))
		}
	}
	l.Block = append(l.Block, prefixed("proxy_set_header ", dimOwn.lines(b.p))...)
	l.Block = append(l.Block, simples(dimRedirect.lines(b.p))...)
	b.rng.Shuffle(len(l.Block), func(i, j int) { l.Block[i], l.Block[j] = l.Block[j], l.Block[i] })
	l.Block = append(l.Block, b.pass()...)
	if dimRefusal.lines(b.p) != nil {
		l.Block = append(l.Block, simples(dimRefusal.lines(b.p))...)
	}
	return l
}

// settings are the other directives of the location that the pick of other headers stands for.
func (b *builder) settings() []*Directive {
	switch b.p[dimOther.Name] {
	case "no request headers":
		return simples([]string{"proxy_pass_request_headers off"})
	case "no request body":
		return simples([]string{"proxy_pass_request_body off"})
	case "method":
		return simples([]string{"proxy_method PUT"})
	case "set body":
		return simples([]string{`proxy_set_body "m=$request_method&u=$http_upgrade"`})
	}
	return nil
}

func prefixed(prefix string, lines []string) []*Directive {
	var out []*Directive
	for _, line := range lines {
		out = append(out, Simple(prefix+line))
	}
	return out
}

// pass is proxy_pass with what it needs before it, inside an if where the pick says so.
func (b *builder) pass() []*Directive {
	host := dimAddress.lines(b.p)[0]
	before := host
	if strings.HasPrefix(host, "unix:") {
		before += ":"
	}
	fill := strings.NewReplacer("{A}", "http://"+host, "{A:}", "http://"+before, "{H}", host, "{H:}", before)
	var out []*Directive
	for _, line := range dimPass.lines(b.p) {
		out = append(out, Simple(fill.Replace(line)))
	}
	if dimLevel.is(b.p, "if") {
		return []*Directive{Block("if ($request_uri)", out...)}
	}
	return out
}

// layout writes the case down as the pick says.
func (b *builder) layout() {
	switch b.p[dimLayout.Name] {
	case "CRLF":
		b.c.Layout.CRLF = true
	case "compact":
		b.c.Layout.Compact = true
	case "loose":
		b.c.Layout.Loose = true
	case "server included":
		b.c.Servers = []*Directive{Include("site.conf", b.c.Servers...)}
	case "included by pattern":
		pattern := Include("sites/a.conf", b.c.Servers...)
		pattern.Text = "include *"
		b.c.Servers = []*Directive{pattern}
	case "tabs, CRLF, included":
		b.c.Layout = Layout{CRLF: true, Indent: "\t"}
		b.c.Named = []*Directive{Include("maps.conf", b.c.Named...)}
	}
}
