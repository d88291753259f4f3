package cli

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// printed runs a command and returns what it prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := Main(args, strings.NewReader(""), &out, &problems, func(string) string { return "" }); code != Done {
		t.Fatalf("%v: exit code %d: %s", args, code, problems.String())
	}
	return out.String()
}

// TestMan: the page names every command and every flag, and roff has nothing to say against it.
func TestMan(t *testing.T) {
	page := printed(t, "man")
	a := &app{out: newWriter(io.Discard), err: newWriter(io.Discard), env: func(string) string { return "" }}
	commands := commandsOf(a.rootCommand())
	for _, cmd := range commands {
		if !strings.Contains(page, `.SS "`+roff(usageLine(cmd))+`"`) {
			t.Errorf("%s is not in the page", cmd.CommandPath())
		}
	}
	for _, flag := range []string{"fix", "new-from", "skip-foreign", "color"} {
		if !strings.Contains(page, roff("--"+flag)) {
			t.Errorf("--%s is not in the page", flag)
		}
	}
	if page != printed(t, "man") {
		t.Error("two runs differ")
	}
	if strings.Contains(printed(t, "help"), "\n  man ") {
		t.Error("the help shows man")
	}
	t.Logf("%d commands, %d bytes", len(commands), len(page))
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("no groff to check the page with")
		return
	}
	cmd := exec.Command(groff, "-ww", "-z", "-man", "-Tutf8")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v %s", err, out)
	}
}

// TestCompletion: each shell's script is there, and the shells that are at hand take it.
func TestCompletion(t *testing.T) {
	checks := map[string][]string{"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "--no-execute"}}
	for _, shell := range shellNames {
		script := printed(t, "completion", shell)
		if !strings.Contains(script, "ngxproof") {
			t.Errorf("%s: %.100s", shell, script)
		}
		check := checks[shell]
		if check == nil {
			continue
		}
		path, err := exec.LookPath(check[0])
		if err != nil {
			continue
		}
		cmd := exec.Command(path, check[1:]...)
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", shell, err, out)
		}
	}
}

// TestCompletes asks as the shells' scripts do.
func TestCompletes(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
		not  string
	}{
		{[]string{"li"}, []string{"lint"}, "man"},
		{[]string{""}, []string{"lint", "fix", "explain", "completion"}, "man\t"},
		{[]string{"lint", "--fai"}, []string{"--fail-level"}, "--select"},
		{[]string{"lint", "--fail-level", ""}, []string{"error", "never"}, "full"},
		{[]string{"lint", "-o", ""}, []string{"sarif", "github"}, "bash"},
		{[]string{"lint", "--select", "syntax,web"}, []string{"syntax,websocket"}, "syntax,syntax"},
		{[]string{"completion", ""}, []string{"zsh"}, "lint"},
		{[]string{"version", "-o", ""}, []string{"json"}, "sarif"},
	} {
		out := printed(t, append([]string{"__complete"}, c.args...)...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q does not offer %s: %s", c.args, want, out)
			}
		}
		if strings.Contains(out, c.not) {
			t.Errorf("%q offers %s: %s", c.args, c.not, out)
		}
	}
}
