package catalog

import "testing"

func TestThirdParty(t *testing.T) {
	for name, want := range map[string]string{
		"echo_sleep":            "echo-nginx-module",
		"brotli":                "ngx_brotli",
		"CheckRule":             "naxsi",
		"proxy_cache_purge":     "ngx_cache_purge",
		"foo_by_lua_file":       "lua-nginx-module",
		"access_by_x_lua_block": "lua-nginx-module",
		"set_md5":               "set-misc-nginx-module",
		"proxy_pas":             "",
		"...":                   "",
		"":                      "",
	} {
		if got, ok := ThirdParty(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", name, got, ok, want)
		}
	}
}
