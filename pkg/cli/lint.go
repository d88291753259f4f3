package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

func (a *app) lintCommand() *cobra.Command {
	var k ask
	var f fixing
	cmd := &cobra.Command{
		Use:   "lint [PATH...] [flags]",
		Short: "Report what will not work",
		Long: `PATH is a file, a folder, or - for standard input, where the output of nginx -T
is recognised. Of a folder, the files with http, events or stream at top level
are judged whole, with what they include; then the files that none of those
includes. A given file that an nginx.conf beside or above it includes is judged
inside that. Without PATH it is nginx.conf, nginx/nginx.conf, conf/nginx.conf
or else the working folder.

It ends with 0 if nothing at --fail-level or above is left, 1 if something is,
and 2 if the job could not be done.`,
		Example: `  ngxproof lint /etc/nginx/nginx.conf
  nginx -T 2>/dev/null | ngxproof lint -
  ngxproof lint -o concise -o json=report.json .`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.changed = cmd.Flags().Changed
			return a.lint(&k, &f, args)
		},
	}
	cmd.Flags().BoolVar(&f.fix, "fix", false, "apply safe fixes, then report what is left")
	f.register(cmd.Flags())
	k.register(cmd.Flags())
	k.registerAdoption(cmd.Flags())
	return cmd
}

func (a *app) lint(k *ask, f *fixing, paths []string) error {
	if f.wanted() {
		return a.lintAndFix(k, f, paths)
	}
	start := time.Now()
	outputs, err := parseOutputs(k.outputs)
	if err != nil {
		return err
	}
	jobs, err := a.jobs(k, paths)
	if err != nil {
		return err
	}
	minLevel := diag.Info
	for _, j := range jobs {
		if err := j.lint(); err != nil {
			a.fail(err)
		}
		if err := a.adopt(k, j); err != nil {
			return err
		}
		if k.prove {
			a.problems(a.proveFindings(k, j))
		}
		a.judge(j.found, j.opts.failLevel)
		minLevel = j.opts.minLevel
	}
	result := resultOf(jobs)
	result.Diagnostics = a.shown(k, result.Diagnostics, minLevel)
	if k.verbose {
		for _, j := range jobs {
			a.trail(j.targets)
		}
		result.Elapsed = time.Since(start)
	}
	return a.write(outputs, result, k.quiet, jobs)
}

// judge sets the exit code by the findings.
func (a *app) judge(found []diag.Diagnostic, failLevel diag.Level) {
	for i := range found {
		d := &found[i]
		if failLevel != diag.Off && d.Suppressed == nil && d.Level >= failLevel {
			a.code = max(a.code, Found)
		}
	}
}

// shown leaves out what is below the level that the user wants to see, and says so.
func (a *app) shown(k *ask, found []diag.Diagnostic, least diag.Level) []diag.Diagnostic {
	below := func(d diag.Diagnostic) bool { return d.Level < least }
	if !slices.ContainsFunc(found, below) {
		return found
	}
	shown := slices.DeleteFunc(slices.Clone(found), below)
	if n := len(found) - len(shown); n > 0 && !k.quiet {
		fmt.Fprintf(a.err, "ngxproof: not shown because of --min-level: %d\n", n)
	}
	return shown
}

// trail lists the files that were read.
func (a *app) trail(t *targets) {
	for _, c := range t.configs {
		kind := "root"
		if c.Fragment {
			kind = "fragment"
		}
		for i, f := range c.Files {
			if i > 0 {
				kind = "included"
			}
			fmt.Fprintf(a.err, "ngxproof: %s %s\n", kind, source.Printable(f.Name))
		}
	}
}
