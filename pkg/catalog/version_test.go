package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"1.22.1": "1.22.1",
		"1.22":   "1.22.1",
		"1.24":   "1.24.0",
		"1.26":   "1.26.3",
		"1.28":   "1.28.3",
		"1.30":   "1.30.6",
		"1.29.7": "1.29.7",
	} {
		if v, err := ParseTarget(text); err != nil || v.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, v, err, want)
		}
	}
	for text, want := range map[string]string{
		"1.29":        "which release",
		"1.32":        "is not known",
		"1":           "three numbers",
		"1.22.1.1":    "three numbers",
		"":            "no nginx version",
		"v1.22.1":     "no nginx version",
		"1.-2.1":      "no nginx version",
		"1.22.999999": "no nginx version",
	} {
		if v, err := ParseTarget(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error with %q", text, v, err, want)
		}
	}
}

func TestCompare(t *testing.T) {
	order := []Version{{}, {1, 1, 4}, {1, 9, 0}, {1, 22, 1}, {1, 29, 7}, {1, 29, 10}, {2, 0, 0}}
	for i, v := range order {
		for j, w := range order {
			if (v.Compare(w) < 0) != (i < j) || (v.Compare(w) == 0) != (i == j) || v.Before(w) != (i < j) {
				t.Errorf("%v to %v: %d", v, w, v.Compare(w))
			}
		}
	}
}

// TestProfilesCoverEveryVersion: no gap, no overlap, each name and representative in its place.
func TestProfilesCoverEveryVersion(t *testing.T) {
	all := Profiles()
	if len(all) != 8 || !all[0].From.IsZero() || !all[7].To.IsZero() {
		t.Fatalf("profiles: %v", all)
	}
	for i, p := range all {
		if i > 0 && p.From != all[i-1].To {
			t.Errorf("%s begins at %v, the one before ends at %v", p.Name, p.From, all[i-1].To)
		}
		if ProfileOf(p.Representative) != p {
			t.Errorf("%v is of %s, not of %s", p.Representative, ProfileOf(p.Representative).Name, p.Name)
		}
	}
	for text, want := range map[string]string{
		"1.22.1": "<1.23.0", "1.23.0": "1.23.0-1.28.x", "1.28.3": "1.23.0-1.28.x", "1.29.3": "1.29.0-1.29.3",
		"1.29.4": "1.29.4-1.29.6", "1.29.7": "1.29.7-1.30.x", "1.30.6": "1.29.7-1.30.x", "1.31.2": "1.31.0-1.31.2",
		"1.31.3": "1.31.3", "1.31.4": ">=1.31.4", "1.99.0": ">=1.31.4", "0.8.0": "<1.23.0",
	} {
		if v, err := ParseVersion(text); err != nil || ProfileOf(v).Name != want {
			t.Errorf("%s is of %s (%v), want %s", text, ProfileOf(v).Name, err, want)
		}
	}
}

func TestDefault(t *testing.T) {
	for _, test := range []struct {
		directive, version, value string
		known                     bool
	}{
		{"proxy_http_version", "1.29.6", "1.0", true},
		{"proxy_http_version", "1.29.7", "1.1", true},
		{"proxy_http_version", "1.0.0", "", false},
		{"proxy_read_timeout", "1.31.5", "60s", true},
		{"proxy_read_timeout", "1.22.1", "60s", false}, // the history does not follow it
		{"proxy_timeout", "1.31.5", "", false},         // mail and stream differ
		{"proxy_pass", "1.31.5", "", false},
		{"no_such", "1.31.5", "", false},
	} {
		v, err := ParseVersion(test.version)
		if err != nil {
			t.Fatal(err)
		}
		if value, known := Default(test.directive, v); value != test.value || known != test.known {
			t.Errorf("%s in %s: %q, %t, want %q, %t", test.directive, v, value, known, test.value, test.known)
		}
	}
}

func TestAppears(t *testing.T) {
	for directive, want := range map[string]string{
		"max_headers": "1.29.8", "http2": "1.25.1", "add_header_inherit": "1.29.3", "sticky": "1.29.6",
		"tunnel_pass": "1.31.0", "http3": "1.25.0", "ssl_stapling": "1.3.7",
		"resolver": "", "js_content": "", "js_import": "", "no_such": "", "least_time": "",
	} {
		got := ""
		if v, ok := Appears(directive); ok {
			got = v.String()
		}
		if got != want {
			t.Errorf("%s appears in %q, want %q", directive, got, want)
		}
	}
}

// TestHistoryAgreesWithTheTable: where the history says that a directive appears, so does the table.
func TestHistoryAgreesWithTheTable(t *testing.T) {
	n := 0
	for _, c := range History("") {
		if !c.Appears || Lookup(c.Topic) == nil {
			continue
		}
		n++
		if v, ok := Appears(c.Topic); !ok || v != c.Version {
			t.Errorf("%s: the table says %v, the history %v", c.Topic, v, c.Version)
		}
	}
	if n < 5 {
		t.Errorf("only %d directives in the history", n)
	}
	versions := History("proxy_http_version")
	if len(versions) != 3 || !slices.IsSortedFunc(versions, func(a, b Change) int { return a.Version.Compare(b.Version) }) {
		t.Errorf("proxy_http_version: %v", versions)
	}
}
