package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// The category and the names of the rules about suppressions.
const (
	suppressionCategory      = "suppression"
	unusedSuppression        = "unused-suppression"
	unknownSuppression       = "unknown-suppression"
	suppressionWithoutReason = "suppression-without-reason"
)

// SuppressionRules returns the rules about comments that silence findings. The Linter itself runs them, after all
// others.
func SuppressionRules() []Rule {
	rule := Rule{Versions: "all", Since: "0.1.0", Tags: []string{"suppression"}}
	unused, unknown, bare := rule, rule, rule
	unused.Name, unused.Code, unused.Level, unused.Fix = unusedSuppression, "SUP001", diag.Warning, diag.Safe
	unknown.Name, unknown.Code, unknown.Level = unknownSuppression, "SUP002", diag.Error
	bare.Name, bare.Code, bare.Level = suppressionWithoutReason, "SUP003", diag.Warning
	return []Rule{unused, unknown, bare}
}

// report makes a finding about a suppression; nil where the rule does not run there.
func (s *suppressor) report(rule string, f *suppressedFile, d diag.Diagnostic) []diag.Diagnostic {
	c := s.linter.chosenRule(rule)
	if c == nil {
		return nil
	}
	wish := c.at(f.file.File, nil)
	if !c.on(wish) {
		return nil
	}
	d.Rule, d.Code, d.Category, d.Tags = c.rule.Name, c.rule.Code, c.rule.Category, slices.Clone(c.rule.Tags)
	d.Level, d.Confidence = c.rule.Level, c.rule.Confidence
	if wish.level != diag.Off {
		d.Level = wish.level
	}
	return []diag.Diagnostic{d}
}

// chosenRule returns how the rule of that name runs, or nil.
func (l *Linter) chosenRule(name string) *chosen {
	i := slices.IndexFunc(l.rules, func(c chosen) bool { return c.rule.Name == name })
	if i < 0 {
		return nil
	}
	return &l.rules[i]
}

// unknown reports the names that are no rule's, and the comments that name none.
func (s *suppressor) unknown() []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, f := range s.order {
		for _, by := range f.suppressions {
			for _, d := range s.unknownIn(f, by) {
				found = append(found, s.report(unknownSuppression, f, d)...)
			}
		}
	}
	return found
}

func (s *suppressor) unknownIn(f *suppressedFile, by *Suppression) []diag.Diagnostic {
	if by.Keyword != ignore && by.Keyword != ignoreFile {
		right := nearestKeyword(by.Keyword)
		return []diag.Diagnostic{{
			Message: fmt.Sprintf("`%s%s` is no comment that ngxproof knows, so it suppresses nothing", mark, by.Keyword),
			At:      by.location(), Note: fmt.Sprintf("did you mean `%s%s`?", mark, right),
			Help: fmt.Sprintf("Write `# %s%s[rule] reason`.", mark, right),
		}}
	}
	if len(by.Names) == 0 {
		return []diag.Diagnostic{{
			Message: fmt.Sprintf("`%s%s` names no rule, so it suppresses nothing", mark, by.Keyword),
			At:      by.location(), Help: fmt.Sprintf("Write `# %s%s[rule] reason`.", mark, by.Keyword),
		}}
	}
	var found []diag.Diagnostic
	for _, name := range by.Names {
		if len(silenced(s.linter.registry, name.Name)) == 0 {
			found = append(found, s.unknownName(f, name))
		}
	}
	return found
}

// unknownName reports a name that stands for no rule.
func (s *suppressor) unknownName(f *suppressedFile, name Selector) diag.Diagnostic {
	d := diag.Diagnostic{
		Message: fmt.Sprintf("no rule, code, category or tag is called `%s`", name.Name),
		At:      diag.Location{File: f.file.File, Span: name.Span},
		Help:    "Name a rule; `ngxproof rules` lists them.",
	}
	if name.Name == "all" || name.Name == "*" {
		d.Message = fmt.Sprintf("`%s` is no rule: a comment names what it suppresses", name.Name)
		return d
	}
	if near := s.suggest(name.Name); near != "" && near != "all" {
		d.Note = fmt.Sprintf("did you mean `%s`?", near)
		d.Help = fmt.Sprintf("Write `%s`.", near)
		d.Fix = &diag.Fix{Safety: diag.Display, Title: fmt.Sprintf("name `%s`", near), Edits: []diag.Edit{{Location: d.At, Text: near}}}
	}
	return d
}

// suggest returns what a name may have been meant to be, for as many names as anyone reads: looking for it is slow.
func (s *suppressor) suggest(name string) string {
	const most = 1000
	if s.suggested++; s.suggested > most {
		return ""
	}
	return s.linter.registry.suggest(name)
}

// withoutReason reports the comments that name a rule but no reason.
func (s *suppressor) withoutReason() []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, f := range s.order {
		for _, by := range f.suppressions {
			if by.Reason != "" || !by.Whole && by.Covers == nil || len(by.Names) == 0 {
				continue
			}
			found = append(found, s.report(suppressionWithoutReason, f, diag.Diagnostic{
				Message: fmt.Sprintf("no reason is given for suppressing `%s`", names(by.Names)),
				At:      by.location(), Help: "Say behind the bracket why the finding does not matter here.",
			})...)
		}
	}
	return found
}

func names(selectors []Selector) string {
	var list []string
	for _, s := range selectors {
		list = append(list, s.Name)
	}
	return strings.Join(list, ", ")
}

// idle reports the names that silenced nothing although their rules ran: those of this very rule, which may have just
// silenced a report of the others, or the others.
func (s *suppressor) idle(ofThisRule bool) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, f := range s.order {
		for _, by := range f.suppressions {
			if d, ok := s.idleIn(f, by, ofThisRule); ok {
				found = append(found, s.report(unusedSuppression, f, d)...)
			}
		}
	}
	return found
}

func (s *suppressor) idleIn(f *suppressedFile, by *Suppression, ofThisRule bool) (diag.Diagnostic, bool) {
	if by.Keyword == ignoreFile && !by.Whole && len(by.Names) > 0 {
		return diag.Diagnostic{
			Message: fmt.Sprintf("`%s%s` counts only before the first directive, so it suppresses nothing here", mark, ignoreFile),
			At:      by.location(), Help: "Move it to the top of the file.",
		}, !ofThisRule
	}
	if by.Keyword != ignore && by.Keyword != ignoreFile {
		return diag.Diagnostic{}, false
	}
	var unused []int
	for i, name := range by.Names {
		rules := silenced(s.linter.registry, name.Name)
		self := slices.ContainsFunc(rules, func(r *Rule) bool { return r.Name == unusedSuppression })
		if !f.used[by][i] && self == ofThisRule && s.ran(f, rules) {
			unused = append(unused, i)
		}
	}
	if len(unused) == 0 {
		return diag.Diagnostic{}, false
	}
	return idleFinding(by, unused), true
}

// idleFinding reports the names of the given indexes.
func idleFinding(by *Suppression, unused []int) diag.Diagnostic {
	var left []string
	var idle []Selector
	for i, name := range by.Names {
		if slices.Contains(unused, i) {
			idle = append(idle, name)
		} else {
			left = append(left, name.Name)
		}
	}
	d := diag.Diagnostic{
		Message: fmt.Sprintf("`%s` is suppressed here, but nothing is found", names(idle)),
		At:      by.location(), Help: "Remove the comment.",
		Fix: &diag.Fix{Safety: diag.Safe, Title: "remove the comment", Edits: []diag.Edit{by.removal()}},
	}
	if len(left) > 0 {
		d.At.Span = idle[0].Span
		d.Help = fmt.Sprintf("Remove `%s` from the comment.", names(idle))
		edit := diag.Edit{Location: diag.Location{File: by.File.File, Span: by.List}, Text: strings.Join(left, ", ")}
		d.Fix = &diag.Fix{Safety: diag.Safe, Title: "remove what is not needed from the comment", Edits: []diag.Edit{edit}}
	}
	return d
}

// removal takes the comment away, with its line where it has one to itself, else with the blanks before it.
func (s *Suppression) removal() diag.Edit {
	f := s.File
	line := f.LineSpan(f.Line(s.Span.Start))
	span := source.Span{Start: line.Start, End: line.End}
	if s.ownLine() {
		for span.End < len(f.Text) && f.Text[span.End] != '\n' {
			span.End++
		}
		span.End = min(span.End+1, len(f.Text))
	} else {
		span.Start = line.Start + len(strings.TrimRight(f.Text[line.Start:s.Span.Start], " \t"))
	}
	return diag.Edit{Location: diag.Location{File: f.File, Span: span}}
}

// ran reports whether all rules looked at the file, with all that they need to see, in every configuration that has it.
// A rule that was not selected, is off in a part of the file, or is about other versions than the one aimed at may find
// something in another run; one that is off by default does not count until it is asked for.
func (s *suppressor) ran(f *suppressedFile, rules []*Rule) bool {
	looked := 0
	for _, r := range rules {
		c := s.linter.chosenRule(r.Name)
		if c == nil && r.Optional {
			continue
		}
		looked++
		if c == nil || c.mayBeOff(f.file.File) || s.linter.opts.Target.Named() && r.Versions != "all" {
			return false
		}
		for _, cfg := range f.configs {
			if !sawAll(cfg, r) {
				return false
			}
		}
	}
	return looked > 0
}

// sawAll reports whether nothing that the rule may ask for was missing from the configuration.
func sawAll(cfg *config.Config, r *Rule) bool {
	switch {
	case cfg.Complete:
		return true
	case r.OnConfig != nil || r.OnDirective != nil:
		return false
	case r.OnVerdict != nil:
		return !cfg.Fragment
	}
	return true
}

// nearestKeyword returns the keyword that a word is a slip of, or "".
func nearestKeyword(word string) string {
	for _, keyword := range []string{ignore, ignoreFile} {
		if d := catalog.Distance(strings.ToLower(word), keyword, 2); d <= 2 {
			return keyword
		}
	}
	return ""
}
