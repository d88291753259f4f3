package lint

import (
	"strings"
	"testing"
)

// page is the shortest text that is a page.
var page = "# some-rule\n\nOne sentence.\n\n" +
	"## Bad\n\n```nginx context=http,server nginx=1.22\nroot;\n#^^^ wrong\n```\n\n" +
	"## Good\n\n```txtar fixed\n-- a.conf --\n## no title\n```\n\n" +
	"## Why\n\nx\n\n## Symptoms\n\nx\n\n## Fix and its risk\n\nx\n\n## nginx versions\n\nx\n\n## When to ignore\n\nx\n\n" +
	"## References\n\n```sh\n# not a name\n```\n"

func TestParsePage(t *testing.T) {
	p, err := ParsePage(page)
	if err != nil {
		t.Fatal(err)
	}
	bad, good := p.Section(SectionBad).Examples, p.Section(SectionGood).Examples
	if p.Name != "some-rule" || p.Summary != "One sentence." || len(p.Sections) != 8 || len(bad) != 1 || len(good) != 1 {
		t.Fatalf("%+v", p)
	}
	if e := bad[0]; e.Lang != "nginx" || e.Text != "root;\n#^^^ wrong\n" || e.Line != 7 ||
		e.Attributes["context"] != "http,server" || e.Attributes["nginx"] != "1.22" {
		t.Errorf("%+v", e)
	}
	if e, fixed := good[0], good[0].Attributes; e.Lang != "txtar" || e.Text != "-- a.conf --\n## no title\n" || fixed == nil {
		t.Errorf("%+v", e)
	}
	if text := p.Section("References").Text; text != "```sh\n# not a name\n```" {
		t.Errorf("%q", text)
	}
	if p.Section("Nothing") != nil {
		t.Error("a section that is not there")
	}
}

func TestParsePageMalformed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no name":         {strings.Replace(page, "# some-rule", "", 1), "no name"},
		"two names":       {page + "\n# again\n", "second name"},
		"no summary":      {strings.Replace(page, "One sentence.", "", 1), "summary"},
		"two paragraphs":  {strings.Replace(page, "One sentence.", "One.\n\nTwo.", 1), "summary"},
		"a section less":  {strings.Replace(page, "## Why\n\nx\n", "", 1), "sections are"},
		"an empty one":    {strings.Replace(page, "## Why\n\nx\n", "## Why\n\n", 1), `"Why" is empty`},
		"an open fence":   {page + "\n```nginx\n", "without an end"},
		"a stray example": {strings.Replace(page, "One sentence.", "One.\n```nginx\n```", 1), "outside of a section"},
		"after the cases": {page + "\n## More cases\n\nx\n\n## More\n\nx\n", "sections are"},
	} {
		if _, err := ParsePage(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParsePage(page + "\n## More cases\n\nx\n"); err != nil {
		t.Error(err)
	}
}
