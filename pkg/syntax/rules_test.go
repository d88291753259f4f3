package syntax

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ruleCases are texts for each rule of nginx's lexer and grammar, numbered as they are in the notes on it: 1 bytes,
// 2 blanks and lines, 3 the start of a word, 4 comments, 5 bare words, 6 `$`, 7 backslashes, 8 and 9 quotes, 10 values,
// 11 the end of the file, 12 limits, 13 lines, 14 and 15 grammar, 16 block or simple, 17 map-like blocks, 18 `if`,
// 19 include, 20 Lua, 21 depth.
var ruleCases = []struct {
	rule       int
	text, want string // the words between blanks, quoted where they need it; then the errors
}{
	{1, "a\x00b \xff\u00a0c;", `"a\x00b" "\xff\u00a0c" ;`},
	{1, "\ufeffa `b ()=[\v\f;", `"\ufeffa" "` + "`b" + `" "()=[\v\f" ;`},
	{2, "a \t\r\nb\r\n;", `"a" "b" ;`},
	{2, "a \"\n\" # \n \\\n\n}", "\"a\" \"\\n\" \"\\\\\\n\" ; 5: unexpected \"}\" 5: unexpected \"}\""},
	{2, "a;\r}\n", "\"a\" ; 1: unexpected \"}\""},
	{3, ";", `1: unexpected ";"`},
	{3, "{}", `1: unexpected "{"`},
	{3, "a {b }", "\"a\" { \"b\" ; } 1: unexpected \"}\""},
	{3, "\\a $b )c;", `"\\a" "$b" ")c" ;`},
	{4, "a # c\n { } # x\r;\n#c", `"a" { }`},
	{4, "a b#c;#d\nb;}#c", `"a" "b#c" ; "b" ; 2: unexpected "}"`},
	{5, "a{b{}}c{};", `"a" { "b" { } } "c" { } 1: unexpected ";"`},
	{5, "a 80} a\"b c\" $\"x\" d'e';", `"a" "80}" "a\"b" "c\"" "$\"x\"" "d'e'" ;`},
	{6, "a ${x} ${x $${ x${{{y;", `"a" "${x}" "${x" "$${" "x${{{y" ;`},
	{6, "a ${b}{} c${d{}", `"a" "${b}" { } "c${d" { }`},
	{6, "l ~ \\.php${ r; }", `"l" "~" "\\.php${" "r" ; 1: unexpected "}"`},
	{7, "a a\\;b a\\ b a\\{ a\\\nb \\#a \"\\\"\";", `"a" "a\\;b" "a\\ b" "a\\{" "a\\\nb" "\\#a" "\"" ;`},
	{7, "a\\${b;}c$\\{;", `"a\\$" { "b" ; } "c$\\{" ;`},
	{7, "a\\", "\"a\\\\\" ; 1: unexpected end of file, expecting \";\" or \"}\""},
	{8, "a \";{}#'\n\\\\\" 'b\"\\'';", `"a" ";{}#'\n\\" "b\"'" ;`},
	{9, "a \"b\"c;", `"a" "b" "c" ; 1: unexpected "c"`},
	{9, "a \"b\"\"c\";", `"a" "b" "c" ; 1: unexpected """`},
	{9, "a \"b\"#c\n;", `"a" "b" ; 1: unexpected "#"`},
	{9, "a{b \"c\"}", `"a" { "b" "c" ; } 1: unexpected "}"`},
	{9, "if ($a ~ \"x\"){} if ($a ~ \"x\") {}", `"if" "($a" "~" "x" ")" { } "if" "($a" "~" "x" ")" { }`},
	{10, `a "\"\'\\\t\r\n\d\$\ " \"\'\\\t\r\n\d;`, `"a" "\"'\\\t\r\n\\d\\$\\ " "\"'\\\t\r\n\\d" ;`},
	{10, `"a" '{' "";`, `"a" "{" "" ;`},
	{11, "a", `"a" ; 1: unexpected end of file, expecting ";" or "}"`},
	{11, "a {\n b\n", "\"a\" { \"b\" ; } 3: unexpected end of file, expecting \";\" or \"}\" 3: unexpected end of file, expecting \"}\""},
	{11, "a {\n\n", `"a" { } 3: unexpected end of file, expecting "}"`},
	{11, "a; #", `"a" ;`},
	{13, "a\nb\n{\n}\n}", `"a" "b" { } 5: unexpected "}"`},
	{14, "a;b c;d{e;}", `"a" ; "b" "c" ; "d" { "e" ; }`},
	{15, "a{}}b{", `"a" { } "b" { } 1: unexpected "}" 1: unexpected end of file, expecting "}"`},
	{16, "listen 80 { } events;", `"listen" "80" { } "events" ;`},
	{17, "map a b {\n c {\n d; } }", `"map" "a" "b" { "c" { "d" ; } } 2: unexpected "{"`},
	{17, "types { a { } } 'geo' $x { { b; } }", `"types" { "a" { } } "geo" "$x" { "b" ; } 1: unexpected "{" 1: unexpected "{"`},
	{18, "if ( $a ) { } if ($a){ }", `"if" "(" "$a" ")" { } "if" "($a)" { }`},
	{19, `include "a b" ; include a\ b;`, `"include" "a b" ; "include" "a\\ b" ;`},
	{20, "content_by_lua_block{ '}' \"}\" -- }\n--[[ } ]] [=[ ]] } ]=] #t \" {}} a;", `"content_by_lua_block" raw "a" ;`},
	{20, "a_by_lua_block {\n{}\n", `"a_by_lua_block" raw 2: unexpected end of file, expecting terminating characters for lua code block`},
	{20, "a_by_lua_block { [[ }", `"a_by_lua_block" raw 1: Lua code block missing the closing long bracket "]]", the inlined Lua code may be too long`},
	{20, "a_by_lua_block {\n" + strings.Repeat("x", 4097) + " }b;", `"a_by_lua_block" raw "b" ; 1: too long lua code block, probably missing terminating characters`},
	{20, "a_by_lua_block { [=[" + strings.Repeat("x", 4097) + "]=] } b;", `"a_by_lua_block" raw "b" ; 1: Lua code block missing the closing long bracket "]=]", the inlined Lua code may be too long`},
	{20, "a_by_lua_block { --" + strings.Repeat("x", 2000) + "\n--" + strings.Repeat("x", 3000) + "\n}", `"a_by_lua_block" raw`},
	{21, strings.Repeat("a{", 3) + strings.Repeat("}", 3), `"a" { "a" { "a" { } } }`},
}

func TestRules(t *testing.T) {
	rules := map[int]bool{12: true} // TestWordLength
	for _, c := range ruleCases {
		f := parseText(c.text)
		checkTree(t, f)
		if got := outline(f); got != c.want {
			t.Errorf("rule %d: %.100q\n got %s\nwant %s", c.rule, c.text, got, c.want)
		}
		if diff := compare(f, naiveReading(c.text)); c.rule != 20 && diff != "" {
			t.Errorf("rule %d: %q: %s than the naive reading", c.rule, c.text, diff)
		}
		rules[c.rule] = true
	}
	if len(rules) != 21 {
		t.Errorf("%d rules have a case, of 21", len(rules))
	}
}

// outline writes a tree and its errors on one line. A statement without a terminator shows one all the same.
func outline(f *File) string {
	parts := outlineOf(f.Directives)
	for _, e := range f.Errors {
		parts = append(parts, fmt.Sprintf("%d: %s", e.Line, e.Message))
	}
	return strings.Join(parts, " ")
}

func outlineOf(directives []*Directive) []string {
	var parts []string
	for _, d := range directives {
		for _, w := range d.Words {
			parts = append(parts, fmt.Sprintf("%q", w.Value))
		}
		switch {
		case d.Block == nil:
			parts = append(parts, ";")
		case d.Block.Raw:
			parts = append(parts, "raw")
		default:
			parts = slices.Concat(parts, []string{"{"}, outlineOf(d.Block.Directives), []string{"}"})
		}
	}
	return parts
}

// TestWordLength is rule 12: the longest words that nginx reads, and one byte more.
func TestWordLength(t *testing.T) {
	for _, c := range []struct {
		before, after string
		longest       int
		more          string // what one byte more is refused for
	}{
		{"a ", ";", 4095, `too long parameter "xxxxxxxxxx..." started`},
		{"a ", "{}", 4095, `too long parameter "xxxxxxxxxx..." started`},
		{"a ", " ;", 4094, `too long parameter "xxxxxxxxxx..." started`},
		{"a ", "\n;", 4094, `too long parameter "xxxxxxxxxx..." started`},
		{`a "`, `";`, 4094, `too long parameter "xxxxxxxxxx..." started`},
		{`a "`, `"{}`, 4094, `too long parameter "xxxxxxxxxx..." started`},
		{`a "`, `");`, 4094, `too long parameter "xxxxxxxxxx..." started`},
		{`a "`, `" ;`, 4093, `too long parameter "xxxxxxxxxx..." started`},
		{"a 'xx", "' ;", 4091, `too long parameter "xxxxxxxxxx..." started`},
		{"a #xx", "\n;", 4092, `too long parameter "#xxxxxxxxx..." started`},
		{"#xx", "", 4093, `too long parameter "#xxxxxxxxx..." started`},
		{`a \\`, ";", 4093, `too long parameter "\\xxxxxxxx..." started`},
	} {
		text := func(n int) string { return "\n" + c.before + strings.Repeat("x", n) + c.after }
		if f := parseText(text(c.longest)); len(f.Errors) > 0 {
			t.Errorf("%q, %d, %q: %+v", c.before, c.longest, c.after, f.Errors)
		}
		f := parseText(text(c.longest + 1))
		if len(f.Errors) != 1 || f.Errors[0].Message != c.more || f.Errors[0].Line != 2 || f.Errors[0].Reason != TooLong {
			t.Errorf("%q, %d, %q: %+v", c.before, c.longest+1, c.after, f.Errors)
		}
	}
	for _, quote := range []string{`"`, "'"} {
		f := parseText("\na " + quote + strings.Repeat("x", 4096) + quote + ";")
		want := "too long parameter, probably missing terminating \"" + quote + "\" character"
		if len(f.Errors) != 1 || f.Errors[0].Message != want || f.Errors[0].Line != 2 || f.Errors[0].Reason != TooLongQuoted {
			t.Errorf("%s: %+v", quote, f.Errors)
		}
	}
}
