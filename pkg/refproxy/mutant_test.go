package refproxy

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutants makes TestMutants run: it compiles each mutant.
var mutants = flag.Bool("mutants", false, "check that the tests catch each mutant of testdata/mutants.txt")

// mutant is one changed line.
type mutant struct{ what, file, old, new string }

// readMutants reads testdata/mutants.txt: for each mutant a line `# what it breaks`, the file, and the old and the new
// line after `-` and `+`.
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

// apply returns the file's text with the line changed; it stands there once, or the last of several is meant.
func (m mutant) apply(text string) (string, error) {
	i := strings.LastIndex(text, m.old+"\n")
	if i < 0 {
		return "", fmt.Errorf("%s: the line is not in %s: %s", m.what, m.file, m.old)
	}
	return text[:i] + m.new + text[i+len(m.old):], nil
}

// TestMutantsApply keeps the list in step with the code.
func TestMutantsApply(t *testing.T) {
	all := readMutants(t)
	if len(all) < 15 {
		t.Errorf("only %d mutants", len(all))
	}
	for _, m := range all {
		text, err := os.ReadFile(filepath.FromSlash(m.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := m.apply(string(text)); err != nil {
			t.Error(err)
		}
	}
}

// TestMutants changes one line of a copy after the other and runs the tests that need no server: each must fail.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("-args -mutants")
	}
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"source", "pcre", "diag", "catalog", "syntax", "config", "vars", "route", "eval", "balance", "difftest", "refproxy"} {
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
	path := filepath.Join(root, "pkg", "refproxy", filepath.FromSlash(m.file))
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
	cmd := exec.Command("go", "test", "-vet=off", "-short", "-failfast", "-timeout", "90s", "-run",
		"TestTimers|TestIdleTimer|TestSafety|TestPlaces|TestReload|TestPlays/1.30.6|TestIPHash|TestFailures", "./pkg/balance", "./pkg/refproxy")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
