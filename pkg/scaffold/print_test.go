package scaffold_test

import (
	"strings"
	"testing"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"
	"pgregory.net/rapid"

	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// node makes a directive with or without a block.
func node(words []string, comments []string, block *gonginx.Block) *gonginx.Directive {
	d := &gonginx.Directive{Name: words[0], Comment: comments}
	for _, word := range words[1:] {
		d.Parameters = append(d.Parameters, gonginx.Parameter{Value: word})
	}
	if block != nil {
		block.Parent, d.Block = d, block
	}
	return d
}

func blockOf(nodes ...gonginx.IDirective) *gonginx.Block { return &gonginx.Block{Directives: nodes} }

func TestPrint(t *testing.T) {
	inline := node([]string{"return", "200"}, nil, nil)
	inline.SetInlineComment(gonginx.InlineComment{Value: "# here"})
	got, err := scaffold.Print(blockOf(
		node([]string{"map", "$a", "$b"}, []string{"# a map"}, blockOf(
			node([]string{"default", ""}, nil, nil), node([]string{"a b", `c"d`}, nil, nil), node([]string{"x;", `\`}, nil, nil))),
		node([]string{"server"}, nil, blockOf(
			node([]string{"return", "200", "${x}{"}, nil, nil), inline, node([]string{"location", `~ ^/a{2}$`}, []string{"# one", "# two"}, blockOf()))),
	))
	const want = `# a map
map $a $b {
    default '';
    "a b"   c"d;
    "x;"    "\\";
}

server {
    return 200 "${x}{";
    return 200; # here

    # one
    # two
    location "~ ^/a{2}$" {
    }
}
`
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestPrintRefuses(t *testing.T) {
	deep := node([]string{"a"}, nil, blockOf())
	for range 100 {
		deep = node([]string{"a"}, nil, blockOf(deep))
	}
	lua := blockOf()
	lua.IsLuaBlock, lua.LiteralCode = true, "x = 1"
	for want, n := range map[string]*gonginx.Directive{
		"is no comment":            node([]string{"a"}, []string{"no hash"}, nil),
		"is no comment of one":     node([]string{"a"}, []string{"# a\nb c;"}, nil),
		"nest too deep":            deep,
		"raw blocks can't":         node([]string{"content_by_lua_block"}, nil, lua),
		"nginx reads at most 4093": node([]string{"a", strings.Repeat("x", 5000)}, nil, nil),
	} {
		if got, err := scaffold.Print(blockOf(n)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

// TestPrintReadsBack prints random words and reads them as nginx does.
func TestPrintReadsBack(t *testing.T) {
	word := rapid.StringOf(rapid.SampledFrom([]rune("ab/~$\\\"'{};# \t\n\r()é\x00*=")))
	rapid.Check(t, func(t *rapid.T) {
		words := append([]string{"set"}, rapid.SliceOfN(word, 1, 4).Draw(t, "words")...)
		printed, err := scaffold.Print(blockOf(node(words, nil, nil), node([]string{"after"}, nil, nil)))
		if err != nil {
			t.Fatal(err)
		}
		got := syntax.Parse(source.NewFile("", "", printed)).Directives
		if len(got) != 2 || len(got[0].Words) != len(words) {
			t.Fatalf("%q prints %q", words, printed)
		}
		for i, w := range got[0].Words {
			if w.Value != words[i] {
				t.Fatalf("%q is read as %q", words[i], w.Value)
			}
		}
	})
}
