package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

const runs = 15

// sample is one run of a program.
type sample struct {
	wall time.Duration
	cpu  time.Duration // user and system time of all threads
	rss  int64         // bytes, at most
}

// program is a command line that is measured and the exit codes that are right for it.
type program struct {
	args  []string
	codes []int
}

func (p program) run() (sample, error) {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	wall := time.Since(start)
	if cmd.ProcessState == nil || !slices.Contains(p.codes, cmd.ProcessState.ExitCode()) {
		return sample{}, fmt.Errorf("%s: %w: %.500s", strings.Join(p.args, " "), err, out)
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return sample{wall, cpu, usage.Maxrss << 10}, nil
}

// alternate runs programs in turn and returns each one's median times and highest memory.
func alternate(programs ...program) ([]sample, error) {
	walls, cpus := make([][]time.Duration, len(programs)), make([][]time.Duration, len(programs))
	medians := make([]sample, len(programs))
	for round := range runs + 1 {
		for i, p := range programs {
			s, err := p.run()
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue // the first one fills the caches
			}
			walls[i], cpus[i] = append(walls[i], s.wall), append(cpus[i], s.cpu)
			medians[i].rss = max(medians[i].rss, s.rss)
		}
	}
	for i := range programs {
		slices.Sort(walls[i])
		slices.Sort(cpus[i])
		medians[i].wall, medians[i].cpu = walls[i][runs/2], cpus[i][runs/2]
	}
	return medians, nil
}

// processes measures the whole program.
func processes(dir string) ([]figure, error) {
	binary, small, large, err := prepare(dir)
	if err != nil {
		return nil, err
	}
	version, nginx, err := server(small)
	if err != nil {
		return nil, err
	}
	lint := func(path string) program {
		return program{[]string{binary, "lint", "--select", "correctness", "-o", "concise", path}, []int{0, 1}}
	}
	s, err := alternate(lint(small), nginx, lint(large), program{[]string{binary, "version"}, []int{0}})
	if err != nil {
		return nil, err
	}
	ratio := float64(s[0].wall) / float64(s[1].wall)
	// in processor time: on a busy machine a long run waits for longer than its share
	growth := float64(s[2].cpu) / float64(s[0].cpu)
	return []figure{
		{fmt.Sprintf("`lint --select correctness` of 500 servers (%s), whole process, against `nginx -t` of %s", bytesOf(small), version),
			fmt.Sprintf("%s against %s: %.2f", ms(s[0].wall), ms(s[1].wall), ratio), "at most 0.5", ratio <= 0.5},
		memory("500 servers, `--select correctness`", small, s[0].rss),
		memory("5,000 servers, `--select correctness`", large, s[2].rss),
		{"`lint --select correctness` of ten times the input (" + bytesOf(large) + ")",
			fmt.Sprintf("%s, of the processor %s against %s: %.1f times the time", ms(s[2].wall), ms(s[2].cpu), ms(s[0].cpu), growth), "at most 11 times", growth <= 11},
		{"start-up (`version`)", ms(s[3].wall), "under 10 ms", s[3].wall < 10*time.Millisecond},
	}, nil
}

// server returns the newest real nginx, testing the file at path.
func server(path string) (version string, test program, err error) {
	out, err := exec.Command("../shared/tools/real-nginx").Output()
	if err != nil {
		return "", program{}, fmt.Errorf("real-nginx: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	version, launcher, _ := strings.Cut(lines[len(lines)-1], "\t")
	directives := "user root; error_log /dev/null; pid " + path + ".pid;"
	return version, program{[]string{launcher, "-t", "-q", "-e", "/dev/null", "-c", path, "-g", directives}, []int{0}}, nil
}

func memory(what, path string, rss int64) figure {
	info, err := os.Stat(path)
	if err != nil {
		return figure{what: err.Error()}
	}
	bound := 32<<20 + 12*info.Size()
	return figure{what: "peak memory of `lint`, " + what, measured: mib(rss), bound: "32 MiB + 12 x input = " + mib(bound), ok: rss <= bound}
}

func bytesOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return mib(info.Size())
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
