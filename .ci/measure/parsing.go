package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// bounded is a metric of a Go benchmark that must reach a bound.
type bounded struct {
	benchmark, unit string
	what            string
	bound           float64
	least           bool // whether the bound is the least that is right, else the most
}

// parseBounds are the figures of pkg/syntax's benchmarks.
var parseBounds = []bounded{
	{"BenchmarkParse", "MB/s", "parsing into the tree, one core", 150, true},
	{"BenchmarkParse", "of-plain-loop", "its speed as a part of a plain tokenizer loop's", 0.35, true},
	{"BenchmarkParse", "allocs/directive", "its allocations a directive", 2, false},
}

// parsing runs the benchmarks of pkg/syntax on one core.
func parsing(string) ([]figure, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-cpu", "1", "-count", "5", "./pkg/syntax")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w: %s", err, out)
	}
	results := metrics(string(out))
	var figures []figure
	for _, b := range parseBounds {
		value, ok := results[b.benchmark+" "+b.unit]
		if !ok {
			return nil, fmt.Errorf("no metric %s of %s in:\n%s", b.unit, b.benchmark, out)
		}
		f := figure{what: b.what, measured: fmt.Sprintf("%.4g %s", value, b.unit), bound: fmt.Sprintf("at most %g", b.bound), ok: value <= b.bound}
		if b.least {
			f.bound, f.ok = fmt.Sprintf("at least %g", b.bound), value >= b.bound
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// metrics reads the lines of benchmarks; of several runs of one it keeps the median.
func metrics(text string) map[string]float64 {
	all := map[string][]float64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(words); i += 2 {
			if value, err := strconv.ParseFloat(words[i], 64); err == nil {
				key := words[0] + " " + words[i+1]
				all[key] = append(all[key], value)
			}
		}
	}
	medians := map[string]float64{}
	for key, values := range all {
		slices.Sort(values)
		medians[key] = values[len(values)/2]
	}
	return medians
}
