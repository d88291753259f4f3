package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes files and folders (names that end in a slash) below a new folder, which becomes the working folder.
func write(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(name, []byte("text of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiskOpen(t *testing.T) {
	dir := write(t, "a.conf", "sub/b.conf")
	d := Disk{Dir: dir}
	tests := []struct{ path, name string }{
		{"a.conf", "a.conf"},
		{"./sub/../a.conf", "a.conf"},
		{filepath.Join(dir, "sub", "b.conf"), "sub/b.conf"},
		{filepath.Join("..", filepath.Base(dir), "a.conf"), "a.conf"},
	}
	for _, test := range tests {
		f, err := d.Open(test.path)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != test.name || f.Path != test.path || !strings.HasPrefix(f.Text, "text of ") {
			t.Errorf("%s: name %q, path %q, text %q", test.path, f.Name, f.Path, f.Text)
		}
	}
	elsewhere := Disk{Dir: filepath.Join(dir, "sub")}
	if f, err := elsewhere.Open(filepath.Join(dir, "a.conf")); err != nil || f.Name != filepath.ToSlash(filepath.Join(dir, "a.conf")) {
		t.Errorf("a file outside the working folder: %+v, %v", f, err)
	}
}

func TestDiskRefuses(t *testing.T) {
	write(t, "dir/", "big.conf", "a.conf")
	tests := []struct {
		path, message string
		is            error
	}{
		{"dir", "dir: not a regular file: it is a directory", ErrNotRegular},
		{"big.conf", "big.conf: file is too large: 16 bytes, the limit is 15", ErrTooLarge},
		{"no\nthing", `no\nthing: no such file or directory`, fs.ErrNotExist},
	}
	for _, test := range tests {
		_, err := Disk{MaxFileSize: 15}.Open(test.path)
		if !errors.Is(err, test.is) || err.Error() != test.message {
			t.Errorf("%q: error %q, want %q", test.path, err, test.message)
		}
	}
	if f, err := (Disk{MaxFileSize: 14}).Open("a.conf"); err != nil {
		t.Errorf("a file of the limit's size: %v, %v", f, err)
	}
}

func TestReadLimit(t *testing.T) {
	if f, err := Read("-", strings.NewReader("12345"), 5); err != nil || f.Text != "12345" || f.Name != "-" {
		t.Errorf("five bytes: %+v, %v", f, err)
	}
	_, err := Read("-", strings.NewReader("123456"), 5)
	if !errors.Is(err, ErrTooLarge) || err.Error() != "-: file is too large: more than the limit of 5 bytes" {
		t.Errorf("six bytes: %v", err)
	}
	if _, err := Read("-", neverEnding{}, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("no end: %v", err)
	}
}

// neverEnding is a reader without an end.
type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

// globCases are patterns and what glibc's glob(3) finds for them among globFiles, in its order; recorded from it.
var globFiles = []string{"a.conf", "b.conf", "c", ".hidden.conf", "B.conf", "x[1].conf", "x1.conf", "star*.conf", "a-b", "]",
	"s1/a.conf", "s1/.h", "s2/a.conf", "s2/sub/z", "s3/b.conf", ".dot/a.conf", "é.conf"}

var globCases = []struct {
	pattern string
	want    []string
}{
	{"*.conf", []string{"B.conf", "a.conf", "b.conf", "star*.conf", "x1.conf", "x[1].conf", "é.conf"}},
	{"[a-b].conf", []string{"a.conf", "b.conf"}},
	{"[!a].conf", []string{"B.conf", "b.conf"}},
	{"[^a].conf", []string{"B.conf", "b.conf"}},
	{"[]]", []string{"]"}},
	{"[[:upper:]].conf", []string{"B.conf"}},
	{"x[1].conf", []string{"x1.conf"}},
	{`x\[1].conf`, []string{"x[1].conf"}},
	{`star\*.conf`, []string{"star*.conf"}},
	{"??.conf", []string{"x1.conf", "é.conf"}},
	{".*.conf", []string{".hidden.conf"}},
	{"[.]hidden.conf", nil},
	{"?hidden.conf", nil},
	{"s*/a.conf", []string{"s1/a.conf", "s2/a.conf"}},
	{"*/*.conf", []string{"s1/a.conf", "s2/a.conf", "s3/b.conf"}},
	{".d*/*", []string{".dot/a.conf"}},
	{"./s[12]/*", []string{"./s1/a.conf", "./s2/a.conf", "./s2/sub"}},
	{"s?", []string{"s1", "s2", "s3"}},
	{"s?/", []string{"s1/", "s2/", "s3/"}},
	{"**/a.conf", []string{"s1/a.conf", "s2/a.conf"}},
	{"{a,b}.conf", nil},
	{"a.conf", []string{"a.conf"}},
	{"none/*.conf", nil},
	{"a.conf/*", nil},
	{"", nil},
}

func TestDiskGlob(t *testing.T) {
	write(t, globFiles...)
	for _, test := range globCases {
		got, err := Disk{}.Glob(test.pattern)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v, want %q", test.pattern, got, err, test.want)
		}
	}
}

func TestMemoryGlob(t *testing.T) {
	m := Memory{}
	for _, name := range globFiles {
		m[name] = "text"
	}
	for _, test := range globCases {
		got, err := m.Glob(test.pattern)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v, want %q", test.pattern, got, err, test.want)
		}
	}
	absolute := Memory{"/etc/nginx/conf.d/a.conf": "", "/etc/nginx/nginx.conf": ""}
	if got, err := absolute.Glob("/etc/*/conf.d/*"); err != nil || len(got) != 1 || got[0] != "/etc/nginx/conf.d/a.conf" {
		t.Errorf("absolute: %q, %v", got, err)
	}
}

func TestGlobTooMany(t *testing.T) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("d/%d.conf", i))
	}
	write(t, names...)
	_, err := Disk{MaxMatches: 29}.Glob("d/*")
	if !errors.Is(err, ErrTooMany) || err.Error() != "d/*: pattern matches too many files: 30, the limit is 29" {
		t.Errorf("30 files with limit 29: %v", err)
	}
	if got, err := (Disk{MaxMatches: 30}).Glob("d/*"); err != nil || len(got) != 30 {
		t.Errorf("30 files with limit 30: %d, %v", len(got), err)
	}
}

// wideTree is a tree in which each folder has a thousand, without an end.
type wideTree struct{}

func (wideTree) names(_ string, yield func(string) bool) error {
	for i := range 1000 {
		if !yield(fmt.Sprint(i)) {
			break
		}
	}
	return nil
}
func (wideTree) exists(string) bool   { return true }
func (wideTree) isFolder(string) bool { return true }

func TestGlobEnds(t *testing.T) {
	for _, pattern := range []string{"*/*/x/*", "*/*/*/*/*"} {
		if _, err := expand(wideTree{}, pattern, 2_000_000); !errors.Is(err, ErrTooMany) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestMemoryOpen(t *testing.T) {
	m := Memory{"conf.d/a.conf": "a", "/etc/b.conf": "b"}
	for path, want := range map[string]string{"conf.d/a.conf": "a", "./conf.d//a.conf": "a", "/etc/b.conf": "b", "/etc/x/../b.conf": "b"} {
		if f, err := m.Open(path); err != nil || f.Text != want || f.Path != path {
			t.Errorf("%s: %+v, %v", path, f, err)
		}
	}
	if _, err := m.Open("conf.d"); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := m.Open("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("[!a-c]*\\[?", "xyz[q")
	f.Add("*a*b*[[:alpha:]]", "aaabbb")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 100 || len(name) > 1000 {
			return
		}
		matchName(pattern, name)
		quoted := strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(name)
		if escapes && !matchName(quoted, name) {
			t.Errorf("%q does not match %q", quoted, name)
		}
		if !magic(pattern) && !danglingEscape(pattern) && !strings.HasPrefix(name, ".") &&
			matchName(pattern, name) != (unescape(pattern) == name) {
			t.Errorf("%q without magic and %q", pattern, name)
		}
	})
}

func BenchmarkGlob(b *testing.B) {
	dir := b.TempDir()
	for i := range 40_000 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%05d.conf", i)))
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if got, err := (Disk{}).Glob(filepath.Join(dir, "*.conf")); err != nil || len(got) != 40_000 {
			b.Fatal(len(got), err)
		}
	}
}
