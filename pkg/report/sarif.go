package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// SARIF writes a SARIF 2.1.0 log of one run as GitHub code scanning reads it: every rule with its page, files as relative
// URIs, columns in UTF-16 units, fixes as replacements, the hash that alerts are matched by. Suppressed findings are left
// out unless Options.Suppressed asks for them, since GitHub opens alerts for them all the same.
//
// GitHub refuses a log with more than 25,000 results or 10 MiB of gzip. Beyond that the worst findings are written, and
// the log and Options.Warn say so.
func SARIF(w io.Writer, r Result, o Options) error {
	rules, index, err := sarifRules(r.Known)
	if err != nil {
		return err
	}
	s := &sarifWriter{o: o, rules: index, hashes: map[*source.File][]string{}, fixes: true}
	log, notes, err := s.fit(r, rules, gitHubLimits)
	if err != nil {
		return err
	}
	for _, note := range notes {
		o.warn(note)
	}
	_, err = w.Write(log)
	return err
}

// sarifLimits are a host's.
type sarifLimits struct {
	results int // of a run
	shown   int // how many of them are shown
	bytes   int // of the log, compressed
}

// https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
var gitHubLimits = sarifLimits{results: 25_000, shown: 5_000, bytes: 10 << 20}

// fit encodes a log that keeps to the limits: it gives up fixes first, then the mildest findings. The notes say what is
// missing.
func (s *sarifWriter) fit(r Result, rules []sarifRule, limits sarifLimits) (log []byte, notes []string, err error) {
	found := hostedFindings(r, s.o)
	keep := min(len(found), limits.results)
	for {
		notes = s.notes(keep, len(found), limits)
		log, err = s.encode(r, rules, worst(found, keep), notes)
		switch {
		case err != nil || keep == 0 || !tooLarge(log, limits.bytes):
			return log, notes, err
		case s.fixes:
			s.fixes = false
		default:
			keep /= 2
		}
	}
}

// notes says what the limits cost.
func (s *sarifWriter) notes(kept, all int, limits sarifLimits) []string {
	var notes []string
	if kept < all {
		notes = append(notes, fmt.Sprintf("the SARIF log has the worst %d of %d findings: GitHub takes no more", kept, all))
	}
	if !s.fixes {
		notes = append(notes, "the SARIF log has no fixes: GitHub would not take its size")
	}
	if kept > limits.shown {
		notes = append(notes, fmt.Sprintf("of the %d findings in the SARIF log GitHub shows the worst %d", kept, limits.shown))
	}
	return notes
}

// worst returns the n findings of the highest levels, in the order in which they are; of one level the first ones.
func worst(found []hosted, n int) []hosted {
	if n >= len(found) {
		return found
	}
	var room [diag.Error + 1]int
	left := n
	for level := diag.Error; level > diag.Off; level-- {
		for i := range found {
			if found[i].Level == level && left > 0 {
				room[level]++
				left--
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(d hosted) bool {
		room[d.Level]--
		return room[d.Level] < 0
	})
}

// tooLarge reports whether a text is larger than the limit when it is compressed, as it is for the way to GitHub.
func tooLarge(log []byte, limit int) bool {
	if len(log) < limit {
		return false // JSON only gets smaller
	}
	var size counter
	z := gzip.NewWriter(&size)
	if _, err := z.Write(log); err != nil {
		return true
	}
	return z.Close() != nil || int(size) > limit
}

// counter counts what is written to it.
type counter int

// Write counts the bytes of p; it has no error.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (s *sarifWriter) encode(r Result, rules []sarifRule, found []hosted, notes []string) ([]byte, error) {
	results := make([]sarifResult, len(found))
	for i, d := range found {
		results[i] = s.result(d)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:              sarifTool{newDriver(r.Tool, rules)},
			Invocations:       []sarifInvocation{newInvocation(r.Problems, notes)},
			AutomationDetails: sarifAutomation{"ngxproof/"},
			OriginalURIBaseIDs: map[string]sarifDescribedBase{
				srcRoot: {sarifText{"The root of the repository."}},
			},
			ColumnKind: "utf16CodeUnits",
			Results:    results,
		}},
	})
	return out.Bytes(), err
}

// semantic is a version as https://semver.org has it.
var semantic = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)$`)

func newDriver(t Tool, rules []sarifRule) sarifDriver {
	d := sarifDriver{Name: "ngxproof", Version: t.Version, InformationURI: project, Rules: rules}
	if m := semantic.FindStringSubmatch(t.Version); m != nil {
		d.SemanticVersion = m[1]
	}
	return d
}

// newInvocation says whether everything was done that was asked for.
func newInvocation(problems, notes []string) sarifInvocation {
	run := sarifInvocation{ExecutionSuccessful: len(problems) == 0}
	for _, problem := range problems {
		run.Notifications = append(run.Notifications, sarifNotification{"error", sarifText{text(problem)}})
	}
	for _, note := range notes {
		run.Notifications = append(run.Notifications, sarifNotification{"warning", sarifText{text(note)}})
	}
	return run
}
