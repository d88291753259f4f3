package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// rootCommand builds the tree of commands. It has no text templates: cobra's own would link a template engine that
// keeps every method of every type alive.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "ngxproof",
		Short:             "Read nginx configuration the way nginx does, and find what will not work",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.ArbitraryArgs,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              a.noCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error { return checkColor(a.color) },
	}
	root.PersistentFlags().StringVar(&a.color, "color", "auto", "auto, always or never")
	root.PersistentFlags().BoolP("help", "h", false, "say what a command does")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(a.out, cmd) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { writeHelp(a.err, cmd); return nil })
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(a.helpCommand())
	root.AddCommand(a.lintCommand(), a.fixCommand(), a.newCommand(), a.rulesCommand(), a.explainCommand(), a.traceCommand(), a.proveCommand(), a.proxyCommand(), a.configCommand(), a.baselineCommand(), a.versionCommand())
	root.AddCommand(a.completionCommand(), a.manCommand())
	completeFlags(root)
	return root
}

// noCommand answers a call without a command, or with one that is not there.
func (a *app) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		writeHelp(a.err, cmd)
		a.code = Failed
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := "; `ngxproof help` lists the commands"
	if near := nearest(args[0], names); near != "" {
		hint = "; did you mean `" + near + "`?"
	}
	return fmt.Errorf("there is no command `%s`%s", args[0], hint)
}

// flagError adds a did-you-mean to a flag that is not there.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w; did you mean `--%s`?", err, near)
	}
	return fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())
}

// nearest returns the name that word is most likely a slip of, or "".
func nearest(word string, names []string) string {
	word = strings.ToLower(word)
	best, limit := "", min(2, len(word)-1)
	for _, name := range names {
		if d := catalog.Distance(word, name, limit); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}
