package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// maxMarkdown is how many bytes of rows are written: GitHub takes 1 MiB of a step's summary, and drops a larger one.
const maxMarkdown = 1_000_000

// Markdown writes a summary for people, as GitHub's and GitLab's Markdown have it: a heading, the numbers, and a table of
// the findings, the worst first. Text from a configuration stays text, whatever is in it.
func Markdown(w io.Writer, r Result, o Options) error {
	out := bufio.NewWriter(w)
	o.Suppressed = false
	r.Entries = slices.Clone(r.Entries)
	for i, name := range r.Entries {
		r.Entries[i] = o.path(name)
	}
	writeLine(out, "### ngxproof")
	writeLine(out, "")
	writeLine(out, markdownLine(Summary(r, Options{})))
	for _, problem := range r.Problems {
		writeLine(out, "")
		writeLine(out, "**Problem:** "+markdownText(problem))
	}
	found := hostedFindings(r, o)
	slices.SortStableFunc(found, worstFirst)
	if len(found) > 0 {
		writeTable(out, found, o, maxMarkdown)
	}
	return out.Flush()
}

// writeTable writes a table of at most so many bytes, and how many findings it has no room for.
func writeTable(out *bufio.Writer, found []hosted, o Options, room int) {
	writeLine(out, "")
	writeLine(out, "| Level | Where | Finding | Rule | Fix |")
	writeLine(out, "| --- | --- | --- | --- | --- |")
	for i, d := range found {
		row := markdownRow(d, o)
		if room -= len(row) + 1; room < 0 {
			writeLine(out, "")
			writeLine(out, fmt.Sprintf("%s: the table is as long as GitHub takes it.", plural(len(found)-i, "more finding")))
			return
		}
		writeLine(out, row)
	}
}

func markdownRow(d hosted, o Options) string {
	where := ""
	if d.At.File != nil {
		start, _ := shown(d.At)
		where = markdownCode(fmt.Sprintf("%s:%d", source.Printable(o.path(d.At.File.Name)), start.Line))
	}
	message := markdownText(d.Message)
	if d.Help != "" {
		message += "<br>" + markdownText(d.Help)
	}
	rule := markdownCode(source.Printable(d.Rule))
	if ruleName(d.Rule) && ruleName(d.Category) {
		rule = "[" + rule + "](" + pageURL(d.Category, d.Rule) + ")"
	}
	return "| " + strings.Join([]string{d.Level.String(), where, message, rule, markdownFix(d.Fix)}, " | ") + " |"
}

// ruleName reports whether a name is one that a rule or a category can have.
func ruleName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// markdownFix names the flag that mends a finding.
func markdownFix(f *diag.Fix) string {
	switch {
	case f == nil || f.Safety == diag.Display:
		return ""
	case f.Safety == diag.Safe:
		return "`--fix`"
	default:
		return "`--unsafe-fixes`"
	}
}

// markdownLine writes a text as a line of its own: what it begins with makes no list, heading or code.
func markdownLine(s string) string {
	if s != "" && strings.ContainsRune("+-=0123456789 ", rune(s[0])) {
		return fmt.Sprintf("&#%d;", s[0]) + markdownText(s[1:])
	}
	return markdownText(s)
}

// markdownText writes a message, in which back-quotes set off code.
func markdownText(s string) string {
	parts := strings.Split(source.Printable(s), "`")
	if len(parts)%2 == 0 { // one of the quotes is alone
		return markdownEscape(strings.Join(parts, "`"))
	}
	for i, part := range parts {
		switch {
		case i%2 == 0:
			parts[i] = markdownEscape(part)
		case i > 1 && parts[i-1] == "": // two back-quotes in a row would be one longer fence
			parts[i] = htmlCode(part)
		default:
			parts[i] = markdownCode(part)
		}
	}
	return strings.Join(parts, "")
}

// markdownCode sets off a text on one line as code. Where back-quotes would not hold it, or a table's row would be cut in
// it, it is HTML.
func markdownCode(s string) string {
	if s == "" || strings.ContainsAny(s, "`|\\") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return htmlCode(s)
	}
	return "`" + s + "`"
}

func htmlCode(s string) string { return "<code>" + markdownEscape(s) + "</code>" }

// markdownEscape writes every character that can mean something in Markdown, HTML or a host's additions (mentions, issue
// numbers, links, emoji) by its number.
func markdownEscape(s string) string {
	var b strings.Builder
	for i, r := range s {
		emoji := r == ':' && i+1 < len(s) && s[i+1] != ' ' // or a link
		if emoji || strings.ContainsRune("\\`*_[]<>&|~@#!$", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www&#46;")
}
