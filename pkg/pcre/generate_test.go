package pcre

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes random patterns from a grammar that leaves nothing of
// PCRE2's syntax out, and spoils some of them.
type generator struct {
	*rand.Rand
	groups int
	names  int
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
}

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

// question makes a pattern and n subjects.
func (g *generator) question(n int) question {
	g.groups, g.names = 0, 0
	q := question{pattern: g.alternatives(3), fold: g.IntN(4) == 0}
	if g.IntN(4) == 0 {
		q.pattern = g.spoiled(q.pattern)
	}
	for range n {
		q.subjects = append(q.subjects, g.subject())
	}
	return q
}

func (g *generator) subject() string {
	var b strings.Builder
	for range g.IntN(11) {
		b.WriteString(g.pick("a", "b", "a", "b", "A", "B", "0", "1", "_", ".", "/", " ", "\n", "\r\n", "\xe9", "\xc9", "\x80", "\x00", "c", "k", "-"))
	}
	return b.String()
}

// spoiled changes a few bytes, mostly to ones that mean something.
func (g *generator) spoiled(pattern string) string {
	for range 1 + g.IntN(2) {
		i := g.IntN(len(pattern) + 1)
		switch g.IntN(3) {
		case 0:
			if i < len(pattern) {
				pattern = pattern[:i] + pattern[i+1:]
			}
		case 1:
			pattern = pattern[:i]
		default:
			pattern = pattern[:i] + g.pick(spoilers...) + pattern[i:]
		}
	}
	return pattern
}

var spoilers = strings.Fields(`( ) [ ] { } * + ? | \ ^ $ - : ! = < > P # & , 0 1 9 a x ' (? (?< (?P (?P= (?' (* (*F (*a [: :] [[:a [.x.]
	\1 \9 \12 \g \g{ \g{-1 \g{+1} \k \k< \k{n \p \p{ \x{ \x{zz} \x{100} \o \o{9} \o{ \c \u \N{ \N{U+41} \i \8 \377 \400 {2,1} {65536} {,2} {1,2
	(?C (?C300) (?C'x (?(1 (?(9) (?(R (?(DEFINE) (?(?a) (?(VERSION (?R (?1 (?+ (?-9) (?-0) (?z) (?i-- (?^- (?|`)

func (g *generator) alternatives(depth int) string {
	parts := make([]string, 1+g.IntN(2)*g.IntN(3))
	for i := range parts {
		parts[i] = g.sequence(depth)
	}
	return strings.Join(parts, "|")
}

func (g *generator) sequence(depth int) string {
	var b strings.Builder
	for range g.IntN(4) {
		if g.IntN(5) == 0 {
			b.WriteString(g.position(depth))
			continue
		}
		b.WriteString(g.atom(depth))
		if g.IntN(3) == 0 {
			b.WriteString(g.quantifier())
		}
	}
	return b.String()
}

func (g *generator) quantifier() string {
	q := g.pick("*", "+", "?", "*", "+", "?", "{2}", "{0}", "{1,2}", "{0,2}", "{1,}", "{2,3}", "{3,}", "{1}", "{0,1}")
	return q + g.pick("", "", "?", "+")
}

func (g *generator) position(depth int) string {
	if depth == 0 || g.IntN(3) > 0 {
		return g.pick("^", "$", `\b`, `\B`, `\A`, `\z`, `\Z`, `\G`, "(?m)", "(?i)", "(?s)", "(?-i)", "(?x) # c\n", "(?U)", "(?#c)", `\Q\E`, "(?C1)", "(?^)", "(?n)", "(*FAIL)")
	}
	switch g.IntN(6) {
	case 0:
		return `\K`
	case 1, 2:
		return g.pick("(?=", "(?!") + g.alternatives(depth-1) + ")"
	case 3:
		return g.pick("(?<=", "(?<!", "(*plb:", "(*nlb:") + g.fixed() + ")" // of one length
	case 4:
		return g.pick("(?<=", "(?<!") + g.fixed() + "|" + g.fixed() + ")"
	}
	return g.pick("(?<=", "(?<!") + g.alternatives(depth-1) + ")" // often refused
}

// fixed is a sequence of one length, with captures and lookarounds in it.
func (g *generator) fixed() string {
	var b strings.Builder
	for range g.IntN(3) {
		switch g.IntN(7) {
		case 0:
			g.groups++
			b.WriteString("(" + g.single() + "|" + g.single() + ")")
		case 1:
			b.WriteString("(?=" + g.single() + ")")
		case 2:
			b.WriteString(g.single() + "{2}")
		case 3:
			b.WriteString(g.pick("^", `\b`, "$", "(?i)"))
		default:
			b.WriteString(g.single())
		}
	}
	return b.String()
}

func (g *generator) atom(depth int) string {
	if depth == 0 || g.IntN(3) > 0 {
		return g.single()
	}
	body := func() string { return g.alternatives(depth - 1) }
	switch g.IntN(12) {
	case 0, 1, 2:
		g.groups++
		return "(" + body() + ")"
	case 3, 4:
		return g.pick("(?:", "(?i:", "(?s:", "(?m-i:", "(?x:", "(*atomic:") + body() + ")"
	case 5:
		return "(?>" + body() + ")"
	case 6:
		g.groups++
		g.names++
		return fmt.Sprintf(g.pick("(?<n%d>", "(?P<n%d>", "(?'n%d'"), g.names) + body() + ")"
	case 7:
		return "(?|" + body() + "|" + body() + ")"
	case 8:
		return g.condition() + body() + g.pick("", "|"+g.sequence(depth-1)) + ")"
	}
	return g.reference()
}

func (g *generator) condition() string {
	n := 1 + g.IntN(g.groups+1)
	switch g.IntN(4) {
	case 0:
		return g.pick("(?(?=", "(?(?!") + g.sequence(1) + ")"
	case 1:
		return fmt.Sprintf(g.pick("(?(<n%d>)", "(?('n%d')", "(?(n%d)"), 1+g.IntN(g.names+1))
	case 2:
		return "(?(DEFINE)"
	}
	return fmt.Sprintf("(?(%d)", n)
}

func (g *generator) reference() string {
	if g.names > 0 && g.IntN(3) == 0 {
		return fmt.Sprintf(g.pick(`\k<n%d>`, `\k{n%d}`, `\k'n%d'`, `\g{n%d}`, `(?P=n%d)`, `(?&n%d)`, `(?P>n%d)`, `\g<n%d>`), 1+g.IntN(g.names))
	}
	return fmt.Sprintf(g.pick(`\%d`, `\%d`, `\g%d`, `\g{%d}`, `\g{-%d}`, `(?%d)`, `(?-%d)`, `(?+%d)`, `\g<%d>`), 1+g.IntN(g.groups+1))
}

// single is one byte's worth of pattern, mostly.
func (g *generator) single() string {
	switch g.IntN(8) {
	case 0:
		return g.class()
	case 1:
		return g.pick(".", `\d`, `\w`, `\s`, `\D`, `\W`, `\S`, `\h`, `\H`, `\v`, `\V`, `\N`, `\C`, `\R`, `\X`)
	case 2:
		return g.pick(`\x61`, `\x{e9}`, `\141`, `\o{142}`, `\n`, `\.`, `\/`, `\x00`, `\cJ`, `\Qa.\E`, `\pL`, `\p{Lu}`, `\P{Nd}`, `\p{Any}`, `\p{Xwd}`, `\p{L&}`)
	}
	return g.pick("a", "b", "a", "b", "A", "B", "0", "_", "/", "k", "\xe9", "c", "-", " ", "{", "}", "]")
}

func (g *generator) class() string {
	var b strings.Builder
	b.WriteString(g.pick("[", "[^"))
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick("a", "b", "0", "-", "A-B", "a-c", "0-9", `\d`, `\w`, `\s`, `\D`, `\W`, `\h`, `\v`, `\H`, "[:alpha:]", "[:^digit:]", "[:upper:]", "[:punct:]", "[:space:]",
			`\x80-\xff`, "\xe9", `\n`, ".", "/", "[", `\]`, `\b`, `\Q-a\E`, `\p{L}`, "^", `\1`, `\-`, `\e-\x{7f}`))
	}
	return b.String() + "]"
}
