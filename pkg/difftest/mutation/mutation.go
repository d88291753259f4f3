// Package mutation answers: do the tests notice when a line of the product is wrong? It changes one line at a time and runs
// tests on the result. Only tests import it.
package mutation

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Suite is what must fail for every mutant of a list.
type Suite struct {
	// List is the file of the mutants: for each a line `# what it breaks`, a line with the file below Root, and the old and
	// the new line after `-` and `+`; an empty line between two of them.
	List string
	// Root is the folder that the list's files and Packages are below, from where the test runs.
	Root string
	// Packages are what `go test` is given.
	Packages []string
	// Run are patterns of tests: those of the second run where no test of the first fails, and so on.
	Run []string
}

// mutant is one changed line.
type mutant struct{ what, file, old, new string }

// read reads the list.
func (s Suite) read() ([]mutant, error) {
	text, err := os.ReadFile(s.List)
	if err != nil {
		return nil, err
	}
	var all []mutant
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[0], "# ") || !strings.HasPrefix(lines[2], "-") || !strings.HasPrefix(lines[3], "+") {
			return nil, fmt.Errorf("%s: no mutant: %q", s.List, block)
		}
		all = append(all, mutant{lines[0][2:], lines[1], lines[2][1:], lines[3][1:]})
	}
	return all, nil
}

// apply returns the file's text with the line changed; it stands there once.
func (m mutant) apply(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	if n := strings.Count("\n"+string(text), "\n"+m.old+"\n"); n != 1 {
		return "", fmt.Errorf("%s: the line stands %d times in %s: %s", m.what, n, m.file, m.old)
	}
	return strings.Replace("\n"+string(text), "\n"+m.old+"\n", "\n"+m.new+"\n", 1)[1:], nil
}

// Apply fails where the list is shorter than least, or not in step with the code.
func (s Suite) Apply(t *testing.T, least int) {
	t.Helper()
	all, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < least {
		t.Errorf("only %d mutants", len(all))
	}
	for _, m := range all {
		if _, err := m.apply(s.Root); err != nil {
			t.Error(err)
		}
	}
}

// atOnce is how many mutants are tried at a time: their tests wait more than they compute.
const atOnce = 4

// Catch has a subtest for each mutant, which fails where no test does. The tests pass first without a mutant, and that as
// many times at once as mutants are tried, so that none is caught because the machine is busy.
func (s Suite) Catch(t *testing.T) {
	t.Helper()
	all, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	slots := make(chan struct{}, atOnce)
	outcomes := make([]error, atOnce+len(all))
	var wait sync.WaitGroup
	try := func(i int, replace map[string]string) {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			outcomes[i] = s.run(t, replace)
		})
	}
	for i := range atOnce {
		try(i, nil)
	}
	wait.Wait()
	if err := errors.Join(outcomes[:atOnce]...); err != nil {
		t.Fatalf("without a mutant: %v", err)
	}
	for i, m := range all {
		text, err := m.apply(s.Root)
		if err != nil {
			t.Fatal(err)
		}
		try(atOnce+i, map[string]string{m.file: text})
	}
	wait.Wait()
	for i, m := range all {
		t.Run(m.what, func(t *testing.T) { judge(t, outcomes[atOnce+i]) })
	}
}

// failure is the output of tests that fail.
type failure struct{ output string }

// Error returns what the tests printed.
func (f *failure) Error() string { return f.output }

// judge says whether a mutant was caught.
func judge(t *testing.T, outcome error) {
	t.Helper()
	var caught *failure
	switch {
	case outcome == nil:
		t.Error("no test fails")
	case !errors.As(outcome, &caught):
		t.Error(outcome)
	}
}

// run runs the tests with files of Root replaced. The error is a *failure where one fails.
func (s Suite) run(t *testing.T, replace map[string]string) error {
	folder, err := os.MkdirTemp(t.TempDir(), "mutant")
	if err != nil {
		return err
	}
	overlay, err := s.overlay(folder, replace)
	if err != nil {
		return err
	}
	for _, pattern := range s.Run {
		if err := s.test(overlay, pattern); err != nil {
			return err
		}
	}
	return nil
}

// overlay writes what `go test -overlay` takes: the files with which others are replaced, and the list of them.
func (s Suite) overlay(folder string, replace map[string]string) (string, error) {
	var list struct{ Replace map[string]string }
	list.Replace = map[string]string{}
	for file, text := range replace {
		path, err := filepath.Abs(filepath.Join(s.Root, filepath.FromSlash(file)))
		if err != nil {
			return "", err
		}
		list.Replace[path] = filepath.Join(folder, "changed.go")
		if err := os.WriteFile(list.Replace[path], []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "overlay.json")
	return name, os.WriteFile(name, text, 0o644)
}

// test runs the tests of one pattern, again where another process took a port of theirs.
func (s Suite) test(overlay, pattern string) error {
	arguments := append([]string{"test", "-overlay", overlay, "-count=1", "-vet=off", "-short", "-failfast", "-timeout", "90s", "-run", pattern}, s.Packages...)
	for attempt := 0; ; attempt++ {
		cmd := exec.Command("go", arguments...)
		cmd.Dir = s.Root
		out, err := cmd.CombinedOutput()
		text := string(out)
		var status *exec.ExitError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &status):
			return err
		case strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]"):
			return fmt.Errorf("it does not compile:\n%s", text)
		case attempt < 3 && strings.Contains(text, "address already in use"):
		default:
			return &failure{text}
		}
	}
}
