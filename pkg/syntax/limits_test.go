package syntax

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

func TestMaxDepth(t *testing.T) {
	f := parseText(strings.Repeat("a {", MaxDepth) + strings.Repeat("}", MaxDepth))
	if len(f.Errors) > 0 {
		t.Errorf("%d blocks: %+v", MaxDepth, f.Errors[0])
	}
	over := parseText(strings.Repeat("a {\n", MaxDepth+3) + "b; ; # c\n {}" + strings.Repeat("}", MaxDepth+3) + "c;")
	checkTree(t, over)
	var reasons []Reason
	for _, e := range over.Errors {
		reasons = append(reasons, e.Reason)
	}
	if want := []Reason{TooDeep, UnexpectedByte, UnexpectedByte}; !slices.Equal(reasons, want) {
		t.Errorf("reasons %v, want %v: %+v", reasons, want, over.Errors)
	}
	if over.Errors[0].Line != MaxDepth+1 || len(over.Directives) != 2 || len(over.Comments) != 0 {
		t.Errorf("line %d, %d statements, %d comments", over.Errors[0].Line, len(over.Directives), len(over.Comments))
	}
}

func TestUnclosedTooDeep(t *testing.T) {
	for _, opening := range []string{"a{", "{", "a;{", "a{ b\n"} {
		f := parseText(strings.Repeat(opening, 3*MaxDepth))
		checkTree(t, f)
		if n := len(slices.Collect(f.All())); n > 2*MaxDepth+2 {
			t.Errorf("%q: %d directives", opening, n)
		}
	}
}

func TestMaxErrors(t *testing.T) {
	f := parseText(strings.Repeat("; ", MaxErrors+5))
	checkTree(t, f)
	if len(f.Errors) != MaxErrors || f.MoreErrors != 5 {
		t.Errorf("%d errors and %d more", len(f.Errors), f.MoreErrors)
	}
}

func TestMaxSize(t *testing.T) {
	const text = "a { b; } c d"
	for size := range len(text) {
		f := parse(source.NewFile("x", "x", text), size)
		checkTree(t, f)
		last := f.Errors[len(f.Errors)-1]
		if last.Reason != TooLarge || last.Span.Start != size || len(f.Errors) != 1 {
			t.Errorf("size %d: %+v", size, f.Errors)
		}
	}
	if f := parse(source.NewFile("x", "x", text+";"), len(text)+1); len(f.Errors) > 0 {
		t.Errorf("%+v", f.Errors)
	}
}

// What is worst for the recovery must not cost more than its size: each of these would take minutes if a byte were
// looked at once for every other.
func TestHugeAndHostile(t *testing.T) {
	const n = 1 << 20
	for _, unit := range []string{
		"a} ", "\"\n", "\"'\n", "'\\\n", "... ", "… location ", "a ", "{", "}", ";", "a;", "a{}", "#\n", `\"`, "x \"a\nb\"c;\n",
		"content_by_lua_block{", "init_by_lua_block{\\\"", "init_by_lua_block{}", "init_by_lua_block{[[]]--\n}\n",
		"map a b {server a {", "\"a;\n", "${",
	} {
		f := parseText(strings.Repeat(unit, n/len(unit)))
		if Print(f) != f.Text {
			t.Errorf("%q does not print back", unit)
		}
	}
	for _, start := range []string{`init_by_lua_block { `, `a "`, "", "# "} {
		for _, unit := range []string{`\"`, `"\`, "--[", "[=", "'", "]", "..", "}"} {
			parseText(start + strings.Repeat(unit, n/len(unit)))
		}
	}
}
