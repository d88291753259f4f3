package cli_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ngxproof/ngxproof/pkg/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ngxproof": program})
}

// program is cmd/ngxproof's main.
func program() {
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}

// TestScripts runs testdata/script: what a user meets, row by row.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":    exitCode,
			"sizes":   checkSize,
			"write":   write,
			"rawname": rawName,
			"many":    many,
		},
	})
}

func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "dev-full":
		_, err := os.Stat("/dev/full")
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %s", name)
}

// exitCode runs ngxproof and wants an exact exit code: `code 2 lint nothing.conf`. Options before the number: `<FILE`
// for standard input, `>FILE` for standard output, `>&-` for a closed one, `>|` for a pipe whose reader is gone.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	run := exec.Command("ngxproof")
	path, err := exec.LookPath("ngxproof")
	ts.Check(err)
	run.Path, run.Err = path, nil
	run.Dir = ts.MkAbs(".")
	run.Env = environment(ts)
	run.Stdout, run.Stderr = ts.Stdout(), ts.Stderr()
	for len(args) > 0 && strings.ContainsAny(args[0][:1], "<>") {
		redirect(ts, run, args[0])
		args = args[1:]
	}
	if neg || len(args) == 0 {
		ts.Fatalf("usage: code [<FILE] [>FILE|>&-|>|] NUMBER ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	run.Args = append([]string{"ngxproof"}, args[1:]...)
	_ = run.Run() // the exit code says it all
	if run.ProcessState == nil {
		ts.Fatalf("ngxproof did not start")
	}
	if got := run.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "TESTSCRIPT_COMMAND",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func redirect(ts *testscript.TestScript, run *exec.Cmd, how string) {
	switch {
	case how[0] == '<':
		f, err := os.Open(ts.MkAbs(how[1:]))
		ts.Check(err)
		ts.Defer(func() { _ = f.Close() })
		run.Stdin = f
	case how == ">&-":
		// a descriptor that is open for reading only refuses writes as a closed one does
		f, err := os.Open(os.DevNull)
		ts.Check(err)
		ts.Defer(func() { _ = f.Close() })
		run.Stdout = f
	case how == ">|":
		r, w, err := os.Pipe()
		ts.Check(err)
		ts.Check(r.Close())
		ts.Defer(func() { _ = w.Close() })
		run.Stdout = w
	default:
		f, err := os.OpenFile(ts.MkAbs(how[1:]), os.O_WRONLY|os.O_CREATE, 0o666)
		ts.Check(err)
		ts.Defer(func() { _ = f.Close() })
		run.Stdout = f
	}
}

// checkSize wants standard output to have fewer bytes than a number: `sizes 1000`.
func checkSize(ts *testscript.TestScript, neg bool, args []string) {
	limit, err := strconv.Atoi(args[0])
	ts.Check(err)
	if n := len(ts.ReadFile("stdout")) + len(ts.ReadFile("stderr")); (n < limit) == neg {
		ts.Fatalf("%d bytes of output, limit %d", n, limit)
	}
}

// write writes a Go string literal's bytes to a file, any number of times: `write file "\x00\x01" 100`.
func write(ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	times := 1
	if len(args) > 2 {
		times, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = io.WriteString(f, strings.Repeat(text, times))
	ts.Check(err)
	ts.Check(f.Close())
}

// rawName renames a file to a name given as a Go string literal: `rawname file "a\nb.conf"`.
func rawName(ts *testscript.TestScript, _ bool, args []string) {
	name, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.Rename(ts.MkAbs(args[0]), filepath.Join(ts.MkAbs("."), name)))
}

// many makes a folder with that many small files: `many conf.d 100000`.
func many(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	for i := range n {
		f, err := os.Create(filepath.Join(dir, strconv.Itoa(i)+".conf"))
		ts.Check(err)
		ts.Check(f.Close())
	}
}
