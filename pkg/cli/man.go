package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "Print the manual page",
		Hidden: true,
		Args:   noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			writeMan(a.out, cmd.Root())
			return nil
		},
	}
}

// writeMan writes the page ngxproof(1) from the tree of commands. It has no date, so that the same program gives the same
// page.
func writeMan(w io.Writer, root *cobra.Command) {
	m := manual{w}
	version := ""
	if v := build().Version; v != "devel" {
		version = " " + v
	}
	fmt.Fprintf(w, ".TH NGXPROOF 1 \"\" \"ngxproof%s\" \"User Commands\"\n.nh\n.ad l\n", version)
	m.section("NAME")
	fmt.Fprintf(w, "ngxproof \\- %s\n", roff(lowerFirst(root.Short)))
	m.section("SYNOPSIS")
	for _, cmd := range commandsOf(root) {
		m.bold(usageLine(cmd))
		fmt.Fprintln(w, ".br")
	}
	m.section("DESCRIPTION")
	m.paragraphs("ngxproof reads nginx configuration the way nginx does, finds what will not work, WebSocket proxying above " +
		"all, and corrects it with fixes that it checks. It needs no nginx, no root rights and no network.")
	m.section("COMMANDS")
	for _, cmd := range commandsOf(root) {
		m.command(cmd)
	}
	m.section("COMMON OPTIONS")
	m.flags(root.PersistentFlags())
	m.section("EXIT STATUS")
	for _, e := range exitCodes {
		fmt.Fprintf(w, ".TP\n.B %d\n%s\n", e.code, roff(e.meaning))
	}
	m.section("FILES")
	fmt.Fprintf(w, ".TP\n.I .ngxproof.yaml\n%s\n", roff("Settings: looked for from the entry file upwards to the root of the repository."))
	fmt.Fprintf(w, ".TP\n.I .ngxproof-baseline.json\n%s\n", roff("Findings that are known, as `ngxproof baseline write` writes them."))
	m.section("ENVIRONMENT")
	fmt.Fprintf(w, ".TP\n.BR NO_COLOR \", \" FORCE_COLOR \", \" CLICOLOR \", \" CLICOLOR_FORCE\n%s\n", roff("Whether there is colour, where --color does not say."))
	m.section("SEE ALSO")
	fmt.Fprint(w, ".BR nginx (8)\n.br\nhttps://github.com/ngxproof/ngxproof\n")
}

// exitCodes are the exit statuses and what they mean, as the manual and the documents say it.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{Done, "The job is done, and nothing at --fail-level or above is left."},
	{Found, "Such a finding is left; --diff prints a change; prove has a cell that failed; with --baseline-strict, a known finding is gone."},
	{Failed, "The job could not be done: a bad flag, settings or rule name, a file that is missing or can't be read, nothing that matches, " +
		"an output that can't be written, or a bug in ngxproof. It wins over 1."},
}

// commandsOf returns the commands below cmd that are shown, each with those below it, in the order of the help.
func commandsOf(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, sub)
			all = append(all, commandsOf(sub)...)
		}
	}
	return all
}

// manual writes roff.
type manual struct{ io.Writer }

func (m manual) section(title string) { fmt.Fprintf(m, ".SH %s\n", title) }

func (m manual) bold(text string) { fmt.Fprintf(m, ".B %s\n", roff(text)) }

// command writes a command's part.
func (m manual) command(cmd *cobra.Command) {
	fmt.Fprintf(m, ".SS \"%s\"\n%s.\n", roff(usageLine(cmd)), roff(cmd.Short))
	if cmd.Long != "" {
		fmt.Fprintln(m, ".PP")
		m.paragraphs(cmd.Long)
	}
	m.flags(cmd.LocalNonPersistentFlags())
	if cmd.Example != "" {
		fmt.Fprintf(m, ".PP\nExamples:\n.PP\n.EX\n%s\n.EE\n", roff(strings.TrimRight(cmd.Example, "\n")))
	}
}

// paragraphs writes text whose paragraphs an empty line divides; indented lines stay as they are.
func (m manual) paragraphs(text string) {
	for i, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			fmt.Fprintln(m, ".PP")
		}
		if strings.HasPrefix(p, " ") {
			fmt.Fprintf(m, ".EX\n%s\n.EE\n", roff(p))
			continue
		}
		fmt.Fprintln(m, roff(p))
	}
}

// flags writes a list of flags.
func (m manual) flags(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(m, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(name+" "+value)), roff(sentence(usage)))
	})
}

// roff escapes text for roff: backslashes, dashes, and a dot or quote that begins a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\"", `\(dq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// sentence makes a flag's usage a sentence.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
