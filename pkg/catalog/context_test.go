package catalog

import "testing"

func TestContextNames(t *testing.T) {
	var all Context
	for _, c := range Contexts() {
		if all&c != 0 {
			t.Errorf("%v twice", c)
		}
		all |= c
		if back, ok := ParseContext(c.String()); !ok || back != c {
			t.Errorf("%v reads back as %v, %t", c, back, ok)
		}
	}
	if all != AnyContext {
		t.Errorf("the contexts are %v", all)
	}
	if got, want := (HTTP | Server).String(), "http,server"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := AnyContext.String(); got != "any" {
		t.Errorf("all contexts are %q", got)
	}
}

func TestParseContexts(t *testing.T) {
	if set, bad := ParseContexts("http, if-in-location,limit_except"); set != HTTP|IfInLocation|LimitExcept || bad != "" {
		t.Errorf("%v, %q", set, bad)
	}
	if set, bad := ParseContexts("http,htpp"); set != 0 || bad != "htpp" {
		t.Errorf("%v, %q", set, bad)
	}
	if _, ok := ParseContext("Server"); ok {
		t.Error("names of contexts are exact")
	}
}
