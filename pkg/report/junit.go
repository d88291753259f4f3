package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// JUnit writes test results as Jenkins and GitLab read them: a suite a file, in it a case a rule that found something,
// which keeps its name when lines move. The case fails where a finding is at Options.FailLevel or above, and else says
// what was found and passes. A file that was loaded and has nothing is one passed case.
func JUnit(w io.Writer, r Result, o Options) error {
	o.Suppressed = false
	doc := junitSuites{Name: "ngxproof"}
	for _, suite := range junitFiles(r, o) {
		doc.Tests += suite.Tests
		doc.Failures += suite.Failures
		doc.Errors += suite.Errors
		doc.Suites = append(doc.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Error   *junitOutcome `xml:"error"`
	Failure *junitOutcome `xml:"failure"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// junitFiles returns the suites: what could not be done, then the files in order.
func junitFiles(r Result, o Options) []junitSuite {
	var suites []junitSuite
	if len(r.Problems) > 0 {
		suites = append(suites, problemSuite(r.Problems))
	}
	found := map[string][]hosted{}
	for _, d := range hostedFindings(r, o) {
		name := fileOf(d, o)
		found[name] = append(found[name], d)
	}
	for _, entry := range r.Entries {
		name := source.Printable(o.path(entry))
		if _, ok := found[name]; !ok {
			found[name] = nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		suites = append(suites, fileSuite(name, found[name], o))
	}
	return suites
}

// fileOf names the file of a finding.
func fileOf(d hosted, o Options) string {
	if d.At.File == nil {
		return "-"
	}
	return source.Printable(o.path(d.At.File.Name))
}

func problemSuite(problems []string) junitSuite {
	suite := junitSuite{Name: "ngxproof", Tests: len(problems), Errors: len(problems)}
	for i, problem := range problems {
		problem = source.Printable(problem)
		suite.Cases = append(suite.Cases, junitCase{
			Class: "ngxproof", Name: fmt.Sprintf("problem %d", i+1),
			Error: &junitOutcome{problem, "problem", problem},
		})
	}
	return suite
}

// fileSuite puts the findings of a file into cases, one a rule.
func fileSuite(name string, found []hosted, o Options) junitSuite {
	suite := junitSuite{Name: name}
	if len(found) == 0 {
		suite.Cases = []junitCase{{Class: "ngxproof", Name: name}}
	}
	slices.SortStableFunc(found, func(a, b hosted) int { return strings.Compare(a.Rule, b.Rule) })
	for len(found) > 0 {
		n := slices.IndexFunc(found, func(d hosted) bool { return d.Rule != found[0].Rule })
		if n < 0 {
			n = len(found)
		}
		suite.Cases = append(suite.Cases, ruleCase(name, found[:n], o))
		found = found[n:]
	}
	suite.Tests = len(suite.Cases)
	for _, c := range suite.Cases {
		if c.Failure != nil {
			suite.Failures++
		}
	}
	return suite
}

// ruleCase returns the case of what one rule found in a file.
func ruleCase(file string, found []hosted, o Options) junitCase {
	worst := slices.MaxFunc(found, func(a, b hosted) int { return int(a.Level) - int(b.Level) })
	c := junitCase{Class: "ngxproof." + source.Printable(worst.Category), Name: file + ": " + source.Printable(worst.Rule)}
	var lines strings.Builder
	for _, d := range found {
		lines.WriteString(d.Level.String() + ": " + logLine(d, o) + "\n")
		if d.Help != "" {
			lines.WriteString("  help: " + source.Printable(d.Help) + "\n")
		}
	}
	if !o.fails(worst) {
		c.Out = lines.String()
		return c
	}
	message := source.Printable(worst.Message)
	if n := len(found) - 1; n > 0 {
		message += fmt.Sprintf(" (and %d more)", n)
	}
	c.Failure = &junitOutcome{message, worst.Level.String(), lines.String()}
	return c
}
