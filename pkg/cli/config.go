package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Write, show and check the settings",
		Long: `The settings are in .ngxproof.yaml: the nearest one from the linted file
upwards to the root of its repository.`,
		Args: cobra.ArbitraryArgs,
		RunE: a.noCommand,
	}
	cmd.AddCommand(a.configInit(), a.configShow(), a.configValidate(), a.configSchema())
	return cmd
}

func (a *app) configInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a settings file into the working folder: the roots that are there, and every key as a comment",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			roots, err := rootsHere()
			if err != nil {
				return err
			}
			return a.create(settings.FileName, settings.Template(roots))
		},
	}
}

// rootsHere returns the roots in the working folder: those with the usual names, else all that are found in it and below.
func rootsHere() ([]string, error) {
	var roots []string
	for _, path := range usualRoots {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			roots = append(roots, path)
		}
	}
	if len(roots) > 0 {
		return roots, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	t := &targets{}
	t.readThrough(source.Disk{Dir: dir})
	t.find([]string{"."}) // what can't be read is none
	for _, root := range t.roots {
		roots = append(roots, filepath.ToSlash(root))
	}
	return roots, nil
}

// create writes a file that is not there yet.
func (a *app) create(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is already there", path)
	}
	if err == nil {
		_, err = io.WriteString(f, text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, reason(err))
	}
	fmt.Fprintf(a.out, "%s is written\n", path)
	return nil
}

func (a *app) configValidate() *cobra.Command {
	var k ask
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check a settings file: the one given, or the one that holds in the working folder",
		Args:  atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			k.maxFileSize = settings.MaxFileSize * 2
			path := strings.Join(args, "")
			if path == "" {
				var err error
				if path, err = k.find(".", settings.FileName); err != nil {
					return err
				}
			}
			if path == "" {
				return fmt.Errorf("there is no %s here or above; `ngxproof config init` writes one", settings.FileName)
			}
			s, err := k.readSettings(path)
			if err != nil {
				return err
			}
			var missing []error
			for _, root := range s.Roots {
				missing = append(missing, missingRoot(s, root))
			}
			if err := errors.Join(missing...); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "ok: %s\n", source.Printable(path))
			return nil
		},
	}
	return cmd
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one file, but was given %d", cmd.CommandPath(), len(args))
	}
	return nil
}

func (a *app) configSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the settings, for editors",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(settings.Schema(rules.All()))
			return err
		},
	}
}

// shownSettings is what `config show -o json` writes.
type shownSettings struct {
	File   *string       `json:"file"`
	Values []originValue `json:"values"`
	// Rules are, where a file was given, the rules whose level differs there from their own.
	Rules []originValue `json:"rules,omitempty"`
}

// originValue is one value and where it comes from: "default", a flag, or FILE:LINE.
type originValue struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

func (a *app) configShow() *cobra.Command {
	var k ask
	var output string
	cmd := &cobra.Command{
		Use:   "show [FILE] [flags]",
		Short: "Show the settings that hold for a file, and where each value comes from",
		Args:  atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.changed = cmd.Flags().Changed
			shown, err := k.show(cmd, args)
			if err != nil {
				return err
			}
			return a.print(output, shown, func(w io.Writer) { shown.write(w, a.painter()) })
		},
		DisableFlagsInUseLine: true,
	}
	tableOutput(cmd, &output)
	k.registerSettings(cmd.Flags())
	return cmd
}

// show gathers the values that hold for a file, or for the working folder.
func (k *ask) show(cmd *cobra.Command, args []string) (*shownSettings, error) {
	k.failLevel, k.minLevel = orElse(k.failLevel, "warning"), "info"
	path := strings.Join(args, "")
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%s: %w", source.Printable(path), reason(err))
		}
	}
	s, err := k.settingsFor(orElse(path, "."))
	if err != nil {
		return nil, err
	}
	if _, err := k.options(rules.All(), s); err != nil {
		return nil, err
	}
	shown := &shownSettings{}
	if s.File != nil {
		shown.File = &s.File.Name
	}
	for _, v := range s.Values() {
		shown.Values = append(shown.Values, withFlag(cmd, v))
	}
	for _, path := range k.webSockets {
		shown.Values = append(shown.Values, originValue{"websocket", path, "--ws-path"})
	}
	if path != "" {
		shown.Rules, err = rulesFor(s, path)
	}
	return shown, err
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// withFlag puts a flag that was given in the place of the value that it wins over.
func withFlag(cmd *cobra.Command, v settings.Value) originValue {
	if flag := cmd.Flags().Lookup(v.Path); flag != nil && flag.Changed {
		return originValue{v.Path, flag.Value.String(), "--" + flag.Name}
	}
	origin := "default"
	if v.Line > 0 {
		origin = fmt.Sprintf("%s:%d", v.File, v.Line)
	}
	return originValue{v.Path, v.Text, origin}
}

// rulesFor returns the rules that the settings give another level in the file at path, those of overrides for a server
// left aside, sorted by code.
func rulesFor(s *settings.Settings, path string) ([]originValue, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	var changed []originValue
	for _, r := range rules.All().Rules() {
		level, selector := lint.LevelFor(s.Rules, r)
		at := "rules." + selector
		for i, o := range s.Overrides {
			if l, by := lint.LevelFor(o.Rules, r); by != "" && len(o.Servers) == 0 && s.Holds(i, dir, path) {
				level, selector, at = l, by, fmt.Sprintf("overrides[%d].rules.%s", i, by)
			}
		}
		if selector != "" {
			changed = append(changed, originValue{r.Name, level.String(), fmt.Sprintf("%s:%d", s.File.Name, s.Line(at))})
		}
	}
	return changed, nil
}

// write writes tables of values.
func (s *shownSettings) write(w io.Writer, p painter) {
	if s.File == nil {
		fmt.Fprintln(w, "There is no settings file; these are the defaults.")
	} else {
		fmt.Fprintln(w, source.Printable(filepath.ToSlash(*s.File)))
	}
	for i, part := range [][]originValue{s.Values, s.Rules} {
		if len(part) == 0 {
			continue
		}
		heading := []string{"KEY", "RULE"}[i] + "\tVALUE\tORIGIN"
		fmt.Fprintln(w)
		table(w, p, heading, slices.Collect(func(yield func(string) bool) {
			for _, v := range part {
				if !yield(source.Printable(v.Key) + "\t" + source.Printable(v.Value) + "\t" + source.Printable(v.Origin)) {
					return
				}
			}
		}))
	}
}

// table writes rows with tabs between their columns. The heading is set off after the columns are aligned, since a
// tabwriter counts escapes.
func table(w io.Writer, p painter, heading string, rows []string) {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, heading)
	for _, row := range rows {
		fmt.Fprintln(t, row)
	}
	_ = t.Flush() // a strings.Builder takes everything
	head, body, _ := strings.Cut(text.String(), "\n")
	fmt.Fprintf(w, "%s\n%s", p.bold(head), body)
}
