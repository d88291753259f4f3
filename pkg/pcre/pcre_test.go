package pcre

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

// unset stands for a group that captured nothing.
const unset = "<unset>"

func mustCompile(t testing.TB, pattern string, opts Options) *Regexp {
	t.Helper()
	r, err := Compile(pattern, opts)
	if err != nil {
		t.Fatalf("Compile(%q): %v", pattern, err)
	}
	return r
}

// groupsOf gives what all groups captured, nil where there is no match.
func groupsOf(t testing.TB, r *Regexp, subject string) []string {
	t.Helper()
	m, err := r.Match(subject)
	if err != nil {
		t.Fatalf("%q on %q: %v", r, subject, err)
	}
	if m == nil {
		return nil
	}
	groups := make([]string, m.NumGroups+1)
	for i := range groups {
		s, ok := m.Group(i)
		if groups[i] = s; !ok {
			groups[i] = unset
		}
	}
	return groups
}

// TestMatch has a row for each thing that PCRE2 does and that another engine
// is likely to do otherwise. Every row was checked with pcre2test 10.42.
func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, subject string
		want             []string
	}{
		{`\.php$`, "/index.php", []string{".php"}},
		{`\.php$`, "/index.php\n", []string{".php"}},
		{`\.php$`, "/index.php\n\n", nil},
		{`\.php\z`, "/index.php\n", nil},
		{`^a.b$`, "a\nb", nil},
		{`^a.b$`, "a\xffb", []string{"a\xffb"}},
		{`^.{2}$`, "é", []string{"é"}},
		{`^\w+$`, "é", nil},
		{`^é+$`, "éé", nil},
		{`^b`, "a\nb", nil},
		{`(?m)^b`, "a\nb", []string{"b"}},
		{`(?m)^$`, "a\n", nil},
		{`(?i)É`, "é", nil},
		{`(?i)k`, "\u212a", nil},
		{`(a)(?<x>b)(c)(?<y>d)`, "abcd", []string{"abcd", "a", "b", "c", "d"}},
		{`(?|(a)|(b))(c)`, "bc", []string{"bc", "b", "c"}},
		{`(a)|(b)`, "b", []string{"b", unset, "b"}},
		{`(?:(a)|b)*`, "ab", []string{"ab", "a"}},
		{`a++a`, "aaa", nil},
		{`(?>a|ab)c`, "abc", nil},
		{`\Qa.b\E+`, "a.bbb", []string{"a.bbb"}},
		{`\h\H\v\V\N`, " x\nyz", []string{" x\nyz"}},
		{`^\R\R$`, "\r\n\x85", []string{"\r\n\x85"}},
		{`(a)\g{-1}\g1\g{1}`, "aaaa", []string{"aaaa", "a"}},
		{`(?P<n>a)(?P=n)\k<n>\k'n'\k{n}`, "aaaaa", []string{"aaaaa", "a"}},
		{`(\d)(?1)(?-1)`, "123", []string{"123", "1"}},
		{`(?(DEFINE)(?<byte>25[0-5]|1?\d?\d))^(?&byte)(?:\.(?&byte)){3}$`, "10.0.0.255", []string{"10.0.0.255", unset}},
		{`(<)?a(?(1)>)$`, "<a>", []string{"<a>", "<"}},
		{`(?(?=x)xy|z)`, "z", []string{"z"}},
		{`foo\Kbar`, "foobar", []string{"bar"}},
		{`(?<=ab|c)d`, "cd", []string{"d"}},
		{`(?<!\.min)\.js$`, "/a.min.js", nil},
		{`[[:alpha:]]+[^[:^digit:]]`, "ab1", []string{"ab1"}},
		{`[[:<:]]a[[:>:]]`, "b a b", []string{"a"}},
		{`(?x) a b # c`, "ab", []string{"ab"}},
		{`(?U)a+(a*)`, "aaa", []string{"a", ""}},
		{`\x{41}\101\o{101}\cA\e`, "AAA\x01\x1b", []string{"AAA\x01\x1b"}},
		{`\p{Lu}\pN`, "É1\xc91", []string{"\xc91"}},
		{`(|a){0,3}$`, "a", []string{"a", "a"}},
		{`(*F)|a`, "a", []string{"a"}},
		{`a(?C1)b`, "ab", []string{"ab"}},
		{``, "", []string{""}},
	}
	for _, test := range tests {
		r := mustCompile(t, test.pattern, Options{})
		if got := groupsOf(t, r, test.subject); !slices.Equal(got, test.want) {
			t.Errorf("%q on %q: %q, want %q", test.pattern, test.subject, got, test.want)
		}
	}
}

func TestCaseInsensitive(t *testing.T) {
	r := mustCompile(t, `\.(JPG|png)(?-i)a\1`, Options{CaseInsensitive: true})
	if got := groupsOf(t, r, "x.jpgajpg"); !slices.Equal(got, []string{".jpgajpg", "jpg"}) {
		t.Errorf("got %q", got)
	}
	if got := groupsOf(t, r, "x.jpgAjpg"); got != nil {
		t.Errorf("got %q, want no match", got)
	}
}

func TestNames(t *testing.T) {
	r := mustCompile(t, `(?<z>a)(b)(?'a'c)`, Options{})
	if !slices.Equal(r.Names(), []string{"z", "a"}) || r.NumGroups() != 3 || r.GroupIndex("a") != 3 || r.GroupIndex("b") != -1 {
		t.Errorf("names %q, %d groups", r.Names(), r.NumGroups())
	}
	m, err := r.Match("xabc")
	if err != nil || m == nil {
		t.Fatal(m, err)
	}
	if s, ok := m.Named("a"); s != "c" || !ok {
		t.Errorf("a is %q, %v", s, ok)
	}
	if s, ok := m.Named("b"); s != "" || ok {
		t.Errorf("b is %q, %v", s, ok)
	}
	if start, end, ok := m.Offsets(2); start != 2 || end != 3 || !ok {
		t.Errorf("group 2 is at %d to %d, %v", start, end, ok)
	}
}

// TestUnsupported are patterns that PCRE2, or one of its versions, accepts.
func TestUnsupported(t *testing.T) {
	for _, pattern := range []string{
		`(?R)?a`, `(a(?1)?b)`, `a(*SKIP)b`, `(*UTF)a`, `(*napla:a)`, `(?<=a{1,2})b`, `(?J)(?<n>a)(?<n>b)`, `\p{Greek}`, `a{,3}`, `(?(R)a)`,
		`((a)\2)(?1)`, `(?(VERSION>=10.4)a)`, `a?(?>|b)a`, `(a{60000}){60000}`, `\x`, `(?[a])`, `[\k]`, `(?r)a`, `\x{ 41 }`, `((((a?){50}){50}){50}){50}`,
	} {
		if r, err := Compile(pattern, Options{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: %v %v, want %v", pattern, r, err, ErrUnsupported)
		}
	}
}

// TestTimeout is nginx's 500: pcre2_match gives -47 for the same pair.
func TestTimeout(t *testing.T) {
	for _, pattern := range []string{`^(([a-z])+.)+[A-Z]([a-z])+$`, `^(a|aa)+$`} {
		r := mustCompile(t, pattern, Options{})
		if m, err := r.Match(strings.Repeat("a", 60) + "!"); !errors.Is(err, ErrTimeout) {
			t.Errorf("%q: %v %v, want %v", pattern, m, err, ErrTimeout)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	for _, pattern := range []string{`^/a/(\d+)$`, `^/a/(?=\d)(\d++)$`} {
		r := mustCompile(t, pattern, Options{})
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 100 {
					if m, err := r.Match("/a/12\n"); err != nil || m == nil {
						t.Errorf("%q: %v %v", pattern, m, err)
						return
					}
				}
			})
		}
		group.Wait()
	}
}
