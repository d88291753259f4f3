package diag

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// finding is a Diagnostic at the first place of text in a file.
func finding(f *source.File, rule, scope, text string) Diagnostic {
	at := strings.Index(f.Text, text)
	return Diagnostic{Rule: rule, Scope: scope, At: Location{f, source.Span{Start: at, End: at + len(text)}}}
}

func TestFingerprints(t *testing.T) {
	const scope = "http/server[a.test]/location[/ws]/proxy_read_timeout[1s]"
	base := source.NewFile("a.conf", "a.conf", "location /ws {\n    proxy_read_timeout 1s;\n}\n")
	of := func(name, text, rule, scope, at string) string {
		return Fingerprints([]Diagnostic{finding(source.NewFile(name, name, text), rule, scope, at)})[0]
	}
	want := Fingerprints([]Diagnostic{finding(base, "r", scope, "proxy_read_timeout 1s")})[0]
	tests := []struct {
		name, file, text, rule, scope, at string
		same                              bool
	}{
		{"lines above", "a.conf", "# new\n\n" + base.Text, "r", scope, "proxy_read_timeout 1s", true},
		{"indentation", "a.conf", "\tproxy_read_timeout\t \t1s;", "r", scope, "proxy_read_timeout\t \t1s", true},
		{"over two lines, CRLF", "a.conf", "proxy_read_timeout 1s\r\n;\r\n", "r", scope, "proxy_read_timeout 1s\r\n", true},
		{"beside another statement", "a.conf", "location /ws { a; proxy_read_timeout 1s; b; }", "r", scope,
			"proxy_read_timeout 1s", true},
		{"another argument", "a.conf", base.Text, "r", strings.Replace(scope, "1s", "2s", 1), "proxy_read_timeout 1s", false},
		{"another location", "a.conf", base.Text, "r", strings.Replace(scope, "/ws", "/x", 1), "proxy_read_timeout 1s", false},
		{"another word of the statement", "a.conf", base.Text, "r", scope, "1s", false},
		{"another rule", "a.conf", base.Text, "r2", scope, "proxy_read_timeout 1s", false},
		{"another file", "b.conf", base.Text, "r", scope, "proxy_read_timeout 1s", false},
	}
	for _, test := range tests {
		got := of(test.file, test.text, test.rule, test.scope, test.at)
		if (got == want) != test.same {
			t.Errorf("%s: the fingerprint is the same: %v, want %v", test.name, got == want, test.same)
		}
	}
}

func TestFingerprintsWithoutScope(t *testing.T) {
	of := func(text, at string) string {
		return Fingerprints([]Diagnostic{finding(source.NewFile("a", "a", text), "syntax", "", at)})[0]
	}
	if of("listen 80;\n  foo }", "}") != of("foo  }", "}") {
		t.Error("a syntax error changes its fingerprint with lines above and with blanks")
	}
	if of("foo }", "}") == of("bar }", "}") {
		t.Error("two syntax errors on different lines have one fingerprint")
	}
}

func TestFingerprintsCountEquals(t *testing.T) {
	f := source.NewFile("a", "a", "a;\n")
	d := finding(f, "r", "http/a", "a")
	got := Fingerprints([]Diagnostic{d, d, finding(f, "other", "http/a", "a"), d})
	if got[1] != got[0]+"-2" || got[3] != got[0]+"-3" || strings.Contains(got[2], "-") {
		t.Errorf("fingerprints of equals: %q", got)
	}
}

func TestFingerprintsOddPlaces(t *testing.T) {
	f := source.NewFile("a", "a", "x\r\n")
	for _, d := range []Diagnostic{{}, {At: Location{f, source.Span{Start: 99, End: 3}}}, {At: Location{f, source.Span{Start: -4, End: -9}}},
		{Scope: "s", At: Location{f, source.Span{Start: 2, End: 3}}}} {
		if got := Fingerprints([]Diagnostic{d}); len(got[0]) != 32 {
			t.Errorf("fingerprint of %+v: %q", d, got)
		}
	}
}

func TestSort(t *testing.T) {
	a, b := source.NewFile("a", "a", "0123456789"), source.NewFile("b", "b", "0123456789")
	at := func(f *source.File, start int, rule, message string) Diagnostic {
		return Diagnostic{Rule: rule, Message: message, At: Location{f, source.Span{Start: start, End: start + 1}}}
	}
	want := []Diagnostic{{Rule: "z"}, at(a, 1, "y", "m"), at(a, 2, "x", "m"), at(a, 2, "y", "k"), at(a, 2, "y", "m"), at(b, 0, "a", "m")}
	got := slices.Clone(want)
	slices.Reverse(got)
	Sort(got)
	for i := range want {
		if got[i].Rule != want[i].Rule || got[i].Message != want[i].Message || got[i].At != want[i].At {
			t.Errorf("place %d: %s %s, want %s %s", i, got[i].Rule, got[i].Message, want[i].Rule, want[i].Message)
		}
	}
}
