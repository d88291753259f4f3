package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// stamps are what docs/performance.md must say about where its figures come from.
var stamps = map[string]*regexp.Regexp{
	"command": regexp.MustCompile("(?m)^\\* Command: `\\.ci/bench`$"),
	"commit":  regexp.MustCompile(`(?m)^\* Commit: [0-9a-f]{40}( \(with changes\))?$`),
	"CPU":     regexp.MustCompile(`(?m)^\* CPU: \S.*, \d+ cores$`),
	"Go":      regexp.MustCompile(`(?m)^\* Go: \d+\.\d+`),
}

var figureRow = regexp.MustCompile(`(?m)^\| .* \| .*\d.* \| .*\d.* \| (reached|MISSED) \|$`)

// TestPerformanceIsStamped: a figure without the command, commit, processor and Go version is worth nothing.
func TestPerformanceIsStamped(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot, "docs/performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range missingStamps(string(text)) {
		t.Errorf("docs/performance.md has no %s; run .ci/bench", missing)
	}
	if n := len(figureRow.FindAllString(string(text), -1)); n < 8 {
		t.Errorf("docs/performance.md has %d figures, want 8 at least", n)
	}
}

func missingStamps(text string) []string {
	var missing []string
	for name, pattern := range stamps {
		if !pattern.MatchString(text) {
			missing = append(missing, name)
		}
	}
	return missing
}

// TestStampsCanBeMissing shows that the test above can fail.
func TestStampsCanBeMissing(t *testing.T) {
	if got := missingStamps("* Commit: unknown\n* CPU: \n* Go: devel\n"); len(got) != len(stamps) {
		t.Errorf("missing: %q", got)
	}
}
