package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// allRules measures a lint with all rules as a whole process, in processor time: on a busy machine that is what a program
// costs, while its wall time is what the others left it.
func allRules(dir string) ([]figure, error) {
	binary, small, large, err := prepare(dir)
	if err != nil {
		return nil, err
	}
	version, nginx, err := server(small)
	if err != nil {
		return nil, err
	}
	lint := func(path string, flags ...string) program {
		return program{append(append([]string{binary, "lint", "-o", "concise"}, flags...), path), []int{0, 1}}
	}
	one := []string{"--nginx-version", "1.26"}
	s, err := alternate(nginx, lint(small), lint(small, one...), lint(small, "--select", "correctness"))
	if err != nil {
		return nil, err
	}
	l, err := alternate(lint(large), lint(large, one...))
	if err != nil {
		return nil, err
	}
	against := func(what string, s, nginx sample, bound float64) figure {
		ratio := float64(s.cpu) / float64(nginx.cpu)
		return figure{
			what:     fmt.Sprintf("`lint` of 500 servers with all rules, %s, processor time against `nginx -t` of %s", what, version),
			measured: fmt.Sprintf("%s against %s: %.2f", ms(s.cpu), ms(nginx.cpu), ratio), bound: fmt.Sprintf("at most %g", bound), ok: ratio <= bound,
		}
	}
	figures := []figure{
		against("all versions", s[1], s[0], 3),
		against("`--nginx-version 1.26`", s[2], s[0], 1.5),
		{what: "the same with `--select correctness`", measured: ms(s[3].cpu)},
		{what: "`lint` of 5,000 servers with all rules, processor time", measured: fmt.Sprintf("%s, %.1f times that of 500", ms(l[0].cpu), float64(l[0].cpu)/float64(s[1].cpu))},
	}
	for _, m := range []struct {
		what, path string
		rss        int64
	}{
		{"500 servers, all versions", small, s[1].rss}, {"500 servers, `--nginx-version 1.26`", small, s[2].rss},
		{"5,000 servers, all versions", large, l[0].rss}, {"5,000 servers, `--nginx-version 1.26`", large, l[1].rss},
	} {
		f := memory(m.what+", all rules", m.path, m.rss)
		f.measured, f.bound = fmt.Sprintf("%s (aim: %s)", f.measured, f.bound), ""
		figures = append(figures, f)
	}
	return figures, nil
}

// prepare makes the program and the configurations that it is measured with, of 500 and of 5,000 servers.
func prepare(dir string) (binary, small, large string, err error) {
	if binary, err = build(dir); err == nil {
		small, err = generate(dir, 500)
	}
	if err == nil {
		large, err = generate(dir, 5000)
	}
	return binary, small, large, err
}

// build makes the program and returns its path.
func build(dir string) (string, error) {
	binary := filepath.Join(dir, "ngxproof")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/ngxproof").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return binary, nil
}

// mostNamed is how many functions the profile lists.
const mostNamed = 14

// profile says where the processor time of all rules goes: the shares of functions with what they call, of the benchmark
// that runs them for one version.
func profile(dir string) (string, error) {
	test, cpu := filepath.Join(dir, "rules.test"), filepath.Join(dir, "cpu.profile")
	bench := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkRules$/^1.26$", "-benchtime", "40x", "-cpu", "1", "-o", test, "-cpuprofile", cpu, "./rules")
	bench.Stderr = os.Stderr
	if out, err := bench.Output(); err != nil {
		return "", fmt.Errorf("go test -bench BenchmarkRules: %w: %s", err, out)
	}
	top, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-nodecount", "400", test, cpu).Output()
	if err != nil {
		return "", fmt.Errorf("go tool pprof: %w", err)
	}
	var b strings.Builder
	b.WriteString("\n## Where the time of all rules goes\n\n")
	b.WriteString("`BenchmarkRules/1.26` on one core, shares with what is called:\n\n| share | function |\n|---|---|\n")
	named := 0
	for line := range strings.Lines(string(top)) {
		words := strings.Fields(line) // flat flat% sum% cum cum% name
		if len(words) < 6 || !telling(words[5]) || named == mostNamed {
			continue
		}
		named++
		fmt.Fprintf(&b, "| %s | `%s` |\n", words[4], strings.TrimPrefix(words[5], "github.com/ngxproof/ngxproof/"))
	}
	b.WriteString(outlook)
	return b.String(), nil
}

// telling reports whether a function says what the time is for: the program's own, below what calls every rule, and of
// Go's those that make and collect memory.
func telling(name string) bool {
	switch name {
	case "runtime.mallocgc", "runtime.gcBgMarkWorker":
		return true
	}
	own := strings.HasPrefix(name, "github.com/ngxproof/ngxproof/pkg/") || strings.HasPrefix(name, "github.com/ngxproof/ngxproof/rules/")
	return own && !strings.Contains(name, "/pkg/lint.") && !strings.Contains(name, ".func")
}

// outlook says what would make it faster.
const outlook = `
A lint of all rules asks for the heads of several clients and versions at each location, and plans a fix for each finding to
know its class. To get to half of ` + "`nginx -t`" + ` (the cost of reading, judging and reporting alone is in the table above), it
would have to do that work once for locations that say the same: one evaluation, one verdict and one plan for each
distinct header list, HTTP version, upstream and client, with places filled in for each location. That needs the
evaluator to prove which variables an answer rests on, so that locations of different servers count as the same; it
knows them (` + "`Outcome.Used`" + `), but keeps no such index. The memory would fall with it: most of what stays live
are heads, kept for each location, client and group of versions.
`
