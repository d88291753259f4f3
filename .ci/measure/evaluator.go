package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// evaluator runs the benchmarks of pkg/eval on one core.
func evaluator(string) ([]figure, error) {
	m, err := benchmarks("./pkg/eval", "Heads|FurtherProfile|Servers|Locations|MapEntries")
	if err != nil {
		return nil, err
	}
	const ns = " ns/op"
	first, further := time.Duration(m["BenchmarkHeads"+ns]), time.Duration(m["BenchmarkFurtherProfile"+ns])
	if first == 0 || further == 0 {
		return nil, fmt.Errorf("a metric of pkg/eval is not there: %v", m)
	}
	figures := []figure{
		{"the upstream heads of five clients for 2,000 locations, one profile, one core", ms(first), "under 40 ms", first < 40*time.Millisecond},
		{"a further profile", fmt.Sprintf("%s: %.2f of that", ms(further), float64(further)/float64(first)), "at most 0.5", 2*further <= first},
	}
	for _, g := range []struct{ what, benchmark, few, many, unit string }{
		{"a location's heads among 8,000 locations of 2,000 servers, against 500 of 125", "BenchmarkServers/", "125", "2000", " ns/location"},
		{"a location's heads among 8,000 locations of one server, against 500", "BenchmarkLocations/", "500", "8000", " ns/location"},
		{"a lookup in a map of 100,000 entries, against 10", "BenchmarkMapEntries/", "10", "100000", ns},
	} {
		few, many := m[g.benchmark+g.few+g.unit], m[g.benchmark+g.many+g.unit]
		if few == 0 || many == 0 {
			return nil, fmt.Errorf("%s has no figures: %v", g.benchmark, m)
		}
		figures = append(figures, figure{g.what, fmt.Sprintf("%.1f µs against %.1f µs: %.2f", many/1e3, few/1e3, many/few), "at most 2 (no quadratic growth)", many <= 2*few})
	}
	return figures, nil
}

// benchmarks runs the benchmarks of a package that match, five times on one core, and returns the medians of what they
// measure, by "BenchmarkName unit".
func benchmarks(pkg, pattern string, flags ...string) (map[string]float64, error) {
	args := append([]string{"test", "-run", "^$", "-bench", pattern, "-cpu", "1", "-count", "5"}, append(flags, pkg)...)
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return metrics(string(out)), nil
}
