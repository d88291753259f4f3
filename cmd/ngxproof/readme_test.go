package main_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/cli"
)

var update = flag.Bool("update", false, "write what the commands in README.md really print into it")

// transcript is a block of README.md that shows one command and what it prints.
var transcript = regexp.MustCompile("(?s)```console\n\\$ ([^\n]*)\n(.*?)```\n")

// TestTranscripts runs every command that README.md shows and compares what it prints, byte for byte.
func TestTranscripts(t *testing.T) {
	path, err := filepath.Abs(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(moduleRoot)
	count := 0
	real := transcript.ReplaceAllStringFunc(string(readme), func(block string) string {
		parts := transcript.FindStringSubmatch(block)
		count++
		got := play(t, parts[1])
		if got != parts[2] && !*update {
			t.Errorf("$ %s\nprints\n%s\nREADME.md says\n%s", parts[1], got, parts[2])
		}
		return "```console\n$ " + parts[1] + "\n" + got + "```\n"
	})
	if count < 3 {
		t.Errorf("%d transcripts found", count)
	}
	if *update {
		if err := os.WriteFile(path, []byte(real), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// play returns what a command line prints, on both streams, with what `go run` adds.
func play(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))
	goRun := strings.HasPrefix(line, "go run ./cmd/ngxproof ")
	switch {
	case goRun:
		words = words[3:]
	case words[0] == "ngxproof":
		words = words[1:]
	default:
		t.Fatalf("%q is not a command of ours", line)
	}
	var out bytes.Buffer
	code := cli.Main(words, strings.NewReader(""), &out, &out, func(string) string { return "" })
	if goRun && code != 0 {
		out.WriteString("exit status " + string(rune('0'+code)) + "\n")
	}
	return out.String()
}

// TestTwoCommands: README.md has the two commands that work on a fresh machine.
func TestTwoCommands(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"\ngo run ./cmd/ngxproof lint testdata/quickstart/nginx.conf\n", "\ngo test ./...\n",
	} {
		if !bytes.Contains(readme, []byte(command)) {
			t.Errorf("README.md lacks the line %q", command)
		}
	}
}
