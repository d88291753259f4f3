package pcre

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// question is one pattern and the subjects to try it on.
type question struct {
	pattern  string
	fold     bool
	subjects []string
}

// answer is what the real PCRE2 says: a refusal, or one result a subject.
type answer struct {
	refused bool
	offset  int
	message string
	results []result
}

// result is one match: no spans where there is none; failed where PCRE2 gave up.
type result struct {
	spans  [][2]int
	failed bool
}

// pcreVersion is the first line of what the program says about its library.
func pcreVersion(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("pcre2test")
	if err != nil {
		t.Skip("pcre2test is not installed (Debian: pcre2-utils)")
	}
	out, err := exec.Command(program, "-C").Output()
	if err != nil {
		t.Fatalf("pcre2test -C: %v", err)
	}
	return string(out)
}

// pcre2test asks the program of Debian's package pcre2-utils.
func pcre2test(t testing.TB, questions []question) []answer {
	t.Helper()
	program, err := exec.LookPath("pcre2test")
	if err != nil {
		t.Skip("pcre2test is not installed (Debian: pcre2-utils)")
	}
	cmd := exec.Command(program, "-q")
	cmd.Stdin = strings.NewReader(questionText(questions))
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		t.Fatalf("pcre2test: %v\n%s", err, failure.String())
	}
	answers, err := readAnswers(out.String(), questions)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// preamble makes callouts silent: nginx sets none.
const preamble = "#subject callout_none\n\n"

// questionText is the program's input: all bytes in hexadecimal.
func questionText(questions []question) string {
	var b strings.Builder
	b.WriteString(preamble)
	for _, q := range questions {
		fmt.Fprintf(&b, "/% x/hex,allcaptures,allaftertext", q.pattern)
		if q.fold {
			b.WriteString(",caseless")
		}
		b.WriteByte('\n')
		for _, s := range q.subjects {
			b.WriteString(subjectLine(s) + "\n")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func subjectLine(s string) string {
	if s == "" {
		return `\` // a line with nothing but this is the empty subject
	}
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\x%02x`, s[i])
	}
	return b.String()
}

var (
	refusalLine = regexp.MustCompile(`^Failed: error \d+ at offset (\d+): (.*)$`)
	captureLine = regexp.MustCompile(`^ *(\d+)([:+]) (.*)$`)
	escapedByte = regexp.MustCompile(`\\x[0-9a-f]{2}`)
)

// readAnswers reads the program's output, which repeats its input.
func readAnswers(out string, questions []question) ([]answer, error) {
	blocks := strings.Split(strings.TrimSuffix(strings.TrimPrefix(out, preamble), "\n\n"), "\n\n")
	if len(blocks) != len(questions) {
		return nil, fmt.Errorf("pcre2test: %d answers to %d questions", len(blocks), len(questions))
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		lines := strings.Split(blocks[i], "\n")[1:]
		if m := refusalLine.FindStringSubmatch(lines[0]); m != nil {
			offset, _ := strconv.Atoi(m[1])
			answers[i] = answer{refused: true, offset: offset, message: m[2]}
			continue
		}
		results, err := readResults(lines, q)
		if err != nil {
			return nil, fmt.Errorf("pcre2test: %q: %w in\n%s", q.pattern, err, blocks[i])
		}
		answers[i].results = results
	}
	return answers, nil
}

// readResults reads what follows each repeated subject.
func readResults(lines []string, q question) ([]result, error) {
	var results []result
	for i := 0; i < len(lines); {
		if len(results) == len(q.subjects) || !strings.HasPrefix(lines[i], `\`) {
			return nil, fmt.Errorf("unexpected %q", lines[i])
		}
		end := i + 1
		for end < len(lines) && !strings.HasPrefix(lines[end], `\`) {
			end++
		}
		r, err := readResult(lines[i+1:end], q.subjects[len(results)])
		if err != nil {
			return nil, err
		}
		results, i = append(results, r), end
	}
	if len(results) != len(q.subjects) {
		return nil, fmt.Errorf("%d results for %d subjects", len(results), len(q.subjects))
	}
	return results, nil
}

// readResult finds each group's place from its text and the text behind it.
func readResult(lines []string, subject string) (result, error) {
	if len(lines) == 1 && lines[0] == "No match" {
		return result{}, nil
	}
	var r result
	for _, line := range lines {
		m := captureLine.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, "Failed: error -"):
			return result{failed: true}, nil
		case m == nil:
			return r, fmt.Errorf("unexpected %q", line)
		case m[2] == ":" && m[3] == "<unset>":
			r.spans = append(r.spans, [2]int{-1, -1})
		case m[2] == ":":
			r.spans = append(r.spans, [2]int{shownLen(m[3]), 0})
		default:
			last := &r.spans[len(r.spans)-1]
			end := len(subject) - shownLen(m[3])
			*last = [2]int{end - last[0], end}
		}
	}
	return r, nil
}

// shownLen is the length of a text that is shown with its odd bytes escaped.
// Subjects hold no backslash.
func shownLen(s string) int { return len(escapedByte.ReplaceAllString(s, ".")) }
