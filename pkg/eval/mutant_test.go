package eval

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mutants makes TestMutants run: it compiles each mutant.
var mutants = flag.Bool("mutants", false, "check that the tests catch each mutant of testdata/mutants.txt")

// mutant is one changed line.
type mutant struct {
	what, file, old, new string
}

// readMutants reads testdata/mutants.txt: for each mutant a line `# what it breaks`, the file below pkg, and the old and
// the new line after `-` and `+`.
func readMutants(t *testing.T) []mutant {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "mutants.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []mutant
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) != 4 || lines[2][0] != '-' || lines[3][0] != '+' {
			t.Fatalf("no mutant: %q", block)
		}
		all = append(all, mutant{strings.TrimPrefix(lines[0], "# "), lines[1], lines[2][1:], lines[3][1:]})
	}
	return all
}

// apply returns the file's text with the line changed; it stands there once.
func (m mutant) apply(text string) (string, error) {
	if n := strings.Count(text, m.old); n != 1 {
		return "", fmt.Errorf("%s: the line stands %d times in %s: %s", m.what, n, m.file, m.old)
	}
	return strings.Replace(text, m.old, m.new, 1), nil
}

// TestMutantsApply keeps the list in step with the code.
func TestMutantsApply(t *testing.T) {
	all := readMutants(t)
	if len(all) < 15 {
		t.Errorf("only %d mutants", len(all))
	}
	for _, m := range all {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := m.apply(string(text)); err != nil {
			t.Error(err)
		}
	}
}

// needed lists the rooms below pkg that this package and its tests are built from.
func needed(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-test", "-f", "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}", ".")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var rooms []string
	for dir := range strings.FieldsSeq(string(out)) {
		if below, err := filepath.Rel(root, dir); err == nil {
			rooms = append(rooms, strings.Split(filepath.ToSlash(below), "/")[0])
		}
	}
	slices.Sort(rooms)
	return slices.Compact(rooms)
}

// TestMutants changes one line of a copy after the other and runs the tests that need no server: each must fail.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("-args -mutants")
	}
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join("..", "..", name), filepath.Join(root, name))
	}
	copyFile(t, filepath.Join("..", "..", "docs", "nginx-versions.md"), filepath.Join(root, "docs", "nginx-versions.md"))
	for _, name := range needed(t) {
		if err := os.CopyFS(filepath.Join(root, "pkg", name), os.DirFS(filepath.Join("..", name))); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := quickTests(root); err != nil {
		t.Fatalf("without a mutant: %v\n%s", err, out)
	}
	for _, m := range readMutants(t) {
		t.Run(m.what, func(t *testing.T) { catch(t, root, m) })
	}
}

// catch applies one mutant, runs the tests, and takes it back.
func catch(t *testing.T, root string, m mutant) {
	path := filepath.Join(root, "pkg", filepath.FromSlash(m.file))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := m.apply(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	out, failed := quickTests(root)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		t.Errorf("it does not compile:\n%s", out)
	case failed == nil:
		t.Error("no test fails")
	}
}

// quickTests runs the tests of the copy.
func quickTests(root string) (string, error) {
	cmd := exec.Command("go", "test", "-vet=off", "-failfast", "-run", "TestRecorded|TestVersions|TestParse|TestOpen|TestTunnel|TestOrigins|TestTimers|TestRedirects|TestClobberedHeads", "./pkg/eval")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// copyFile copies one file.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
