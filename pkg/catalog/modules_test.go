package catalog

import (
	"slices"
	"testing"
)

func TestModules(t *testing.T) {
	known := Modules()
	for written, want := range map[string]string{
		"headers-more": "headers-more", "headers-more-nginx-module": "headers-more", "Headers_More": "headers-more",
		"ngx_http_lua_module": "lua", "lua-nginx-module": "lua", "ngx_brotli": "brotli", "vts": "vts", "ngx_http_geoip_module": "geoip",
	} {
		if got := ModuleName(written); got != want || !slices.Contains(known, got) {
			t.Errorf("%s: %s, want %s, among the known: %v", written, got, want, slices.Contains(known, got))
		}
	}
	if slices.Contains(known, "header-more") || !slices.IsSorted(known) {
		t.Error(known)
	}
}
