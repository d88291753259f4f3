package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dumpText has what is hard about a dump: an empty file, one that ends without LF, one in CRLF, one with a line in it that
// looks like those between files, one with LFs at its end.
const dumpText = "# configuration file /etc/nginx/nginx.conf:\nevents {}\ninclude conf.d/*;\n\n" +
	"# configuration file /etc/nginx/conf.d/a.conf:\n\n" +
	"# configuration file /etc/nginx/conf.d/b.conf:\n# no end\n" +
	"# configuration file /etc/nginx/conf.d/c.conf:\na;\r\n# configuration file /etc/nginx/nginx.conf:\r\n\n" +
	"# configuration file /etc/nginx/conf.d/../d.conf:\n\n\nd;\n\n\n"

var dumpFiles = Memory{
	"/etc/nginx/nginx.conf":    "events {}\ninclude conf.d/*;\n",
	"/etc/nginx/conf.d/a.conf": "",
	"/etc/nginx/conf.d/b.conf": "# no end",
	"/etc/nginx/conf.d/c.conf": "a;\r\n# configuration file /etc/nginx/nginx.conf:\r\n",
	"/etc/nginx/d.conf":        "\n\nd;\n\n",
}

func TestParseDump(t *testing.T) {
	const messages = "nginx: [warn] conflicting server name \"\" on 0.0.0.0:80, ignored\n" +
		"2026/11/22 07:52:19 [warn] 1#1: conflicting\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n"
	for _, before := range []string{"", messages} {
		dump, ok := ParseDump(before + dumpText)
		if !ok || dump.Entry != "/etc/nginx/nginx.conf" || len(dump.Paths) != 5 {
			t.Fatalf("%v, entry %q, paths %q", ok, dump.Entry, dump.Paths)
		}
		if diff := cmp.Diff(dumpFiles, dump.Memory); diff != "" {
			t.Error(diff)
		}
	}
	dump, _ := ParseDump(dumpText)
	if got, err := dump.Glob("/etc/nginx/conf.d/*"); err != nil || len(got) != 3 {
		t.Errorf("%q, %v", got, err)
	}
	f, err := dump.Open("/etc/nginx/conf.d/c.conf")
	if err != nil || f.Position(4).Line != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestIsDump(t *testing.T) {
	for text, want := range map[string]bool{
		dumpText:                    true,
		"# configuration file a:\n": true, "# configuration file a:": true, "# configuration file C:\\nginx/conf/nginx.conf:\r\n": true,
		"": false, "http {}\n" + dumpText: false, "# configuration file\n": false, "# configuration file :\n": false,
		"# configuration file of ours\nhttp {}": false, "nginx: [emerg] no\n": false, "\n" + dumpText: false,
	} {
		if got := IsDump(text); got != want {
			t.Errorf("IsDump(%.60q) = %v", text, got)
		}
	}
}

func FuzzDump(f *testing.F) {
	f.Add(dumpText)
	f.Add("# configuration file a:\n# configuration file a:\n# configuration file b:")
	f.Fuzz(func(t *testing.T, text string) {
		dump, ok := ParseDump(text)
		if ok != IsDump(text) {
			t.Fatalf("ParseDump %v, IsDump %v", ok, IsDump(text))
		}
		for _, path := range dump.Paths {
			if _, err := dump.Open(path); err != nil {
				t.Error(err)
			}
		}
	})
}

// servers returns the commands of the real nginx servers that the shared tool unpacks.
func servers(t *testing.T) []string {
	t.Helper()
	tool := filepath.Join("..", "..", "..", "shared", "tools", "real-nginx")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("no real nginx here")
	}
	out, err := exec.Command(tool).Output()
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for line := range strings.Lines(string(out)) {
		_, command, _ := strings.Cut(strings.TrimSpace(line), "\t")
		commands = append(commands, command)
	}
	return commands
}

// TestRealDump has real servers include files by patterns and print them: they must find what Glob finds, in its order,
// and ParseDump must give back every byte.
func TestRealDump(t *testing.T) {
	commands := servers(t)
	var names []string
	for _, name := range globFiles {
		names = append(names, "in/"+name)
	}
	dir := write(t, names...)
	for i, name := range names {
		text := []string{"", "# a", "# b\n", "# c\r\n\r\n", "\n\n"}[i%5]
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range globCases {
		if magic(test.pattern) && !slices.ContainsFunc(test.want, isFolder("in")) {
			for _, command := range commands {
				compareDump(t, command, dir, "in/"+test.pattern)
			}
		}
	}
}

// isFolder returns a function that reports whether a name in dir is that of a folder.
func isFolder(dir string) func(string) bool {
	return func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && info.IsDir()
	}
}

func compareDump(t *testing.T, command, dir, pattern string) {
	t.Helper()
	text := "pid n.pid; error_log stderr; events {}\ninclude \"" + strings.ReplaceAll(pattern, `\`, `\\`) + "\";\n" +
		"http { client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; }\n"
	if os.Geteuid() == 0 {
		text = "user root;\n" + text
	}
	entry := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(entry, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(command, "-T", "-p", dir, "-c", entry).Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", pattern, err, out)
	}
	dump, ok := ParseDump(string(out))
	if !ok || dump.Entry != entry {
		t.Fatalf("%s: no dump of %s: %s", pattern, entry, out)
	}
	want, err := Disk{}.Glob(filepath.Join(dir, "in") + pattern[len("in"):])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]string{entry}, want...), dump.Paths); diff != "" {
		t.Errorf("%s: %s (-ours +nginx):\n%s", command, pattern, diff)
	}
	for _, path := range dump.Paths {
		if on, err := os.ReadFile(path); err != nil || string(on) != dump.Memory[path] {
			t.Errorf("%s: %q, want %q, %v", path, dump.Memory[path], on, err)
		}
	}
}
