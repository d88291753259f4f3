package cli

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// topics are pages about something that is no rule: status codes, hop-by-hop headers, HTTP/2.
//
//go:embed topics/*.md
var topics embed.FS

// topicPage returns the page of a topic, "" where there is none.
func topicPage(name string) string {
	text, err := topics.ReadFile("topics/" + strings.ToLower(name) + ".md")
	if err != nil {
		return ""
	}
	return string(text)
}

// symptomFacts are the rules whose pages name a symptom, best first, and what to check next.
type symptomFacts struct {
	Symptom string      `json:"symptom"`
	Rules   []foundRule `json:"rules"`
	Next    string      `json:"next,omitempty"` // Markdown
}

type foundRule struct {
	Name     string   `json:"name"`
	Code     string   `json:"code"`
	Summary  string   `json:"summary"`
	Symptoms []string `json:"symptoms"`
	score    int
}

// explainSymptom looks for the topic among the symptoms of all rules. ok is false where none has it.
func (a *app) explainSymptom(topic, output string, registry *lint.Registry) (ok bool, err error) {
	facts := symptomFacts{Symptom: topic, Rules: []foundRule{}, Next: nextFor(topic)}
	if m := accessLog.FindStringSubmatch(topic); m != nil {
		topic = m[1]
	}
	for _, r := range registry.Rules() {
		page, err := r.Page()
		if err != nil {
			return false, err
		}
		if found := matching(page, topic); found.score > 0 {
			found.Name, found.Code = r.Name, r.Code
			found.Summary = strings.Join(strings.Fields(page.Summary), " ")
			facts.Rules = append(facts.Rules, found)
		}
	}
	if len(facts.Rules) == 0 && facts.Next == "" {
		return false, nil
	}
	slices.SortStableFunc(facts.Rules, func(a, b foundRule) int { return cmp.Compare(b.score, a.score) })
	return true, a.print(output, facts, func(w io.Writer) { facts.write(w, a.painter(), a.pageWidth()) })
}

// nextFor returns what to check next, as Markdown: the page of the status or close code in the topic, else what is known of
// a message of nginx's or a browser's; "" where there is neither.
func nextFor(topic string) string {
	code := codeIn(topic)
	if code == "" {
		return messagePages(topic)
	}
	if page := topicPage(code); page != "" {
		return page
	}
	if len(code) == 4 {
		return topicPage("close")
	}
	return topicPage("code")
}

// answered matches what clients and logs say of an answer that is not 101, or of a close code.
var answered = regexp.MustCompile(`(?i)(?:response|status|code|rejected|http|close)\D{0,20}([1-5][0-9]{2}|10[01][0-9])(?:[^0-9]|$)`)

// codeIn returns the status or close code that a topic is, or that a message or a line of an access log is about; "" where
// there is none.
func codeIn(topic string) string {
	if code := number(topic); code == strings.TrimSpace(topic) {
		return code
	}
	for _, says := range []*regexp.Regexp{accessLog, answered} {
		if m := says.FindStringSubmatch(logMessage(topic)); m != nil {
			return m[1]
		}
	}
	return ""
}

// status is a status or close code that stands alone.
var status = regexp.MustCompile(`(?:^|[^0-9])([1-5][0-9]{2}|1[0-9]{3})(?:[^0-9]|$)`)

// number returns the first status or close code in a topic, or "".
func number(topic string) string {
	if m := status.FindStringSubmatch(topic); m != nil {
		return m[1]
	}
	return ""
}

// quotedText is what stands in back-quotes in Markdown.
var quotedText = regexp.MustCompile("`([^`]+)`")

// matching returns the symptoms of a page that have to do with the topic. A message that is the whole topic counts most,
// then one with another number or name in it, then one that is a part of it or has it as a part. A number by itself counts the more the earlier a page names it.
// Equal rules keep their order, which is that of their codes: the most frequent mistakes first.
func matching(page *lint.Page, topic string) foundRule {
	const whole, otherNumber, otherName, part, sameNumber = 100, 90, 60, 40, 20
	var found foundRule
	blind, named := nameless(topic)
	topic = plainText(logMessage(topic))
	bare := topic == number(topic)
	if !bare && !strings.Contains(topic, " ") {
		return found // a slip of a name rather than a message
	}
	section := page.Section("Symptoms")
	if section == nil {
		return found
	}
	for i, item := range strings.Split("\n"+section.Text, "\n* ") {
		item = strings.Join(strings.Fields(item), " ")
		score := 0
		for _, m := range quotedText.FindAllStringSubmatch(item, -1) {
			message := plainText(logMessage(m[1]))
			switch {
			case !bare && message == topic:
				score = max(score, whole)
			case !bare && number(topic) != "" && hasNumber(item, number(topic)) && unnumbered(message) == unnumbered(topic):
				score = max(score, otherNumber) // "...: 400, also with 426"
			case !bare && named && sameNameless(m[1], blind):
				score = max(score, otherName)
			case !bare && len(message) > 6 && (strings.Contains(topic, message) || strings.Contains(message, topic)):
				score = max(score, part)
			}
		}
		if bare && hasNumber(item, topic) {
			score = max(sameNumber-i, 1)
		}
		if score == 0 && !bare && len(topic) > 6 && strings.Contains(plainText(item), topic) {
			score = part
		}
		if score > 0 {
			found.score = max(found.score, score)
			found.Symptoms = append(found.Symptoms, item)
		}
	}
	return found
}

// sameNameless reports whether a symptom is the message that is left without names.
func sameNameless(symptom, blind string) bool {
	without, named := nameless(symptom)
	return named && without == blind
}

// plainText leaves of a message what two spellings of it have in common.
func plainText(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(s, "`\"'. ")), " "))
}

// unnumbered returns a message with a blank for its digits.
func unnumbered(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return ' '
		}
		return r
	}, s)
}

// hasNumber reports whether text has the number by itself.
func hasNumber(text, n string) bool {
	for rest := text; ; {
		m := status.FindStringSubmatchIndex(rest)
		if m == nil {
			return false
		}
		if rest[m[2]:m[3]] == n {
			return true
		}
		rest = rest[m[3]:]
	}
}

func (f symptomFacts) write(w io.Writer, p painter, width int) {
	for i, r := range f.Rules {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s (%s)\n", p.bold(r.Name), r.Code)
		text := r.Summary + "\n\n"
		for _, s := range r.Symptoms {
			text += "* " + s + "\n"
		}
		writePage(w, text, p, width)
	}
	if len(f.Rules) == 0 {
		writePage(w, "No rule is about `"+source.Printable(logMessage(f.Symptom))+"` by itself; `ngxproof lint` finds what else is wrong.", p, width)
	}
	if f.Next != "" {
		fmt.Fprintln(w)
		writePage(w, f.Next, p, width)
	}
	if len(f.Rules) > 0 {
		fmt.Fprintln(w, "\n`ngxproof lint` says which of these it is; `ngxproof explain RULE` has more about each.")
	}
}
