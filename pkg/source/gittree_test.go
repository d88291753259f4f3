package source

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository makes a git repository with one commit of the files (a text that begins with "-> " makes a link) and
// returns its folder.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here")
	}
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	commit(t, dir)
	return dir
}

// commit commits whatever is in the work tree.
func commit(t *testing.T, dir string) {
	t.Helper()
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-q", "-m", "some")
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func gitTree(t *testing.T, disk Disk, revision string) *GitTree {
	t.Helper()
	g, err := NewGitTree(disk, revision)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// TestGitTree: files are what they were in the revision, whatever happened to the work tree since.
func TestGitTree(t *testing.T) {
	dir := repository(t, map[string]string{
		"nginx/nginx.conf": "old\r\n", "nginx/conf.d/a.conf": "a", "nginx/conf.d/b.conf": "b", "nginx/conf.d/.hidden.conf": "h",
		"nginx/conf.d-more/x": "x", "nginx/enabled": "-> conf.d", "nginx/link.conf": "-> ../nginx/conf.d/a.conf",
		"nginx/loop": "-> loop", "nginx/nowhere": "-> nothing", "empty.conf": "", "name with\ttab": "t",
	})
	outside := filepath.Join(t.TempDir(), "mime.types")
	for path, text := range map[string]string{filepath.Join(dir, "nginx/nginx.conf"): "new", filepath.Join(dir, "nginx/new.conf"): "n", outside: "types"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "nginx/conf.d")); err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(dir, "nginx")
	g := gitTree(t, Disk{Dir: sub, MaxFileSize: 100}, "HEAD")
	for path, want := range map[string]string{
		"nginx.conf": "old\r\n", filepath.Join(dir, "nginx/nginx.conf"): "old\r\n", "conf.d/a.conf": "a", "enabled/b.conf": "b",
		"link.conf": "a", "../empty.conf": "", "../name with\ttab": "t", outside: "types", "./conf.d/../nginx.conf": "old\r\n",
	} {
		f, err := g.Open(path)
		if err != nil || f.Text != want || f.Path != path {
			t.Errorf("%s: %+v %v, want %q", path, f, err, want)
		}
	}
	for path, want := range map[string]error{
		"new.conf": fs.ErrNotExist, "conf.d": ErrNotRegular, "..": ErrNotRegular, "loop": ErrLinkLoop, "nowhere": fs.ErrNotExist,
		"nginx.conf/x": fs.ErrNotExist, "loop/x": ErrLinkLoop, filepath.Join(filepath.Dir(outside), "nothing"): fs.ErrNotExist,
	} {
		if _, err := g.Open(path); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	for pattern, want := range map[string][]string{
		"*.conf": {"link.conf", "nginx.conf"}, "conf.d/*": {"conf.d/a.conf", "conf.d/b.conf"}, "*/b.conf": {"conf.d/b.conf", "enabled/b.conf"},
		"enabled/*.conf": {"enabled/a.conf", "enabled/b.conf"}, "conf.d": {"conf.d"}, "new.conf": nil, "n[o]where": {"nowhere"},
		"../em*": {"../empty.conf"}, filepath.Dir(outside) + "/mime*": {outside}, "nothing/*": nil, "loop/*": nil,
	} {
		if got, err := g.Glob(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v, want %q", pattern, got, err, want)
		}
	}
	f, err := g.Open(filepath.Join(sub, "conf.d/a.conf"))
	if err != nil || f.Name != "conf.d/a.conf" {
		t.Errorf("a file is called %v, %v", f, err)
	}
}

// TestGitTreeAbsoluteLinks: those that lead into the work tree lead into the revision.
func TestGitTreeAbsoluteLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(outside, []byte("out"), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := repository(t, map[string]string{"a": "a", "out": "-> " + outside})
	for name, target := range map[string]string{"in": filepath.Join(dir, "a"), "loop": filepath.Join(dir, "loop")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("new"), 0o666); err != nil {
		t.Fatal(err)
	}
	g := gitTree(t, Disk{Dir: dir}, "HEAD")
	for path, want := range map[string]string{"in": "a", "out": "out"} {
		if f, err := g.Open(path); err != nil || f.Text != want {
			t.Errorf("%s: %+v %v", path, f, err)
		}
	}
	if _, err := g.Open("loop"); !errors.Is(err, ErrLinkLoop) {
		t.Errorf("a loop: %v", err)
	}
}

func TestGitTreeTooLarge(t *testing.T) {
	dir := repository(t, map[string]string{"large": strings.Repeat("x", 11), "small": "s"})
	g := gitTree(t, Disk{Dir: dir, MaxFileSize: 10}, "HEAD")
	if _, err := g.Open("large"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large file: %v", err)
	}
	if f, err := g.Open("small"); err != nil || f.Text != "s" {
		t.Errorf("after a large file: %v %v", f, err)
	}
}

func TestGitTreeThatIsNotThere(t *testing.T) {
	dir := repository(t, map[string]string{"a": "a"})
	for revision, folder := range map[string]string{"nothing": dir, "--all": dir, "HEAD:a": dir, "HEAD": t.TempDir(), "": dir} {
		if _, err := NewGitTree(Disk{Dir: folder}, revision); !errors.Is(err, ErrNoGit) {
			t.Errorf("%q in %s: %v", revision, folder, err)
		}
	}
}
