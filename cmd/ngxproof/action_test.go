package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// action is what action.yml says.
type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
			Dir            string `yaml:"working-directory"`
		}
	}
}

// TestActionFile: no expression is run, every input is used, every step's script is there.
func TestActionFile(t *testing.T) {
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	used := ""
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") || s.Shell != "bash" {
			t.Errorf("step %s runs %q with %q", s.ID, s.Run, s.Shell)
		}
		script := strings.TrimSuffix(strings.TrimPrefix(s.Run, `"$GITHUB_ACTION_PATH/`), `"`)
		if info, err := os.Stat(filepath.Join("../..", script)); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("step %s: %s is no program", s.ID, script)
		}
		used += fmt.Sprint(s.Env, s.Dir)
	}
	for name, input := range a.Inputs {
		if !strings.Contains(used, "inputs."+name+" ") || input.Description == "" {
			t.Errorf("input %s is not used or not described", name)
		}
	}
	for name, output := range a.Outputs {
		if !strings.Contains(output.Value, "outputs."+name+" ") {
			t.Errorf("output %s is %s", name, output.Value)
		}
	}
	if a.Runs.Using != "composite" || len(a.Inputs) != 9 || len(a.Outputs) != 4 {
		t.Errorf("%s with %d inputs and %d outputs", a.Runs.Using, len(a.Inputs), len(a.Outputs))
	}
}

// runner is a folder that stands for a job on a runner.
type runner struct {
	t        *testing.T
	dir      string
	release  string // where the files of releases are
	repo     string
	env      map[string]string
	out      string // what the last script said
	exitCode int
}

func newRunner(t *testing.T) *runner {
	for _, program := range []string{"bash", "curl", "git", "tar", "unzip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s", program)
		}
	}
	dir := t.TempDir()
	r := &runner{t: t, dir: dir, release: filepath.Join(dir, "releases"), repo: filepath.Join(dir, "repo"), env: map[string]string{}}
	for _, folder := range []string{r.release, r.repo, filepath.Join(dir, "temp")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.env = map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": dir, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_TEMP": filepath.Join(dir, "temp"),
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
		"NGXPROOF_DOWNLOAD": "file://" + r.release, "NGXPROOF_REF": "v1.2.3",
		"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
	}
	return r
}

func (r *runner) write(path, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// publish builds the program and packs it as a release does: for Linux, and, this machine's program again, for macOS and
// Windows.
func (r *runner) publish() {
	r.t.Helper()
	bin := filepath.Join(r.dir, "ngxproof")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		r.t.Fatal(err)
	}
	sums := ""
	for name, packed := range map[string][]byte{
		"ngxproof_1.2.3_linux_amd64.tar.gz":  r.tarred("ngxproof_1.2.3_linux_amd64/ngxproof", program),
		"ngxproof_1.2.3_darwin_arm64.tar.gz": r.tarred("ngxproof_1.2.3_darwin_arm64/ngxproof", program),
		"ngxproof_1.2.3_windows_amd64.zip":   r.zipped("ngxproof_1.2.3_windows_amd64/ngxproof.exe", program),
	} {
		r.write(filepath.Join(r.release, "v1.2.3", name), string(packed))
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(packed), name)
	}
	r.write(filepath.Join(r.release, "v1.2.3", "checksums.txt"), sums)
}

func (r *runner) tarred(name string, program []byte) []byte {
	r.t.Helper()
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	archive := tar.NewWriter(gz)
	err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(program))})
	_, wrong := archive.Write(program)
	if err := errors.Join(err, wrong, archive.Close(), gz.Close()); err != nil {
		r.t.Fatal(err)
	}
	return packed.Bytes()
}

func (r *runner) zipped(name string, program []byte) []byte {
	r.t.Helper()
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := archive.CreateHeader(header)
	if err == nil {
		_, err = w.Write(program)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		r.t.Fatal(err)
	}
	return packed.Bytes()
}

// without returns a PATH on which every program is but those named.
func (r *runner) without(names ...string) string {
	r.t.Helper()
	shims := filepath.Join(r.dir, "shims")
	for _, dir := range slices.Backward(filepath.SplitList(r.env["PATH"])) {
		programs, _ := os.ReadDir(dir)
		for _, p := range programs {
			if link := filepath.Join(shims, p.Name()); !slices.Contains(names, p.Name()) {
				if err := errors.Join(os.MkdirAll(shims, 0o755), os.RemoveAll(link), os.Symlink(filepath.Join(dir, p.Name()), link)); err != nil {
					r.t.Fatal(err)
				}
			}
		}
	}
	return shims
}

// TestActionElsewhere runs the scripts as runners of other systems have them: what RUNNER_OS says, macOS without
// sha256sum, the names of the kernels, Windows with backslashes in its folders and a zip.
func TestActionElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	r := newRunner(t)
	r.publish()
	r.write(filepath.Join(r.repo, "nginx.conf"), brokenConf)
	windows := filepath.Join(r.dir, `D:\a\_temp`)
	if err := os.MkdirAll(windows, 0o755); err != nil {
		t.Fatal(err)
	}
	shims := r.without("sha256sum", "uname")
	r.write(filepath.Join(shims, "uname"), "#!/bin/sh\n[ \"$1\" = -s ] && echo Darwin || echo arm64\n")
	if err := os.Chmod(filepath.Join(shims, "uname"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string][]string{
		"macOS":   {"RUNNER_OS=macOS", "RUNNER_ARCH=ARM64", "PATH=" + shims},
		"kernel":  {"RUNNER_OS=", "RUNNER_ARCH=", "PATH=" + shims},
		"Windows": {"RUNNER_OS=Windows", "RUNNER_TEMP=" + windows},
	} {
		want := "ngxproof_1.2.3_darwin_arm64/ngxproof"
		if name == "Windows" {
			want = "ngxproof_1.2.3_windows_amd64/ngxproof.exe"
		}
		r.run("install", 0, env...)
		bin := r.output("bin")
		if !strings.HasSuffix(bin, want) {
			t.Errorf("%s: the program is %s, want %s", name, bin, want)
		}
		r.run("lint", 1, append(env, "NGXPROOF_BIN="+bin, "NGXPROOF_SARIF=out.sarif", "NGXPROOF_PATHS=nginx.conf\r\n")...)
		if r.output("findings") != "1" {
			t.Errorf("%s: findings=%s\n%s", name, r.output("findings"), r.out)
		}
		sums := filepath.Join(r.release, "v1.2.3", "checksums.txt")
		text, err := os.ReadFile(sums)
		if err != nil {
			t.Fatal(err)
		}
		r.write(sums, regexp.MustCompile(`(?m)^[0-9a-f]{64}`).ReplaceAllString(string(text), strings.Repeat("0", 64)))
		r.run("install", 2, env...)
		r.wants(name+" with a wrong checksum", r.out, "nothing is run")
		r.write(sums, string(text))
	}
	r.run("install", 2, "RUNNER_OS=Plan9")
	r.wants("another system", r.out, "no release for Plan9")
	r.run("install", 2, "RUNNER_OS=Windows", "RUNNER_ARCH=ARM")
	r.wants("a processor without a release", r.out, "cannot download")
}

// run runs one of the action's scripts with further variables and wants an exit status.
func (r *runner) run(script string, want int, env ...string) {
	r.t.Helper()
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		r.write(r.env[name], "")
	}
	path, err := filepath.Abs(filepath.Join("../../.github/action", script))
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command("bash", path)
	cmd.Dir = r.repo
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	r.out, r.exitCode = string(out), cmd.ProcessState.ExitCode()
	if r.exitCode != want {
		r.t.Fatalf("%s %v: exit status %d, want %d (%v):\n%s", script, env, r.exitCode, want, err, out)
	}
}

// output returns a step's output.
func (r *runner) output(name string) string {
	text, _ := os.ReadFile(r.env["GITHUB_OUTPUT"])
	if m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

func (r *runner) wants(what, text, part string) {
	r.t.Helper()
	if !strings.Contains(text, part) {
		r.t.Errorf("%s lacks %q:\n%s", what, part, text)
	}
}

func (r *runner) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.repo
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

const brokenConf = "events {}\nhttp {\n    server {\n        listen 80;\n        location / {\n            prox_pass http://127.0.0.1:1;\n        }\n    }\n}\n"

// TestAction runs the action's scripts as a runner does: install with a right and a wrong checksum, lint with annotations,
// summary, SARIF and outputs, a pull request that adds one finding to another.
func TestAction(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	r := newRunner(t)
	r.run("install", 2, "NGXPROOF_REF=main")
	r.wants("a branch", r.out, "is no release")
	r.run("install", 2, "RUNNER_ARCH=Z80")
	r.wants("another processor", r.out, "no release for Z80")
	r.run("install", 2)
	r.wants("a release that is not there", r.out, "cannot download")
	r.publish()
	r.run("install", 0)
	r.env["NGXPROOF_BIN"] = r.output("bin")

	r.write(filepath.Join(r.repo, "nginx.conf"), "events {}\n")
	r.git("init", "-q")
	r.git("add", "-A")
	r.git("commit", "-qm", "one")
	r.run("lint", 0, "NGXPROOF_SARIF=out.sarif")
	if r.output("findings") != "0" || r.output("sarif") != filepath.Join(r.repo, "out.sarif") || r.output("version") == "" {
		t.Errorf("outputs of a clean run: %s", r.out)
	}

	r.write(filepath.Join(r.repo, "nginx.conf"), brokenConf)
	r.git("commit", "-qam", "two")
	base := r.git("rev-parse", "HEAD")
	r.run("lint", 1, "NGXPROOF_SARIF=out.sarif", "NGXPROOF_PATHS=nginx.conf\n\n")
	r.wants("the annotations", r.out, "::error file=nginx.conf,line=6")
	if r.output("findings") != "1" || r.output("errors") != "1" {
		t.Errorf("findings=%s errors=%s", r.output("findings"), r.output("errors"))
	}
	summary, _ := os.ReadFile(r.env["GITHUB_STEP_SUMMARY"])
	r.wants("the summary", string(summary), "prox_pass")
	sarif, err := os.ReadFile(filepath.Join(r.repo, "out.sarif"))
	var log struct {
		Version string
		Runs    []struct{ Results []json.RawMessage }
	}
	if err != nil || json.Unmarshal(sarif, &log) != nil || log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Results) != 1 {
		t.Errorf("SARIF: %v %.300s", err, sarif)
	}
	r.run("lint", 0, "NGXPROOF_FAIL_LEVEL=never", "NGXPROOF_ANNOTATIONS=none")
	r.wants("a plain report", r.out, "error[unknown-directive]")

	r.run("lint", 0, "NGXPROOF_BASE="+base)
	r.write(filepath.Join(r.repo, "nginx.conf"), strings.Replace(brokenConf, "listen 80;", "listen 80;\n        rooot /srv;", 1))
	r.run("lint", 1, "NGXPROOF_BASE="+base)
	if r.output("findings") != "1" {
		t.Errorf("a pull request that adds one finding: findings=%s\n%s", r.output("findings"), r.out)
	}
	r.run("lint", 1, "NGXPROOF_BASE="+base, "NGXPROOF_ONLY_NEW=false")
	if r.output("findings") != "2" {
		t.Errorf("everything of a pull request: findings=%s", r.output("findings"))
	}
	r.run("lint", 2, "NGXPROOF_ONLY_NEW=true")
	r.run("lint", 2, "NGXPROOF_ARGS=--no-such-flag", "NGXPROOF_SARIF=none.sarif")
	if got := r.output("sarif"); got != "" {
		t.Errorf("a SARIF file that was not written is %s", got)
	}
	r.run("lint", 2, "NGXPROOF_ANNOTATIONS=gitlab")

	sums := filepath.Join(r.release, "v1.2.3", "checksums.txt")
	r.write(sums, strings.Repeat("0", 64)+"  ngxproof_1.2.3_linux_amd64.tar.gz\n")
	r.run("install", 2)
	r.wants("a wrong checksum", r.out, "nothing is run")
	if r.output("bin") != "" {
		t.Error("a program with a wrong checksum is handed on")
	}
	r.write(sums, "")
	r.run("install", 2)
	r.wants("no checksum", r.out, "has no line")
}
