package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// xsdElement is what Jenkins's schema says of an element: which attributes it may and must have, which elements in which
// order, and whether text.
type xsdElement struct {
	attributes map[string]bool // whether it is required
	children   []xsdChild
	text       bool
}

type xsdChild struct {
	name     string
	min, max int // max -1 for unbounded
}

// junitSchema reads the schema, which has elements of sequences of references, and attributes that are strings.
var junitSchema = sync.OnceValues(func() (map[string]xsdElement, error) {
	text, err := os.ReadFile("testdata/third-party/jenkins-junit.xsd")
	if err != nil {
		return nil, err
	}
	var doc struct {
		Elements []struct {
			Name string `xml:"name,attr"`
			Type string `xml:"type,attr"`
			Body struct {
				Mixed    bool `xml:"mixed,attr"`
				Children []struct {
					Ref string `xml:"ref,attr"`
					Min string `xml:"minOccurs,attr"`
					Max string `xml:"maxOccurs,attr"`
				} `xml:"sequence>element"`
				Attributes []struct {
					Name string `xml:"name,attr"`
					Use  string `xml:"use,attr"`
				} `xml:"attribute"`
			} `xml:"complexType"`
		} `xml:"element"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	schema := map[string]xsdElement{}
	for _, e := range doc.Elements {
		element := xsdElement{attributes: map[string]bool{}, text: e.Type == "xs:string" || e.Body.Mixed}
		for _, a := range e.Body.Attributes {
			element.attributes[a.Name] = a.Use == "required"
		}
		for _, c := range e.Body.Children {
			element.children = append(element.children, xsdChild{c.Ref, occurs(c.Min), occurs(c.Max)})
		}
		schema[e.Name] = element
	}
	return schema, nil
})

func occurs(s string) int {
	switch s {
	case "":
		return 1
	case "unbounded":
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// node is an element of a document.
type node struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []node     `xml:",any"`
	Text       string     `xml:",chardata"`
}

func (n node) attribute(name string) string {
	for _, a := range n.Attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// validate returns the first thing that the schema does not allow.
func (n node) validate(schema map[string]xsdElement) error {
	e, ok := schema[n.XMLName.Local]
	if !ok || n.XMLName.Space != "" {
		return fmt.Errorf("no element %v", n.XMLName)
	}
	given := map[string]bool{}
	for _, a := range n.Attributes {
		if _, ok := e.attributes[a.Name.Local]; !ok || given[a.Name.Local] {
			return fmt.Errorf("%s: attribute %s", n.XMLName.Local, a.Name.Local)
		}
		given[a.Name.Local] = true
	}
	for name, required := range e.attributes {
		if required && !given[name] {
			return fmt.Errorf("%s: no attribute %s", n.XMLName.Local, name)
		}
	}
	if !e.text && strings.TrimSpace(n.Text) != "" {
		return fmt.Errorf("%s: text %q", n.XMLName.Local, n.Text)
	}
	rest := n.Children
	for _, c := range e.children {
		count := 0
		for len(rest) > 0 && rest[0].XMLName.Local == c.name {
			if err := rest[0].validate(schema); err != nil {
				return err
			}
			rest = rest[1:]
			count++
		}
		if count < c.min || c.max >= 0 && count > c.max {
			return fmt.Errorf("%s: %d times %s", n.XMLName.Local, count, c.name)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s: no place for %s", n.XMLName.Local, rest[0].XMLName.Local)
	}
	return nil
}

func parseJUnit(t testing.TB, text string) node {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	var doc node
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	for _, r := range text { // XML 1.0, 2.2
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			t.Errorf("%U in %q", r, text)
		}
	}
	if rest := strings.TrimSpace(text[d.InputOffset():]); rest != "" {
		t.Errorf("after the end: %q", rest)
	}
	return doc
}

// checkJUnit validates a file against Jenkins's schema, and holds its numbers to what is in it.
func checkJUnit(t *testing.T, r Result, o Options) {
	t.Helper()
	schema, err := junitSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc := parseJUnit(t, write(t, "junit", r, o))
	if err := doc.validate(schema); err != nil {
		t.Error(err)
	}
	tests, failures, errors := 0, 0, 0
	seen := map[string]bool{}
	for _, suite := range doc.Children {
		counted := [3]int{}
		for _, c := range suite.Children {
			counted[0]++
			for _, outcome := range c.Children {
				counted[1] += strings.Count(outcome.XMLName.Local, "failure")
				counted[2] += strings.Count(outcome.XMLName.Local, "error")
			}
			name := suite.attribute("name") + "\n" + c.attribute("classname") + "\n" + c.attribute("name")
			if seen[name] {
				t.Errorf("two cases are %q", name)
			}
			seen[name] = true
		}
		if got := [3]int{number(suite, "tests"), number(suite, "failures"), number(suite, "errors")}; got != counted {
			t.Errorf("a suite says %v and has %v", got, counted)
		}
		tests, failures, errors = tests+counted[0], failures+counted[1], errors+counted[2]
	}
	if number(doc, "tests") != tests || number(doc, "failures") != failures || number(doc, "errors") != errors {
		t.Error("the sums are wrong")
	}
	if len(r.Entries) > 0 && tests == 0 {
		t.Error("a run without a case")
	}
}

func number(n node, name string) int {
	i, err := strconv.Atoi(n.attribute(name))
	if err != nil {
		panic(err)
	}
	return i
}

// TestJUnitSchema makes sure that the schema was read and refuses.
func TestJUnitSchema(t *testing.T) {
	schema, err := junitSchema()
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		`<testsuites/>`: true, `<testsuites name="a"><testsuite name="a" tests="0"/></testsuites>`: true, `<testsuite name="a"/>`: false,
		`<testsuites><testcase name="a"/></testsuites>`: false, `<testcase name="a" line="1"/>`: false, `<testsuites>x</testsuites>`: false,
		`<testcase name="a"><failure/><error/></testcase>`: false, `<testcase name="a"><error/><failure>x</failure></testcase>`: true,
		`<testcase name="a"><skipped/><skipped/></testcase>`: false, `<x/>`: false,
	} {
		if err := parseJUnit(t, text).validate(schema); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// failFrom is the same fail level for every file.
func failFrom(level diag.Level) func(string) diag.Level {
	return func(string) diag.Level { return level }
}

// TestJUnitFailLevel fails what fails the run and passes the rest.
func TestJUnitFailLevel(t *testing.T) {
	for level, want := range map[diag.Level]int{diag.Off: 0, diag.Error: 1, diag.Warning: 2, diag.Info: 3} {
		r := many(2)
		for i := range r.Diagnostics {
			r.Diagnostics[i].Rule = r.Diagnostics[i].Level.String()
		}
		var out bytes.Buffer
		if err := JUnit(&out, r, Options{FailLevel: failFrom(level)}); err != nil {
			t.Fatal(err)
		}
		doc := parseJUnit(t, out.String())
		if number(doc, "failures") != want || number(doc, "tests") != 3 {
			t.Errorf("fail level %s: %s", level, out.String())
		}
	}
}
