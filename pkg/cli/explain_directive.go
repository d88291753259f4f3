package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// directiveFacts is a directive as `explain -o json` writes it.
type directiveFacts struct {
	Directive string          `json:"directive"`
	Modules   []moduleFacts   `json:"modules"`
	Changes   []changeInNginx `json:"changes,omitempty"`
}

// moduleFacts is what one module says about a directive; what is not known is left out.
type moduleFacts struct {
	Module    string   `json:"module"`
	Kind      string   `json:"kind"`
	Syntax    []string `json:"syntax,omitempty"`
	Arguments string   `json:"arguments,omitempty"`
	Block     string   `json:"block,omitempty"`
	Contexts  []string `json:"contexts,omitempty"`
	Default   *string  `json:"default,omitempty"`
	Since     string   `json:"since,omitempty"`
	Removed   string   `json:"removed,omitempty"` // the first version without it
	URL       string   `json:"url,omitempty"`
}

type changeInNginx struct {
	Version string `json:"version"`
	Text    string `json:"text"`
}

// factsOf gathers what the catalog knows of a directive.
func factsOf(d *catalog.Directive) directiveFacts {
	facts := directiveFacts{Directive: d.Name}
	for i := range d.Entries {
		facts.Modules = append(facts.Modules, moduleFactsOf(d.Name, &d.Entries[i]))
	}
	for _, c := range catalog.History(d.Name) {
		facts.Changes = append(facts.Changes, changeInNginx{c.Version.String(), c.Text})
	}
	return facts
}

func moduleFactsOf(name string, e *catalog.Entry) moduleFacts {
	m := moduleFacts{Module: e.Module, Kind: e.Kind.String(), Contexts: e.Contexts.Names(), Since: e.Since, Removed: e.Until, URL: docURL(name, e)}
	if e.Syntax != "" {
		m.Syntax = syntaxForms(name, e.Syntax)
	}
	if e.Arity.Known {
		m.Arguments = e.Arity.String()
	}
	if e.Block != catalog.Unknown {
		m.Block = e.Block.String()
	}
	if e.HasDefault {
		m.Default = &e.Default
	}
	return m
}

// syntaxForms splits the forms of a syntax: a new one begins with the directive's name.
func syntaxForms(name, syntax string) []string {
	parts := strings.Split(syntax, " | ")
	forms := parts[:1]
	for _, part := range parts[1:] {
		if part == name || strings.HasPrefix(part, name+" ") {
			forms = append(forms, part)
		} else {
			forms[len(forms)-1] += " | " + part
		}
	}
	return forms
}

// docURL returns the page of nginx.org that documents the directive, "" where none does.
func docURL(name string, e *catalog.Entry) string {
	if e.Kind == catalog.Undocumented || e.Kind == catalog.ThirdPartyKind {
		return ""
	}
	folder := ""
	for _, kind := range []string{"http", "stream", "mail"} {
		if strings.HasPrefix(e.Module, "ngx_"+kind+"_") {
			folder = kind + "/"
		}
	}
	return "https://nginx.org/en/docs/" + folder + e.Module + ".html#" + name
}

// write writes the facts for a person.
func (d directiveFacts) write(w io.Writer, p painter) {
	fmt.Fprintln(w, p.bold(d.Directive))
	for _, m := range d.Modules {
		fmt.Fprintf(w, "\n%s (%s)\n", p.bold(m.Module), m.Kind)
		m.write(w)
	}
	if len(d.Changes) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.bold("Changes"))
	for _, c := range d.Changes {
		fmt.Fprintf(w, "  %-10s %s\n", c.Version, c.Text)
	}
}

func (m moduleFacts) write(w io.Writer) {
	row := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "  %-10s %s\n", label, text)
		}
	}
	for i, form := range m.Syntax {
		row([]string{"syntax", ""}[min(i, 1)], withEnd(form))
	}
	if len(m.Syntax) == 0 {
		row("arguments", m.Arguments)
	}
	row("default", m.defaultText())
	row("context", strings.Join(m.Contexts, ", "))
	row("since", m.Since)
	row("until", m.removedText())
	row("see", m.URL)
}

// removedText says since when nginx does not have the directive any more.
func (m moduleFacts) removedText() string {
	if m.Removed == "" {
		return ""
	}
	return "removed in " + m.Removed
}

func (m moduleFacts) defaultText() string {
	switch {
	case m.Default == nil:
		return ""
	case *m.Default == "":
		return "none"
	}
	return *m.Default
}

// withEnd ends a simple directive's syntax as it stands in a file.
func withEnd(form string) string {
	if strings.HasSuffix(form, "}") {
		return form
	}
	return form + ";"
}
