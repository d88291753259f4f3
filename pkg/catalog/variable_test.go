package catalog

import "testing"

func TestLookupVariable(t *testing.T) {
	for name, want := range map[string]string{
		"host":                    "host",
		"http_upgrade":            "http_",
		"http_":                   "http_",
		"http_host":               "http_host",
		"HTTP_Upgrade":            "http_",
		"Remote_Addr":             "remote_addr",
		"upstream_http_x":         "upstream_http_",
		"sent_http_upgrade":       "sent_http_",
		"proxy_protocol_tlv_ssl":  "proxy_protocol_tlv_",
		"arg_a":                   "arg_",
		"upstream_addr":           "upstream_addr",
		"connection_upgrade":      "",
		"http-upgrade":            "",
		"htt":                     "",
		"":                        "",
		"upstream_connect_time":   "upstream_connect_time",
		"proxy_internal_host":     "proxy_internal_host",
		"upstream_cookie_session": "upstream_cookie_",
	} {
		got := ""
		if v := LookupVariable(name); v != nil {
			got = v.Name
		}
		if got != want {
			t.Errorf("$%s is of %q, want %q", name, got, want)
		}
	}
}

func TestVariablesAreSortedAndFound(t *testing.T) {
	last := ""
	for v := range Variables() {
		if v.Name <= last {
			t.Errorf("%s after %s", v.Name, last)
		}
		last = v.Name
		if LookupVariable(v.Name) != v || v.Where == 0 {
			t.Errorf("%s: found %v, where %v", v.Name, LookupVariable(v.Name), v.Where)
		}
	}
	if v := LookupVariable("upstream_status"); v.Where != HTTP {
		t.Errorf("$upstream_status is of %v", v.Where)
	}
}
