package route_test

import (
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// TestInsideOfALocation takes the top of a fragment that is the inside of a location as that location.
func TestInsideOfALocation(t *testing.T) {
	const text = "if ($arg_a) {\n return 403;\n}\nproxy_pass http://127.0.0.1:9000;\nproxy_http_version 1.1;\n"
	cfg, err := config.NewLoader(source.Memory{"x.conf": text}).Load("x.conf", config.Options{Contexts: catalog.Location})
	if err != nil {
		t.Fatal(err)
	}
	table := vars.NewTable(cfg)
	for target, kind := range map[string]route.Kind{"/": route.Proxy, "/?a=1": route.Answer} {
		req := &vars.Request{Method: "GET", Target: target, Version: "1.1", Headers: []vars.Header{{Name: "Host", Value: "a"}}}
		d := route.New(cfg, table).At(table.NewRun(req, catalog.Version{Major: 1, Minor: 26, Patch: 3}, nil), cfg.Root)
		if d.Kind != kind || kind == route.Proxy && d.Handler != cfg.Root.Own("proxy_pass")[0] {
			t.Errorf("%s: %+v", target, d)
		}
	}
}
