//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// image is what the instructions of a Dockerfile that begins with nothing make: a folder, and how its program is started.
type image struct {
	t          *testing.T
	root       string
	uid, gid   uint32
	dir        string
	entrypoint []string
}

// TestImage makes the release's image without a container engine, which would do no more: an empty folder as the root,
// the static program in it, its user and its working folder. What the recipes run in it works there.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	i := &image{t: t, root: t.TempDir()}
	if err := os.Chmod(i.root, 0o755); err != nil {
		t.Fatal(err)
	}
	i.build("../../Dockerfile", i.context())
	if i.uid == 0 {
		t.Error("the image runs as root")
	}
	start, err := os.ReadFile("../../testdata/quickstart/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"nginx/nginx.conf": brokenConf, "fine.conf": "events {}\n", "start.conf": string(start)} {
		path := filepath.Join(i.root, i.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	i.protect()
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"version", 0, "ngxproof "},
		{"lint nginx/nginx.conf", 1, "error[unknown-directive]"},
		{"lint", 1, "error[unknown-directive]"},
		{"lint -o sarif fine.conf", 0, `"results": []`},
		{"trace fine.conf http://a/", 0, "GET / HTTP/1.1"},
		{"prove start.conf", 1, "failed"},
		{"fix nginx/nginx.conf", 2, "permission denied"},
		{"explain 426", 0, "426"},
	} {
		if code, out := i.run(strings.Fields(test.args)...); code != test.code || !strings.Contains(out, test.want) {
			t.Errorf("%s: exit status %d, want %d and %q:\n%s", test.args, code, test.code, test.want, out)
		}
	}
}

// context returns the folder that goreleaser would give the engine: a static program for each platform.
func (i *image) context() string {
	i.t.Helper()
	dir := i.t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "linux", runtime.GOARCH, "ngxproof"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		i.t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// build follows the instructions of a Dockerfile; one that is not known fails the test.
func (i *image) build(dockerfile, context string) {
	i.t.Helper()
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		i.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(strings.ReplaceAll(line, "$TARGETPLATFORM", "linux/"+runtime.GOARCH))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch words[0] {
		case "FROM":
			if words[1] != "scratch" {
				err = fmt.Errorf("the image begins with %s", words[1])
			}
		case "ARG":
		case "COPY":
			err = i.copy(filepath.Join(context, words[1]), filepath.Join(i.root, words[2]))
		case "USER":
			_, err = fmt.Sscanf(words[1], "%d:%d", &i.uid, &i.gid)
		case "WORKDIR":
			i.dir = words[1]
			err = os.MkdirAll(filepath.Join(i.root, i.dir), 0o755)
		case "ENTRYPOINT":
			var program string
			program, err = strconv.Unquote(strings.Trim(words[1], "[]"))
			i.entrypoint = []string{program}
		default:
			err = fmt.Errorf("an instruction that this test does not know")
		}
		if err != nil {
			i.t.Fatalf("%s: %v", strings.TrimSpace(line), err)
		}
	}
}

func (i *image) copy(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}

// protect takes from everyone the right to change the working folder, as a volume that is mounted to be read does.
func (i *image) protect() {
	i.t.Helper()
	change := func(dirs, files os.FileMode) error {
		return filepath.WalkDir(filepath.Join(i.root, i.dir), func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				return os.Chmod(path, dirs)
			}
			return os.Chmod(path, files)
		})
	}
	if err := change(0o555, 0o444); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = change(0o755, 0o644) })
}

// attributes start a program below the image's root, as its user. Without root's rights that is done in a namespace in
// which the user of the test is that user.
func (i *image) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: i.uid, Gid: i.gid}}
	if os.Getuid() != 0 {
		a.Credential.NoSetGroups = true
		a.Cloneflags = syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(i.uid), HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(i.gid), HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// run starts the image's program with arguments and returns its exit status and what it printed.
func (i *image) run(args ...string) (code int, out string) {
	i.t.Helper()
	var printed bytes.Buffer
	cmd := exec.Cmd{
		Path: i.entrypoint[0], Args: append(i.entrypoint, args...), Dir: i.dir, Env: []string{"PATH=/usr/bin"},
		Stdout: &printed, Stderr: &printed, SysProcAttr: i.attributes(),
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		if os.Getuid() != 0 && errors.Is(err, fs.ErrPermission) {
			i.t.Skip("a root folder of one's own needs root's rights here")
		}
		i.t.Fatalf("%v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), printed.String()
}
