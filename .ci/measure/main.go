// Command measure answers: how fast is ngxproof, and how much memory does it take? It runs from the module's root and
// writes docs/performance.md.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const document = "docs/performance.md"

// figure is one measured thing.
type figure struct {
	what, measured, bound string // no bound: to be known only
	ok                    bool
}

// part is some of the figures. Where parts are named on the command line, only they are measured and nothing is written.
type part struct {
	name    string
	measure func(dir string) ([]figure, error)
}

func main() {
	err := error(nil)
	if len(os.Args) == 3 && os.Args[1] == "backend" {
		err = serveBackend(os.Args[2])
	} else {
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "ngxproof-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	var figures []figure
	parts := []part{{"parsing", parsing}, {"evaluator", evaluator}, {"processes", processes}, {"rules", allRules}, {"fixing", fixing},
		{"tunnels", tunnels}, {"many", many}}
	for _, p := range parts {
		if only := os.Args[1:]; len(only) > 0 && !slices.Contains(only, p.name) {
			continue
		}
		more, err := p.measure(dir)
		if err != nil {
			return err
		}
		for _, f := range more {
			fmt.Printf("%-8s %-62s %s (%s)\n", verdict(f), f.what, f.measured, f.bound)
		}
		figures = append(figures, more...)
	}
	if len(os.Args) == 1 {
		if err := write(dir, figures); err != nil {
			return err
		}
	}
	missed := 0
	for _, f := range figures {
		if verdict(f) == "MISSED" {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d figures are not reached", missed, len(figures))
	}
	return nil
}

func verdict(f figure) string {
	switch {
	case f.bound == "":
		return ""
	case f.ok:
		return "reached"
	}
	return "MISSED"
}

// write writes the document with the stamp that a test looks for.
func write(dir string, figures []figure) error {
	var b bytes.Buffer
	b.WriteString("# Performance\n\nWritten by `.ci/bench`; do not edit. Times are medians of runs that alternate with what they are compared with.\n\n")
	fmt.Fprintf(&b, "* Command: `.ci/bench`\n* Commit: %s\n* CPU: %s\n* Go: %s\n\n", commit(), cpu(), strings.TrimPrefix(runtime.Version(), "go"))
	b.WriteString("| what | measured | bound | |\n|---|---|---|---|\n")
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.what, f.measured, f.bound, verdict(f))
	}
	where, err := profile(dir)
	if err != nil {
		return err
	}
	b.WriteString(where)
	return os.WriteFile(document, b.Bytes(), 0o644)
}

// commit names what was measured, and says whether it was changed since.
func commit() string {
	head := output("git", "rev-parse", "HEAD")
	if output("git", "status", "--porcelain", "--untracked-files=no", "--", "cmd", "pkg", "rules", "go.mod") != "" {
		head += " (with changes)"
	}
	return head
}

// cpu names the processor and how many of its cores there are.
func cpu() string {
	name := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// generate writes a configuration of n servers with the shared generator. Its log files and nginx's temporary folders are
// moved below dir, where they may be created.
func generate(dir string, n int) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("%d.conf", n))
	cmd := exec.Command("../shared/tools/gen-config", "one", fmt.Sprint(n), path, "--plain")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("gen-config: %w: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(text, []byte("/var/log/nginx/"), []byte(dir+"/"))
	var folders strings.Builder
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&folders, "    %s_temp_path %s/%s;\n", name, dir, name)
	}
	text = bytes.Replace(text, []byte("http {\n"), []byte("http {\n"+folders.String()), 1)
	return path, os.WriteFile(path, text, 0o644)
}
