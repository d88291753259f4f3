package catalog

import "testing"

func TestIn(t *testing.T) {
	for _, test := range []struct {
		name   string
		ctx    Context
		module string
	}{
		{"server", HTTP, "ngx_http_core_module"},
		{"server", Upstream, "ngx_http_upstream_module"},
		{"server", Stream, "ngx_stream_core_module"},
		{"server", Location, ""},
		{"keepalive_timeout", Upstream, "ngx_http_upstream_module"},
		{"keepalive_timeout", Server, "ngx_http_core_module"},
		{"proxy_set_header", IfInLocation, ""},
		{"proxy_pass", LimitExcept, "ngx_http_proxy_module"},
		{"proxy_pass", StreamServer, "ngx_stream_proxy_module"},
		{"error_log", Location, "ngx_core_module"},
		{"include", LimitExcept, "ngx_core_module"},
		{"map", Server, ""},
	} {
		got := ""
		if e := Lookup(test.name).In(test.ctx); e != nil {
			got = e.Module
		}
		if got != test.module {
			t.Errorf("%s in %v: module %q, want %q", test.name, test.ctx, got, test.module)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, test := range []struct {
		name string
		ctx  Context
		want Tri
	}{
		{"proxy_pass", Location, Yes},
		{"proxy_pass", Server, No},
		{"proxy_pass", Location | Server, Unknown},
		{"proxy_set_header", HTTP | Server | Location, Yes},
		{"proxy_pass", 0, Unknown},
		{"header", Location, Unknown}, // contexts not in the data
	} {
		if got := Lookup(test.name).Allowed(test.ctx); got != test.want {
			t.Errorf("%s in %v: %v, want %v", test.name, test.ctx, got, test.want)
		}
	}
}

func TestBlockKind(t *testing.T) {
	for _, test := range []struct {
		name string
		ctx  Context
		want Tri
	}{
		{"server", HTTP, Yes},
		{"server", Upstream, No},
		{"server", StreamUpstream, No},
		{"server", Location, Unknown}, // misplaced, and the entries differ
		{"map", Server, Yes},          // misplaced, but a block everywhere
		{"if", 0, Yes},
		{"proxy_pass", Main, No},
		{"content_by_lua_block", Location, Yes},
		{"set_by_lua_block", Server, Yes},
	} {
		if got := Lookup(test.name).BlockKind(test.ctx); got != test.want {
			t.Errorf("%s in %v: %v, want %v", test.name, test.ctx, got, test.want)
		}
	}
}

// TestEmptyCellsAreUnknown: what the data leaves open says neither yes nor no.
func TestEmptyCellsAreUnknown(t *testing.T) {
	if got := Lookup("acme_certificate").Entries[0].Arity.Allows(99); got != Unknown {
		t.Errorf("acme_certificate with 99 arguments: %v", got)
	}
	if v, ok := Appears("proxy_pass"); ok {
		t.Errorf("proxy_pass appears in %v, which the data does not say", v)
	}
	if Lookup("header").ContextsKnown() {
		t.Error("contexts of header are known")
	}
}

func TestArity(t *testing.T) {
	for _, test := range []struct {
		name    string
		ctx     Context
		allowed []int
		refused []int
		text    string
	}{
		{"map", HTTP, []int{2}, []int{0, 1, 3}, "2"},
		{"add_header", HTTP, []int{2, 3}, []int{1, 4}, "2 or 3"},
		{"error_page", HTTP, []int{2, 100}, []int{0, 1}, "2 or more"},
		{"gzip", HTTP, []int{1}, []int{0, 2}, "on or off"},
		{"random", Upstream, []int{0, 1, 2}, []int{3}, "0 to 2"},
		{"content_by_lua_block", Location, []int{0}, []int{1}, "0"},
		{"set_by_lua_block", Location, []int{1}, []int{0, 2}, "1"},
	} {
		a := Lookup(test.name).In(test.ctx).Arity
		for _, n := range test.allowed {
			if a.Allows(n) != Yes {
				t.Errorf("%s with %d arguments: %v", test.name, n, a.Allows(n))
			}
		}
		for _, n := range test.refused {
			if a.Allows(n) != No {
				t.Errorf("%s with %d arguments: %v", test.name, n, a.Allows(n))
			}
		}
		if a.String() != test.text {
			t.Errorf("%s takes %q, want %q", test.name, a, test.text)
		}
	}
}

func TestFlag(t *testing.T) {
	flag := Lookup("gzip").In(HTTP).Arity
	for word, want := range map[string]Tri{"on": Yes, "OFF": Yes, "oN": Yes, "yes": No, "": No, "$gzip": No} {
		if got := flag.AllowsFlag(word); got != want {
			t.Errorf("gzip %q: %v, want %v", word, got, want)
		}
	}
	if got := Lookup("listen").In(Server).Arity.AllowsFlag("80"); got != Unknown {
		t.Errorf("listen is a flag: %v", got)
	}
}
