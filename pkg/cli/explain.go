package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

func (a *app) explainCommand() *cobra.Command {
	var output, location string
	var k ask
	cmd := &cobra.Command{
		Use:   "explain TOPIC",
		Short: "Explain a rule, a directive, a variable or a symptom",
		Long: `TOPIC is a rule or its code, a directive, a $variable, a status or close code
(426, 1006), a message that a client or a log shows, hop-by-hop, or http2.
--location says what a location is taken for, and why.`,
		Example: `  ngxproof explain unknown-directive
  ngxproof explain NGX002
  ngxproof explain proxy_http_version
  ngxproof explain '$http_upgrade'
  ngxproof explain 426
  ngxproof explain 'Unexpected server response: 400'
  ngxproof explain --location nginx.conf:12`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case location != "" && len(args) > 0:
				return fmt.Errorf("explain takes either a topic or --location, but was given both")
			case location == "" && len(args) != 1:
				return fmt.Errorf("explain takes one topic, but was given %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if location != "" {
				return a.explainLocation(&k, location, output)
			}
			return a.explain(args[0], output)
		},
	}
	tableOutput(cmd, &output)
	cmd.Flags().StringVar(&location, "location", "", "say what the location at `FILE:LINE` is taken for")
	k.registerReading(cmd.Flags())
	return cmd
}

func (a *app) explain(topic, output string) error {
	if name, ok := strings.CutPrefix(topic, "$"); ok {
		return a.explainVariable(strings.Trim(name, "{}"), output)
	}
	registry := rules.All()
	if r := registry.Rule(topic); r != nil {
		return a.explainRule(r, output)
	}
	if text := topicPage(topic); text != "" && (strings.EqualFold(topic, "hop-by-hop") || strings.EqualFold(topic, "http2")) {
		return a.explainTopic(topic, text, output)
	}
	if d := catalog.Lookup(topic); d != nil {
		facts := factsOf(d)
		return a.print(output, facts, func(w io.Writer) { facts.write(w, a.painter()) })
	}
	if module, ok := catalog.ThirdParty(topic); ok {
		facts := directiveFacts{Directive: topic, Modules: []moduleFacts{{Module: module, Kind: catalog.ThirdPartyKind.String() + ", by the directive's name"}}}
		return a.print(output, facts, func(w io.Writer) { facts.write(w, a.painter()) })
	}
	if ok, err := a.explainSymptom(topic, output, registry); ok || err != nil {
		return err
	}
	return unknownTopic(topic, registry)
}

// topicFacts is a page about something that is no rule, with what is known about a directive of that name.
type topicFacts struct {
	Topic     string          `json:"topic"`
	Page      string          `json:"page"` // Markdown
	Directive *directiveFacts `json:"directive,omitempty"`
}

// explainTopic writes the page, and the directive after it: who asks for `http2` mostly wants to know about WebSockets.
func (a *app) explainTopic(topic, text, output string) error {
	facts := topicFacts{Topic: topic, Page: text}
	if d := catalog.Lookup(topic); d != nil {
		directive := factsOf(d)
		facts.Directive = &directive
	}
	return a.print(output, facts, func(w io.Writer) {
		writePage(w, text, a.painter(), a.pageWidth())
		if facts.Directive != nil {
			fmt.Fprintln(w)
			facts.Directive.write(w, a.painter())
		}
	})
}

func (a *app) explainVariable(name, output string) error {
	v := catalog.LookupVariable(name)
	if v == nil {
		return fmt.Errorf("nginx has no variable `$%s`%s", source.Printable(name), notNginxs(name))
	}
	facts := variableFactsOf(name, v)
	return a.print(output, facts, func(w io.Writer) { facts.write(w, a.painter()) })
}

// notNginxs says what a variable may be that nginx does not have: a slip, or one that configurations define.
func notNginxs(name string) string {
	if near := catalog.SuggestVariable(name, 1); len(near) > 0 {
		return "; did you mean `$" + near[0] + "`?"
	}
	hint := " of its own: a `map` or `set` of a configuration defines it"
	if strings.Contains(strings.ToLower(name), "upgrade") {
		hint += "; see `ngxproof explain undefined-upgrade-variable`"
	}
	return hint
}

// unknownTopic says what the topic may be a slip of: a rule, a directive, or a variable without its dollar sign.
func unknownTopic(topic string, registry *lint.Registry) error {
	var near string
	if v := catalog.LookupVariable(topic); v != nil && !v.Family {
		near = "$" + topic
	} else if directives := catalog.Suggest(topic, 1); len(directives) > 0 {
		near = directives[0]
	}
	var names []string
	for _, r := range registry.Rules() {
		names = append(names, r.Name)
	}
	if rule := nearest(topic, names); rule != "" {
		near = rule
	}
	if near != "" {
		return fmt.Errorf("nothing is known about `%s`; did you mean `%s`?", source.Printable(topic), near)
	}
	if strings.Contains(topic, " ") {
		return fmt.Errorf("no rule is about the message `%s`; try the status code in nginx's access log, such as `explain 426`, or run `ngxproof lint`, which looks for all that is known",
			source.Printable(topic))
	}
	return fmt.Errorf("nothing is known about `%s`: a topic is a rule, a directive, a `$variable`, a status code or a message", source.Printable(topic))
}

func (a *app) explainRule(r *lint.Rule, output string) error {
	facts, page, err := ruleFactsOf(r)
	if err != nil {
		return err
	}
	facts.Page = markdown(page)
	return a.print(output, facts, func(w io.Writer) {
		p := a.painter()
		fmt.Fprintf(w, "%s (%s)\n%s\n\n", p.bold(r.Name), r.Code, strings.Join(headline(facts), ", "))
		writePage(w, facts.Page, p, a.pageWidth())
	})
}

// headline says what a rule is in a few words.
func headline(r ruleFacts) []string {
	words := []string{r.Category, "level " + r.Level}
	if r.LevelNote != "" {
		words[1] += " (" + r.LevelNote + ")"
	}
	if r.Optional {
		words = append(words, "off by default")
	}
	if r.Fix != "display" {
		words = append(words, r.Fix+" fix")
	}
	return append(words, "nginx versions: "+r.Versions)
}

// markdown returns the part of a page that is for reading, without its name.
func markdown(page *lint.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", page.Summary)
	for _, s := range page.Sections {
		if s.Title != lint.SectionMoreCases {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.Title, s.Text)
		}
	}
	return b.String()
}
