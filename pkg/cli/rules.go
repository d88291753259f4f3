package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/rules"
)

// ruleFacts is a rule as `rules -o json` and `explain -o json` write it.
type ruleFacts struct {
	Name       string   `json:"name"`
	Code       string   `json:"code"`
	Category   string   `json:"category"`
	Tags       []string `json:"tags"`
	Level      string   `json:"level"`
	LevelNote  string   `json:"level_note,omitempty"`
	Optional   bool     `json:"optional"`
	Fix        string   `json:"fix"`
	FixNote    string   `json:"fix_note,omitempty"`
	Versions   string   `json:"nginx"`
	Supersedes []string `json:"supersedes,omitempty"`
	Summary    string   `json:"summary"`
	Page       string   `json:"page,omitempty"`
}

func ruleFactsOf(r *lint.Rule) (ruleFacts, *lint.Page, error) {
	page, err := r.Page()
	if err != nil {
		return ruleFacts{}, nil, err
	}
	return ruleFacts{
		Name: r.Name, Code: r.Code, Category: r.Category, Tags: append([]string{}, r.Tags...),
		Level: r.Level.String(), LevelNote: noteText(r.LevelNote), Optional: r.Optional,
		Fix: r.Fix.String(), FixNote: noteText(r.FixNote), Versions: r.Versions, Supersedes: r.Supersedes,
		Summary: strings.Join(strings.Fields(page.Summary), " "),
	}, page, nil
}

func (a *app) rulesCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Long:  "`explain RULE` has more about each.",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			var all []ruleFacts
			for _, r := range rules.All().Rules() {
				facts, _, err := ruleFactsOf(r)
				if err != nil {
					return err
				}
				all = append(all, facts)
			}
			return a.print(output, all, func(w io.Writer) { writeRules(w, all, a.painter()) })
		},
	}
	tableOutput(cmd, &output)
	return cmd
}

// writeRules writes a table. The heading is set off after the columns are aligned, since a tabwriter counts escapes.
func writeRules(w io.Writer, all []ruleFacts, p painter) {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tCODE\tCATEGORY\tLEVEL\tFIX\tSUMMARY")
	for _, r := range all {
		level := r.Level
		if r.Optional {
			level += " (off)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Code, r.Category, level, fixText(r.Fix), r.Summary)
	}
	_ = t.Flush() // a strings.Builder takes everything
	head, body, _ := strings.Cut(table.String(), "\n")
	fmt.Fprintf(w, "%s\n%s", p.bold(head), body)
}

// fixText words a fix class for the table: what is only displayed is no fix that anyone could ask for.
func fixText(fix string) string {
	if fix == diag.Display.String() {
		return "-"
	}
	return fix
}

// noteText is a note by itself: in the table of rules it goes on after a word.
func noteText(note string) string { return strings.TrimLeft(note, " ;,") }
