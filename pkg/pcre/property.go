package pcre

import (
	"slices"
	"strings"
	"unicode"
)

// property reads what follows \p or \P. Without UTF, PCRE2 takes each byte for
// the code point of the same number.
//
// PCRE2: get_ucp.
func (p *parser) property(letter byte) (byteSet, *fault) {
	name, negated, f := p.propertyName()
	if f != nil {
		return byteSet{}, f
	}
	set, known := propertySet(name)
	switch {
	case !known && !mayBeProperty(name):
		return byteSet{}, p.fail(codeUnknownProperty)
	case !known:
		p.doubted("the property " + name)
	}
	if p.flags.fold && (name == "lu" || name == "ll" || name == "lt") {
		p.doubted("a cased property without case")
	}
	if negated != (letter == 'P') {
		set = set.negate()
	}
	return set, nil
}

// propertyName reads one letter or a name in braces and normalises it.
func (p *parser) propertyName() (string, bool, *fault) {
	if p.done() {
		return "", false, p.fail(codeMalformedProperty)
	}
	c := p.at(0)
	p.pos++
	if c != '{' {
		if !isLetter(c) {
			return "", false, p.fail(codeMalformedProperty)
		}
		return strings.ToLower(string(c)), false, nil
	}
	negated := p.at(0) == '^'
	if negated {
		p.pos++
	}
	var name strings.Builder
	for name.Len() < 49 && !p.done() {
		c := p.at(0)
		p.pos++
		switch {
		case c == '}':
			return name.String(), negated, nil
		case c == 0:
			return "", false, p.fail(codeMalformedProperty)
		case c == '_' || c == '-' || isSpace(c):
		case c >= 'A' && c <= 'Z':
			name.WriteByte(c + 0x20)
		default:
			name.WriteByte(c)
		}
	}
	return "", false, p.fail(codeMalformedProperty)
}

// propertySet knows the general categories and PCRE2's own properties. The
// rest (scripts, boolean properties) depends on the library's Unicode version.
func propertySet(name string) (byteSet, bool) {
	switch name {
	case "any":
		return byteSet{}.negate(), true
	case "xan":
		return category("L").union(category("N")), true
	case "xwd":
		return category("L").union(category("N")).union(setOf("_")), true
	case "xsp", "xps":
		return category("Z").union(fromRanges("\t\r\x85\x85")), true
	case "xuc":
		return setOf("$@`").union(fromRanges("\xa0\xff")), true
	case "l&", "lc":
		return category("Lu").union(category("Ll")), true
	case "c", "cn":
		return category(strings.ToUpper(name[:1]) + name[1:]), true
	case "":
		return byteSet{}, false
	}
	table, ok := unicode.Categories[strings.ToUpper(name[:1])+name[1:]]
	if !ok || len(name) > 2 {
		return byteSet{}, false
	}
	return bytesOf(table), true
}

// mayBeProperty says whether some version of PCRE2 may know a name: the short
// ones are settled, of the long ones (scripts, boolean properties) each
// version knows more.
func mayBeProperty(name string) bool {
	if i := strings.IndexAny(name, ":="); i >= 0 {
		switch name[:i] {
		case "bidiclass", "bc", "script", "sc", "scriptextensions", "scx":
			name = name[i+1:]
		default:
			return false
		}
	} else if len(name) < 3 {
		return slices.Contains([]string{"ci", "di", "ri", "vs", "yi"}, name)
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// category is a general category of the first 256 code points, all of which
// are assigned.
func category(name string) byteSet {
	if name == "Cn" {
		return byteSet{}
	}
	return bytesOf(unicode.Categories[name])
}

func bytesOf(table *unicode.RangeTable) byteSet {
	var s byteSet
	for b := range 256 {
		if unicode.Is(table, rune(b)) {
			s.add(byte(b))
		}
	}
	return s
}
