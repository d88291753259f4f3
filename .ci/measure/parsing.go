package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parsing runs the benchmarks of pkg/syntax on one core.
func parsing(string) ([]figure, error) {
	m, err := benchmarks("./pkg/syntax", "Parse|PlainLoop", "-benchmem")
	if err != nil {
		return nil, err
	}
	const parse = "BenchmarkParse/servers=500 "
	speed, loop, allocations := m[parse+"MB/s"], m["BenchmarkPlainLoop MB/s"], m[parse+"allocs/directive"]
	if speed == 0 || loop == 0 || allocations == 0 {
		return nil, fmt.Errorf("a metric of pkg/syntax is not there: %v", m)
	}
	return []figure{
		{"parsing 500 servers into the tree, one core", fmt.Sprintf("%.0f MB/s", speed), "at least 150 MB/s", speed >= 150},
		{"the same against a plain tokenizer loop", fmt.Sprintf("%.0f MB/s against %.0f MB/s: %.2f", speed, loop, speed/loop), "at least 0.35", speed >= 0.35*loop},
		{"its allocations", fmt.Sprintf("%.4f a directive", allocations), "at most 2 a directive", allocations <= 2},
	}, nil
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
