package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestColored goes through every row of the precedence; empty variables are as good as none.
func TestColored(t *testing.T) {
	type vars = map[string]string
	for _, test := range []struct {
		name     string
		flag     string
		env      vars
		terminal bool
		want     bool
	}{
		{"a pipe", "auto", nil, false, false},
		{"a terminal", "auto", nil, true, true},
		{"1: --color=always in a pipe", "always", nil, false, true},
		{"1: --color=always over NO_COLOR", "always", vars{"NO_COLOR": "1", "TERM": "dumb", "CLICOLOR": "0"}, false, true},
		{"1: --color=never on a terminal", "never", nil, true, false},
		{"1: --color=never over the force variables", "never", vars{"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		{"2: NO_COLOR on a terminal", "auto", vars{"NO_COLOR": "1"}, true, false},
		{"2: NO_COLOR=0 is not empty", "auto", vars{"NO_COLOR": "0"}, true, false},
		{"2: NO_COLOR empty is unset", "auto", vars{"NO_COLOR": ""}, true, true},
		{"2: NO_COLOR over FORCE_COLOR", "auto", vars{"NO_COLOR": "1", "FORCE_COLOR": "1"}, true, false},
		{"2: NO_COLOR over CLICOLOR_FORCE", "auto", vars{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, false, false},
		{"3: FORCE_COLOR in a pipe", "auto", vars{"FORCE_COLOR": "1"}, false, true},
		{"3: FORCE_COLOR=0 on a terminal", "auto", vars{"FORCE_COLOR": "0"}, true, false},
		{"3: FORCE_COLOR=0 over CLICOLOR_FORCE", "auto", vars{"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, true, false},
		{"3: FORCE_COLOR empty is unset", "auto", vars{"FORCE_COLOR": ""}, false, false},
		{"3: FORCE_COLOR over TERM=dumb", "auto", vars{"FORCE_COLOR": "1", "TERM": "dumb"}, false, true},
		{"3: FORCE_COLOR over CLICOLOR=0", "auto", vars{"FORCE_COLOR": "true", "CLICOLOR": "0"}, false, true},
		{"4: CLICOLOR_FORCE in a pipe", "auto", vars{"CLICOLOR_FORCE": "1"}, false, true},
		{"4: CLICOLOR_FORCE=0 says nothing", "auto", vars{"CLICOLOR_FORCE": "0"}, true, true},
		{"4: CLICOLOR_FORCE=0 in a pipe", "auto", vars{"CLICOLOR_FORCE": "0"}, false, false},
		{"4: CLICOLOR_FORCE empty is unset", "auto", vars{"CLICOLOR_FORCE": ""}, false, false},
		{"4: CLICOLOR_FORCE over TERM=dumb", "auto", vars{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, false, true},
		{"4: CLICOLOR_FORCE over CLICOLOR=0", "auto", vars{"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, false, true},
		{"5: TERM=dumb on a terminal", "auto", vars{"TERM": "dumb"}, true, false},
		{"5: TERM=dumb over CLICOLOR=1", "auto", vars{"TERM": "dumb", "CLICOLOR": "1"}, true, false},
		{"5: another TERM on a terminal", "auto", vars{"TERM": "xterm-256color"}, true, true},
		{"6: CLICOLOR=0 on a terminal", "auto", vars{"CLICOLOR": "0"}, true, false},
		{"6: CLICOLOR=1 forces nothing", "auto", vars{"CLICOLOR": "1"}, false, false},
		{"6: CLICOLOR empty is unset", "auto", vars{"CLICOLOR": ""}, true, true},
		{"CI alone forces nothing", "auto", vars{"CI": "true", "GITHUB_ACTIONS": "true"}, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := func(name string) string { return test.env[name] }
			if got := colored(test.flag, env, test.terminal); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestFilesAreNoTerminals: neither a buffer nor a file on disk is one, and neither has a width.
func TestFilesAreNoTerminals(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || width(f) != 0 {
		t.Error("a file on disk counts as a terminal")
	}
	if isTerminal(&bytes.Buffer{}) || width(&bytes.Buffer{}) != 0 {
		t.Error("a buffer counts as a terminal")
	}
}
