package syntax

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// shape writes a tree in one line: words, `;`, braces, and the gaps of each directive in parentheses.
func shape(list []*Directive) string {
	var out []string
	for _, d := range list {
		var words []string
		for _, w := range d.Words {
			words = append(words, w.Value)
		}
		text := strings.Join(words, " ") + gaps(d.Gap)
		switch {
		case d.Block != nil:
			text += " { " + shape(d.Block.Directives) + " }"
		case d.Term < 0:
			text += " !"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func gaps(g Gap) string {
	var names []string
	for i, name := range []string{"name", "args", "form", "maybe", "elsewhere", "inside"} {
		if g&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return "(" + strings.Join(names, ",") + ")"
}

func TestTemplates(t *testing.T) {
	cases := []struct{ name, path, text, want string }{
		{"envsubst", "default.conf.template", "listen ${PORT};\nserver_name $host ${x};\n", "listen ${template_PORT}(args); server_name $host ${x}"},
		{"envsubst, but a plain name", "default.conf", "listen ${PORT};\n", "listen ${PORT}"},
		{"envsubst, but the file defines it", "a.conf.template", "map $a $PORT { }\nset $x ${PORT};", "map $a $PORT {  }; set $x ${PORT}"},
		{"Jinja", "a.j2", "{% if tls %}\nlisten 443 ssl;\n{% else %}\nlisten 80;\n{% endif %}\nroot {{ root }};", "listen 443 ssl(maybe); listen 80(maybe); root ${template_root}(args)"},
		{"Jinja by what it says", "a.conf", "server {\n{% for x in y %}\nlisten {{ x }};\n{% endfor %}\n}\n", "server { listen ${template_x}(args,maybe) }"},
		{"ERB", "a.conf", "<% @x.each do |y| -%>\nallow <%= y %>;\n<% end -%>\n", "allow ${template_y}(args,maybe)"},
		{"Go", "a.tmpl", "{{- range $p := .Ports }}\nlisten {{ $p }}{{ if $.TLS }} ssl{{ end }};\n{{- end }}", "listen ${template_p} ssl(args,form,maybe)"},
		{"EJS", "a.ejs", "<% if (x) { %>\na b;\n<% } else { %>\nc d;\n<% } %>", "a b(maybe); c d(maybe)"},
		{"mustache", "a.mustache", "{{#x}}\nlisten {{y}};\n{{/x}}\n{{! {a} }}\nroot {{{z}}};", "listen ${template_y}(args,maybe); root ${template_z}(args)"},
		{"underscores", "nginx.conf", "location __PATH__/ { alias __DIR____SUB__; }", "location ${template_PATH}/(args) { alias ${template_DIR}${template_SUB}(args) }"},
		{"percents", "nginx.conf", "listen %%port%%;\nroot %ROOT%/x; return 302 /%20A%20;", "listen ${template_port}(args); root ${template_ROOT}/x(args); return 302 /%20A%20"},
		{"a placeholder alone", "a.j2", "{{ all }}\nserver {\n{{ some }}\nlisten 80;\n}", "${template_all}(name) !; server { ${template_some}(name) !; listen 80 }"},
		{"a placeholder with its end", "a.j2", "{{ all }};\nlisten\n  {{ x }}\n;", "${template_all}(name); listen ${template_x}(args)"},
		{"a part of a name", "a.tmpl", "{{ $p }}_pass http://x;", "${template_p}_pass http://x(name)"},
		{"a word with a condition", "a.j2", "proxy_pass http{% if t %}s{% endif %}://x;", "proxy_pass http${template_if_t}s${template_endif}://x(args)"},
		{"in quotes", "a.j2", "add_header A \"{{ a | d(\"}\") }};b\";", "add_header A ${template_a_d};b(args)"},
		{"exclusive beginnings", "a.j2", "{% if a %}\nserver {\n{% else %}\nlocation / {\n{% endif %}\nlisten 80;\n}\n", "server(maybe,inside) { listen 80 }"},
		{"exclusive ends", "a.j2", "listen 80\n{% if a %} ssl;\n{% else %};\n{% endif %}\nroot x;", "listen 80 ssl(form); root x"},
		{"left out in a block", "a.j2", "server {\n{% if a %}\nlocation /a {\n{% else %}\nlocation /b {\n{% endif %}\n}\n}", "server { location /a(maybe,inside) {  } }"},
		{"a macro", "a.j2", "{% macro m() %}\nproxy_pass x;\n{% endmacro %}\nserver { }", "proxy_pass x(elsewhere); server {  }"},
		{"raw", "a.j2", "{% raw %}\nreturn 200 '{{ x }}';\n{% endraw %}\n", "return 200 {{ x }}"},
		{"a whole file in an if", "a.tmpl", "{{ if .X }}\nserver {\nlisten 80;\n}\n{{ end }}", "server(maybe) { listen 80 }"},
		{"in a map", "a.j2", "map $a $b {\n{{ x }}\n{{ y }} z;\n}", "map $a $b { ${template_x}(name) !; ${template_y} z(name) }"},
		{"a shell's variable", "install.conf", "server {\n${listen}\nlisten 80;\n}", "server { ${template_listen}(name) !; listen 80 }"},
		{"sub_filter is nginx's own", "a.conf", "sub_filter '{{ nonce }}' $request_id;", "sub_filter {{ nonce }} $request_id"},
		{"Lua tables are no placeholders", "a.conf", "content_by_lua_block { local t = {{a}} }\n", "content_by_lua_block {  }"},
		{"a comment shows nothing", "a.conf", "# {{ x }} {% if %} <% y %> __Z__\nlisten ${PORT};", "listen ${PORT}"},
		{"nginx-ui", "a.conf", "# Nginx UI Template Start\nname = { en = \"A\", zh = \"B\" }\n# Nginx UI Template End\nroot x;", "root x"},
		{"the other half is elsewhere", "server_header.erb", "<% if a %>\nserver {\n<% end %>\nlisten 80;\n", "server(maybe) { listen 80 }"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := Parse(source.NewFile(c.path, c.path, c.text))
			checkTree(t, f)
			if got := shape(f.Directives); got != c.want || len(f.Errors) > 0 {
				t.Errorf("got  %s\nwant %s\n%+v", got, c.want, f.Errors)
			}
		})
	}
}

// TestTemplateErrors: what is wrong whichever way the template goes is an error, where it stands.
func TestTemplateErrors(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string // offsets' text and messages
	}{
		{"a missing semicolon", "{% if a %}\nserver {\nlisten {{ p }};\nroot x\n}\n{% endif %}", []string{"4: unexpected \"}\""}},
		{"in each branch", "{% if a %}\nserver {{% else %}\nserver {\n{% endif %}\n;}", []string{"5: unexpected \";\""}},
		{"in one branch only", "{% if a %}\nroot x; ;\n{% else %}\nroot y;\n{% endif %}", []string{"2: unexpected \";\""}},
		{"a stray brace", "root {{ x }};\n}\n", []string{"2: unexpected \"}\""}},
		{"an unclosed block", "server {\nroot {{ x }};\n", []string{"3: unexpected end of file, expecting \"}\""}},
		{"an unclosed construct", "server {\nroot {{ x ;\n}\n", []string{"2: unexpected \"{\"", "4: unexpected end of file, expecting \"}\""}},
		{"the placeholder may bring the semicolon", "server {\nroot {{ x }}\n}\n", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := Parse(source.NewFile("a.j2", "a.j2", c.text))
			checkTree(t, f)
			var got []string
			for _, e := range f.Errors {
				got = append(got, string(rune('0'+f.Line(e.Span.Start)))+": "+e.Message)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestTemplateTime: a text full of beginnings takes time in proportion to its size.
func TestTemplateTime(t *testing.T) {
	for _, unit := range []string{"{{", "{{\"", "{% ", "<% ", "{{a}}", "{% if a %}", "<%= x %>", "__A", "${A}", "{{ x }} { ", "!{", "{#{%"} {
		t.Run(unit, func(t *testing.T) {
			text := strings.Repeat(unit, 200_000/len(unit))
			checkTree(t, Parse(source.NewFile("a.j2", "a.j2", text)))
		})
	}
}
