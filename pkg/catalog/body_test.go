package catalog

import (
	"strings"
	"testing"
)

// TestEveryBlockHasABody: of each block the catalog knows what it holds, or says that it does not.
func TestEveryBlockHasABody(t *testing.T) {
	opaque := map[string]bool{"match": true, "otel_exporter": true}
	for d := range All() {
		for _, e := range d.Entries {
			if e.Block != Yes {
				continue
			}
			if body, _ := BodyOf(d.Name, e.Contexts); (body == OpaqueBody) != opaque[d.Name] {
				t.Errorf("%s in %v: body %d", d.Name, e.Contexts, body)
			}
		}
	}
}

func TestBodyOf(t *testing.T) {
	for _, test := range []struct {
		name   string
		ctx    Context
		body   Body
		inside Context
	}{
		{"server", HTTP, DirectiveBody, Server},
		{"server", Stream, DirectiveBody, StreamServer},
		{"server", Upstream, OpaqueBody, 0},
		{"if", Server, DirectiveBody, IfInServer},
		{"if", Location, DirectiveBody, IfInLocation},
		{"location", Location, DirectiveBody, Location},
		{"limit_except", Location, DirectiveBody, LimitExcept},
		{"map", HTTP, DataBody, 0},
		{"map", Server, DataBody, 0}, // misplaced, and data all the same
		{"types", Location, DataBody, 0},
		{"content_by_lua_block", Location, LuaBody, 0},
		{"rtmp", Main, OpaqueBody, 0},
	} {
		if body, inside := BodyOf(test.name, test.ctx); body != test.body || inside != test.inside {
			t.Errorf("%s in %v: %d %v, want %d %v", test.name, test.ctx, body, inside, test.body, test.inside)
		}
	}
}

func TestRawLuaBlock(t *testing.T) {
	n := 0
	for d := range All() {
		if RawLuaBlock(d.Name) != strings.HasSuffix(d.Name, "_by_lua_block") {
			t.Errorf("%s: %t", d.Name, RawLuaBlock(d.Name))
		}
		if RawLuaBlock(d.Name) {
			n++
		}
	}
	if n != 19 {
		t.Errorf("%d directives with a Lua block, want 19", n)
	}
	for _, name := range []string{"js_content", "content_by_lua", "_by_lua_block", ""} {
		if RawLuaBlock(name) {
			t.Errorf("%q has a Lua block", name)
		}
	}
}
