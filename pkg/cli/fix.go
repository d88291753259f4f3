package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// fixAsk is what the flags of fix say.
type fixAsk struct {
	ask
	fixing
	stdout bool
	outDir string
}

func (a *app) fixCommand() *cobra.Command {
	k := fixAsk{}
	cmd := &cobra.Command{
		Use:   "fix [PATH...] [flags]",
		Short: "Correct what can be corrected without harm",
		Long: `PATH is as for lint. Files are changed in place, each whole or not at all; of
standard input (-) the corrected text is printed. Every fix is checked: for all
other locations, what backends receive stays the same byte for byte.

It ends with 0 if nothing at --fail-level or above is left, 1 if something is
or --diff prints a change, and 2 if the job could not be done.`,
		Example: `  ngxproof fix --diff /etc/nginx/nginx.conf
  ngxproof fix /etc/nginx/nginx.conf
  ngxproof fix --out-dir /tmp/new /etc/nginx/nginx.conf
  nginx -T 2>/dev/null | ngxproof fix - > fixed.txt`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.changed = cmd.Flags().Changed
			return a.fix(&k, args)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&k.stdout, "stdout", false, "print the corrected file instead of changing it")
	flags.StringVar(&k.outDir, "out-dir", "", "write the corrected files, and all they include, below `DIR`")
	k.fixing.register(flags)
	flags.BoolVar(&k.anyUpgrade, "any-upgrade", false, "pass on every Upgrade that clients ask for, h2c too")
	flags.BoolVar(&k.outside, "fix-outside-root", false, "change files outside of the root's folder too")
	k.ask.register(flags)
	return cmd
}

func (a *app) fix(k *fixAsk, paths []string) error {
	k.fixing.fix = true
	if err := k.check(); err != nil {
		return err
	}
	outputs, err := parseOutputs(k.outputs)
	if err != nil {
		return err
	}
	jobs, results, err := a.fixAll(&k.ask, &k.fixing, paths)
	if err != nil {
		return err
	}
	all := changes(results)
	if err := a.emit(k, jobs, all); err != nil {
		return err
	}
	result := resultOf(jobs)
	if !k.quiet && result.Files+result.Skipped > 0 {
		did := "fixed"
		if k.diff {
			did = "would fix"
		}
		line := fixed(did, results)
		if result.Skipped > 0 {
			line += fmt.Sprintf(", %s without nginx directives skipped", countOf(result.Skipped, "file", "files"))
		}
		a.warn(line)
	}
	if k.changed("output") {
		for _, r := range results {
			result.Fixed += len(r.Applied)
		}
		return a.write(outputs, result, k.quiet, jobs)
	}
	if n := countLeft(result.Diagnostics, failLevels(jobs)); n > 0 && !k.quiet {
		a.warn(fmt.Sprintf("left: %s", countOf(n, "finding; `ngxproof lint` shows it", "findings; `ngxproof lint` shows them")))
	}
	return nil
}

// check refuses flags that exclude each other.
func (k *fixAsk) check() error {
	n := 0
	for _, is := range []bool{k.diff, k.stdout, k.outDir != ""} {
		if is {
			n++
		}
	}
	switch {
	case n > 1:
		return errors.New("--diff, --stdout and --out-dir exclude each other")
	case k.changed("output") && (k.diff || k.stdout):
		return k.toFiles()
	}
	return nil
}

// toFiles refuses a report on standard output, where something else is printed.
func (k *ask) toFiles() error {
	outputs, err := parseOutputs(k.outputs)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if o.file == "" {
			return fmt.Errorf("--output: standard output is taken; name a file: `-o %s=FILE`", o.name)
		}
	}
	return nil
}

// fixAll fixes, in memory, what PATHs stand for. The error is that of a call that makes no sense.
func (a *app) fixAll(k *ask, f *fixing, paths []string) (jobs []*job, results []*fix.Result, err error) {
	if jobs, err = a.jobs(k, paths); err != nil {
		return nil, nil, err
	}
	for _, j := range jobs {
		result, err := j.fix(f)
		a.problems(err)
		for _, path := range result.Outside {
			a.warn(source.Printable(path) + " is not changed: it lies outside of the root's folder; `ngxproof fix --fix-outside-root` changes it")
		}
		results = append(results, result)
		if err := a.adoptFixed(k, j); err != nil {
			return nil, nil, err
		}
		a.judge(j.found, j.opts.failLevel)
	}
	return jobs, results, nil
}

// problems says what went wrong; the rest of the job goes on.
func (a *app) problems(err error) {
	if err != nil {
		a.fail(err)
	}
}

// countLeft counts what still fails.
func countLeft(found []diag.Diagnostic, failLevel func(file string) diag.Level) int {
	n := 0
	for i := range found {
		d, name := &found[i], ""
		if d.At.File != nil {
			name = d.At.File.Name
		}
		if level := failLevel(name); level != diag.Off && d.Suppressed == nil && d.Level >= level {
			n++
		}
	}
	return n
}

// emit hands the corrected configuration over, as the user asked.
func (a *app) emit(k *fixAsk, jobs []*job, all []fix.Change) error {
	switch {
	case k.diff:
		return a.showDiff(all)
	case k.outDir != "":
		left, err := writeTree(k.outDir, jobs, all)
		for _, name := range left {
			a.warn(source.Printable(name) + " has no place below --out-dir: it lies outside of the root's folder")
		}
		return err
	case k.stdout:
		return a.printOne(jobs, all)
	}
	return a.apply(jobs, all)
}

// showDiff prints what would change.
func (a *app) showDiff(all []fix.Change) error {
	if len(all) > 0 {
		a.code = max(a.code, Found)
	}
	return writeDiff(a.out, all)
}

// apply changes the files, or prints what standard input becomes.
func (a *app) apply(jobs []*job, all []fix.Change) error {
	for _, j := range jobs {
		if j.targets.input != "" {
			if err := j.targets.writeInput(a.out, all); err != nil {
				return unwritable(err)
			}
			return nil
		}
	}
	return rewrite(all)
}

// printOne prints the one file that was given, corrected.
func (a *app) printOne(jobs []*job, all []fix.Change) error {
	if len(jobs) == 1 && jobs[0].targets.input != "" {
		return a.apply(jobs, all)
	}
	var given *source.File
	n := 0
	for _, j := range jobs {
		for _, c := range j.targets.configs {
			for _, f := range c.Files {
				if j.targets.only == nil && f == c.Entry || j.targets.only != nil && j.targets.only[identity(f.Path)] {
					given = f.File
					n++
				}
			}
		}
	}
	if n != 1 {
		return fmt.Errorf("--stdout prints one file, but %d were given: use --out-dir or --diff", n)
	}
	for _, c := range all {
		if identity(c.Before.Path) != identity(given.Path) {
			return fmt.Errorf("--stdout prints one file, but %s would change too: use --out-dir or --diff", source.Printable(c.Before.Name))
		}
	}
	if _, err := a.out.WriteString(given.Text); err != nil { // as it is with the fixes
		return unwritable(err)
	}
	return nil
}
