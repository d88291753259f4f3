package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

// sarifLevels are SARIF's names of the levels.
var sarifLevels = map[diag.Level]string{diag.Error: "error", diag.Warning: "warning", diag.Info: "note", diag.Off: "none"}

// sarifSeverities are GitHub's names of the levels, for rules.
var sarifSeverities = map[diag.Level]string{diag.Error: "error", diag.Warning: "warning", diag.Info: "recommendation"}

// securitySeverities are what GitHub makes "high", "medium" and "low" of, for rules about security.
var securitySeverities = map[diag.Level]string{diag.Error: "8.0", diag.Warning: "5.0", diag.Info: "2.0"}

// securityTag marks a rule whose findings are security alerts.
const securityTag = "security"

// sarifRules describes rules, and says where among them each is. The error is ours: a page is missing or malformed.
func sarifRules(known []*lint.Rule) (rules []sarifRule, index map[string]int, err error) {
	rules, index = []sarifRule{}, map[string]int{}
	for _, rule := range known {
		page, err := rule.Page()
		if err != nil {
			return nil, nil, err
		}
		index[rule.Name] = len(rules)
		rules = append(rules, newSARIFRule(rule, page))
	}
	return rules, index, nil
}

func newSARIFRule(r *lint.Rule, page *lint.Page) sarifRule {
	return sarifRule{
		ID: r.Name, DeprecatedIDs: []string{r.Code}, Name: pascalCase(r.Name),
		ShortDescription: sarifText{text(brief(page.Summary))},
		FullDescription:  sarifText{text(brief(page.Summary + " " + firstParagraph(page, "Why")))},
		Help:             sarifHelp{helpText(page), helpMarkdown(page)},
		HelpURI:          pageURL(r.Category, r.Name),
		Configuration:    sarifConfiguration{!r.Optional, sarifLevels[r.Level]},
		Properties:       ruleProperties(r),
	}
}

// ruleProperties returns what GitHub sorts alerts by.
func ruleProperties(r *lint.Rule) sarifRuleProperties {
	p := sarifRuleProperties{
		Tags:            []string{r.Category},
		Precision:       r.Confidence.String(),
		ProblemSeverity: sarifSeverities[r.Level],
	}
	for _, tag := range r.Tags {
		if !slices.Contains(p.Tags, tag) {
			p.Tags = append(p.Tags, tag)
		}
	}
	if r.CWE > 0 {
		p.Tags = append(p.Tags, fmt.Sprintf("external/cwe/cwe-%03d", r.CWE))
	}
	if slices.Contains(p.Tags, securityTag) {
		p.SecuritySeverity = securitySeverities[r.Level]
	}
	return p
}

// pascalCase turns "include-not-found" into "IncludeNotFound": SARIF wants a name that is not the id.
func pascalCase(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// brief puts a text on one line of at most 1024 bytes, GitHub's limit for descriptions.
func brief(text string) string {
	const limit = 1024
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= limit {
		return text
	}
	cut := limit - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// firstParagraph returns the first paragraph of a section, "" where the page has none.
func firstParagraph(page *lint.Page, title string) string {
	section := page.Section(title)
	if section == nil {
		return ""
	}
	paragraph, _, _ := strings.Cut(section.Text, "\n\n")
	return paragraph
}

// helpMarkdown returns the page as it is shown: without the cases that are there to be tested.
func helpMarkdown(page *lint.Page) string {
	text := page.Summary + "\n"
	for _, section := range page.Sections {
		if section.Title != lint.SectionMoreCases {
			text += "\n## " + section.Title + "\n\n" + section.Text + "\n"
		}
	}
	return text
}

// helpText returns the page's prose for hosts that don't render Markdown; examples are indented.
func helpText(page *lint.Page) string {
	var b strings.Builder
	fenced := false
	for line := range strings.SplitSeq(strings.TrimSuffix(helpMarkdown(page), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			continue
		case fenced && line != "":
			line = "    " + line
		case !fenced:
			line = strings.TrimPrefix(line, "## ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
