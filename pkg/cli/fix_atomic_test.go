//go:build unix

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chat is a location with a finding that is mended by a map in http and a line in place.
const chat = "server {\n    server_name h%d;\n    location /chat {\n        proxy_pass http://127.0.0.1:9000;\n" +
	"        proxy_http_version 1.1;\n        proxy_set_header Host $host;\n        proxy_set_header Upgrade $http_upgrade;\n" +
	"        proxy_set_header Connection close;\n    }\n}\n"

// tree writes a root with n included files, each with a finding, and returns their texts by path.
func tree(t *testing.T, dir string, n int) map[string]string {
	t.Helper()
	files := map[string]string{"nginx.conf": "events {\n}\nhttp {\n    include conf.d/*.conf;\n}\n"}
	for i := range n {
		files[fmt.Sprintf("conf.d/%d.conf", i)] = fmt.Sprintf(chat, i)
	}
	if err := os.MkdirAll(filepath.Join(dir, "conf.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// command returns a call of ngxproof in dir.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("ngxproof")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	return cmd
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFixKilled kills fix at many moments: every file has its old text or its new one, and no file has its new one
// without the map that it uses.
func TestFixKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	whole := t.TempDir()
	before := tree(t, whole, 60)
	start := time.Now()
	if out, err := command(t, whole, "fix", "nginx.conf").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(start)
	const times = 30
	partly := 0
	for i := range times {
		dir := t.TempDir()
		tree(t, dir, 60)
		cmd := command(t, dir, "fix", "nginx.conf")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(i+1) / times)
		_ = cmd.Process.Kill() // it may be done already
		_ = cmd.Wait()
		mended := 0
		for name, old := range before {
			switch text := read(t, filepath.Join(dir, name)); text {
			case old:
			case read(t, filepath.Join(whole, name)):
				mended++
			default:
				t.Fatalf("%s has neither its old nor its new text: %q", name, text)
			}
		}
		hasMap := strings.Contains(read(t, filepath.Join(dir, "nginx.conf")), "map ")
		if mended > 0 && !hasMap {
			t.Errorf("%d files use a map that is not there", mended)
		}
		if mended > 0 && mended < len(before) {
			partly++
		}
	}
	t.Logf("killed %d times, %d of them in the middle of writing", times, partly)
}

// TestFixFullDisk lets no file grow: what was there stays, and the program says so.
func TestFixFullDisk(t *testing.T) {
	dir := t.TempDir()
	before := tree(t, dir, 3)
	large := "events {\n}\nhttp {\n    include conf.d/*.conf;\n}\n" + strings.Repeat("# a line of a comment\n", 400)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(large), 0o644); err != nil {
		t.Fatal(err)
	}
	before["nginx.conf"] = large
	path, err := exec.LookPath("ngxproof")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -f 1; exec "$0" fix nginx.conf`, path)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "cannot write nginx.conf: file too large") {
		t.Errorf("%v: %s", err, out)
	}
	asBefore(t, dir, before)
}

// TestFixReadOnly lets fix write nginx.conf but not what it includes: nginx.conf gets its old text back.
func TestFixReadOnly(t *testing.T) {
	dir := t.TempDir()
	before := tree(t, dir, 3)
	cmd := command(t, dir, "fix", "nginx.conf")
	if os.Geteuid() == 0 {
		for at := dir; len(at) > len(os.TempDir()); at = filepath.Dir(at) {
			if err := os.Chmod(at, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		nobody := uint32(65534)
		for _, name := range []string{dir, filepath.Join(dir, "nginx.conf")} {
			if err := os.Chown(name, int(nobody), int(nobody)); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		copyTo(t, cmd)
	}
	if err := os.Chmod(filepath.Join(dir, "conf.d"), 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(filepath.Join(dir, "conf.d"), 0o755) }()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "cannot write conf.d/0.conf: permission denied") {
		t.Errorf("%v: %s", err, out)
	}
	asBefore(t, dir, before)
}

// copyTo runs the command from a copy of the program that everybody may run.
func copyTo(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ngxproof")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ngxproof")
	if err := os.WriteFile(path, []byte(read(t, cmd.Path)), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args[0] = path, path
}

// asBefore wants every file, and no other, to be as it was.
func asBefore(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if old, ok := before[filepath.ToSlash(name)]; !ok || read(t, path) != old {
			t.Errorf("%s is not as it was", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
