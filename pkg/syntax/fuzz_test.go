package syntax

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzParse: no text makes Parse panic, each is owned by its tree byte for byte, and where no Lua is in it the naive
// reading agrees.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 13))
	for range 30 {
		f.Add(randomText(r))
	}
	f.Add("http { server { ... location /ws { proxy_http_version: 1.1; } }")
	f.Add("content_by_lua_block { --[[ } ]] '}' [=[ ]] ]=] }")
	f.Add(walkText)
	f.Add("{% if a %}server { listen {{ p }};{% else %}server {{% endif %} <%= x %> __P__ ${P} %%p%% {{- /* c */ -}}\n{{ y }}\n}")
	f.Add("!{}{{/**/}}{%%}<%%>{##}{{}}${a.b}")
	f.Add("# {{ a\n}}\nmap $a $b { {% for x in y %} {{ x }} '{{ z }}'; {% endfor %} } {% raw %}{{ {% endraw %} {{{ t }}}")
	f.Fuzz(func(t *testing.T, text string) {
		checkTree(t, parseText(text))
		tree := exact(text)
		checkTree(t, tree)
		deep := slices.ContainsFunc(tree.Errors, func(e Error) bool { return e.Reason == TooDeep })
		if deep || strings.Contains(text, "_by_lua_block") {
			return
		}
		if diff := compare(tree, naiveReading(text)); diff != "" {
			t.Fatalf("%s in %q\n tree: %q %+v\nnaive: %+v", diff, text, tokens(tree.Directives), tree.Errors, naiveReading(text))
		}
	})
}
