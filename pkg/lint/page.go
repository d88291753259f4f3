package lint

import (
	"fmt"
	"slices"
	"strings"
)

// Page is a rule's documentation, which is its test too.
//
// It is Markdown: `# name`, one paragraph of summary, then the sections of PageSections in that order. A fenced block
// whose language is nginx or txtar is an example. In it a comment with carets asserts a finding on the line above: the
// span and the message. Such comments are not part of the configuration.
//
//	proxy_set_header Connection "close";
//	#                           ^^^^^^^ the backend gets `Connection: close`, so it cannot switch protocols
//
// Where the carets touch the `#`, it counts as one of them (for a word in the first columns). `#$ message` asserts a
// finding at the very end of the file. The message is preceded by "name: " where it is another rule's than the page's,
// and by "level: " where the level is not the rule's own.
//
// A block in Bad reports exactly what it asserts, a block in Good nothing. Where the findings of a Bad block have safe
// fixes, applying them gives the Good block of the same number. In More cases a block without carets reports nothing,
// and a block with the attribute `fixed` is what the fixes make of the block before it.
type Page struct {
	Name string
	// Summary is one sentence, in Markdown.
	Summary  string
	Sections []Section
}

// Section is one `## ` section of a page.
type Section struct {
	Title string
	// Text is the section's Markdown without its title, examples included.
	Text     string
	Examples []Example
}

// Example is a fenced block of nginx or txtar.
type Example struct {
	// Lang is "nginx" for one file, "txtar" for several of which the first is the entry.
	Lang string
	// Attributes are what the fence says beside the language: context=http,server becomes "context": "http,server", a
	// bare word a key with an empty value.
	Attributes map[string]string
	// Text is the block's text, assertions included.
	Text string
	// Line is the fence's line in the page, from 1.
	Line int
}

// The titles of a page's sections.
const (
	SectionBad       = "Bad"
	SectionGood      = "Good"
	SectionMoreCases = "More cases" // tested, not shown
)

// PageSections returns the titles that every page has, in order. More cases may follow.
func PageSections() []string {
	return []string{
		SectionBad, SectionGood, "Why", "Symptoms", "Fix and its risk", "nginx versions", "When to ignore", "References",
	}
}

// Section returns the section of that title, or nil.
func (p *Page) Section(title string) *Section {
	for i := range p.Sections {
		if p.Sections[i].Title == title {
			return &p.Sections[i]
		}
	}
	return nil
}

// ParsePage reads a page. The error names the line of what is malformed.
func ParsePage(text string) (*Page, error) {
	r := pageReader{page: &Page{}, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	for r.at < len(r.lines) {
		if err := r.line(r.lines[r.at]); err != nil {
			return nil, err
		}
		r.at++
	}
	r.page.trim()
	return r.page, r.page.complete()
}

// pageReader is the state of reading a page.
type pageReader struct {
	page  *Page
	lines []string
	at    int // the line being read, from 0
}

func (r *pageReader) line(line string) error {
	if fence, ok := strings.CutPrefix(line, "```"); ok {
		return r.fence(fence)
	}
	name, isName := strings.CutPrefix(line, "# ")
	title, isTitle := strings.CutPrefix(line, "## ")
	switch {
	case isName && r.page.Name == "":
		r.page.Name = strings.TrimSpace(name)
	case isName:
		return fmt.Errorf("line %d: a second name: %q", r.at+1, line)
	case isTitle:
		r.page.Sections = append(r.page.Sections, Section{Title: strings.TrimSpace(title)})
	default:
		r.add(line)
	}
	return nil
}

// add puts a line into the summary or the last section.
func (r *pageReader) add(line string) {
	text := &r.page.Summary
	if n := len(r.page.Sections); n > 0 {
		text = &r.page.Sections[n-1].Text
	}
	*text += line + "\n"
}

// fence reads a fenced block; what follows the backticks is its info string.
func (r *pageReader) fence(info string) error {
	open := r.at
	r.add(r.lines[open])
	var body strings.Builder
	for r.at++; ; r.at++ {
		if r.at == len(r.lines) {
			return fmt.Errorf("line %d: a fence without an end", open+1)
		}
		r.add(r.lines[r.at])
		if r.lines[r.at] == "```" {
			break
		}
		body.WriteString(r.lines[r.at] + "\n")
	}
	words := strings.Fields(info)
	if len(words) == 0 || words[0] != "nginx" && words[0] != "txtar" {
		return nil
	}
	if len(r.page.Sections) == 0 {
		return fmt.Errorf("line %d: an example outside of a section", open+1)
	}
	example := Example{Lang: words[0], Attributes: map[string]string{}, Text: body.String(), Line: open + 1}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		example.Attributes[key] = value
	}
	section := &r.page.Sections[len(r.page.Sections)-1]
	section.Examples = append(section.Examples, example)
	return nil
}

// trim removes the blank lines around texts.
func (p *Page) trim() {
	p.Summary = strings.TrimSpace(p.Summary)
	for i := range p.Sections {
		p.Sections[i].Text = strings.Trim(p.Sections[i].Text, "\n")
	}
}

// complete says what the page lacks.
func (p *Page) complete() error {
	var titles []string
	for _, s := range p.Sections {
		if s.Text == "" {
			return fmt.Errorf("section %q is empty", s.Title)
		}
		titles = append(titles, s.Title)
	}
	want := PageSections()
	if n := len(titles); n > 0 && titles[n-1] == SectionMoreCases {
		want = append(want, SectionMoreCases)
	}
	switch {
	case p.Name == "":
		return fmt.Errorf("it has no name")
	case p.Summary == "" || strings.Contains(p.Summary, "\n\n"):
		return fmt.Errorf("its summary is not one paragraph")
	case !slices.Equal(titles, want):
		return fmt.Errorf("its sections are %q, want %q", titles, want)
	}
	return nil
}
