package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/rules"
)

// shells write the script that makes a shell complete the commands, flags and their values.
var shells = map[string]func(root *cobra.Command, w io.Writer) error{
	"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"zsh":        func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) },
}

// shellNames are the shells, in the order of the help.
var shellNames = []string{"bash", "zsh", "fish", "powershell"}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print what makes a shell complete commands and flags",
		Long:      "SHELL is bash, zsh, fish or powershell. What is printed is to be loaded by the\nshell when it starts.",
		Example:   "  source <(ngxproof completion bash)\n  ngxproof completion zsh > \"${fpath[1]}/_ngxproof\"\n  ngxproof completion fish > ~/.config/fish/completions/ngxproof.fish",
		ValidArgs: shellNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("completion takes one shell: %s", strings.Join(shellNames, ", "))
			}
			write := shells[args[0]]
			if write == nil {
				return fmt.Errorf("there is no completion for `%s`, but for %s", args[0], strings.Join(shellNames, ", "))
			}
			return write(cmd.Root(), a.out)
		},
	}
}

// completeFlags says what the values of flags can be, for every command below cmd that has them.
func completeFlags(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completeFlags(sub)
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		values := flagValues(cmd, f.Name)
		if values == nil {
			return
		}
		// an error means that the flag has its completion already, as one of a command above
		_ = cmd.RegisterFlagCompletionFunc(f.Name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return lists(values(), typed), cobra.ShellCompDirectiveNoFileComp
		})
	})
}

// flagValues returns what makes the list of a flag's values; nil where it takes anything.
func flagValues(cmd *cobra.Command, name string) func() []string {
	switch name {
	case "color":
		return func() []string { return []string{"auto", "always", "never"} }
	case "fail-level":
		return func() []string { return []string{"error", "warning", "info", "never"} }
	case "min-level":
		return func() []string { return []string{"error", "warning", "info"} }
	case "client":
		return func() []string { return []string{"chrome", "firefox", "mixedcase", "plain", "h2c"} }
	case "select", "ignore":
		return ruleNames
	case "output":
		if cmd.Flags().Lookup("select") == nil {
			return func() []string { return []string{"full", "json"} }
		}
		return report.Names
	}
	return nil
}

// ruleNames returns the names of all rules and categories, sorted.
func ruleNames() []string {
	var names []string
	for _, r := range rules.All().Rules() {
		names = append(names, r.Name, r.Category)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lists puts before each value what of a comma-separated list is typed already.
func lists(values []string, typed string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var all []string
	for _, v := range values {
		if strings.HasPrefix(before+v, typed) {
			all = append(all, before+v)
		}
	}
	return all
}
