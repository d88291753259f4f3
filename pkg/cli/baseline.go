package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/baseline"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

func (a *app) baselineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Keep the findings that are known, so that only new ones are reported",
		Long: `A baseline is a file of findings: the one that the settings name with the key
baseline, else .ngxproof-baseline.json beside them or at the root of the
repository. lint does not report what is in it. Findings are told apart by
what they are about, so lines may move.`,
		Args: cobra.ArbitraryArgs,
		RunE: a.noCommand,
	}
	cmd.AddCommand(
		a.baselinePart("write", "Write everything that is found now into the baseline", a.writeBaseline),
		a.baselinePart("prune", "Remove from the baseline what is no longer found", a.pruneBaseline),
		a.baselinePart("check", "Exit with 1 if the baseline is not exactly what is found now", a.checkBaseline),
	)
	return cmd
}

// baselinePart is one of the commands: it lints, and does something with the baseline of each settings file.
func (a *app) baselinePart(name, short string, do func(k *ask, j *job, b *knownFile) error) *cobra.Command {
	var k ask
	cmd := &cobra.Command{
		Use: name + " [PATH...] [flags]", Short: short, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.changed = cmd.Flags().Changed
			jobs, err := a.jobs(&k, args)
			if err != nil {
				return err
			}
			for _, j := range jobs {
				if err := a.withBaseline(&k, j, do); err != nil {
					return err
				}
			}
			return nil
		},
	}
	k.registerInput(cmd.Flags())
	return cmd
}

// withBaseline lints for a job. Where something can't be read the findings are not all there, so nothing is done.
func (a *app) withBaseline(k *ask, j *job, do func(k *ask, j *job, b *knownFile) error) error {
	if err := j.lint(); err != nil {
		return err
	}
	b, err := k.baselineOf(j)
	if err != nil {
		return err
	}
	if b.path == "" {
		b.path = placeFor(b.wd, folderOf(j))
	}
	return do(k, j, b)
}

// writeBaseline writes what is found, and keeps what this run can't say anything about.
func (a *app) writeBaseline(_ *ask, j *job, b *knownFile) error {
	found := b.findings(j.found)
	kept := b.known.Without(b.judged(j, b.known.Entries))
	known := baseline.Of(found).With(kept)
	if err := b.write(known); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %s\n", source.Printable(b.path), countOf(baseline.Total(known.Entries), "known finding", "known findings"))
	return nil
}

func (a *app) pruneBaseline(_ *ask, j *job, b *knownFile) error {
	if b.file == nil {
		return noBaseline(b)
	}
	gone := b.judged(j, b.known.Silence(b.findings(j.found)))
	if err := b.write(b.known.Without(gone)); err != nil {
		return err
	}
	left := baseline.Total(b.known.Entries) - baseline.Total(gone)
	fmt.Fprintf(a.out, "%s: %d removed, %s left\n", source.Printable(b.path), baseline.Total(gone), countOf(left, "known finding", "known findings"))
	return nil
}

func noBaseline(b *knownFile) error {
	return errors.New(source.Printable(b.path) + " is not there; `ngxproof baseline write` writes it")
}

// placeOf returns a finding's place as FILE:LINE:COLUMN.
func placeOf(at diag.Location) string {
	if at.File == nil {
		return "-"
	}
	position := at.File.Position(at.Span.Start)
	return fmt.Sprintf("%s:%d:%d", source.Printable(at.File.Name), position.Line, position.Column)
}

// checkBaseline lists what the baseline has beyond what is found, and the other way round.
func (a *app) checkBaseline(_ *ask, j *job, b *knownFile) error {
	if b.file == nil {
		return noBaseline(b)
	}
	found := b.findings(j.found)
	gone := b.judged(j, b.known.Silence(found))
	for _, e := range gone {
		a.code = max(a.code, Found)
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d times)", e.Count)
		}
		fmt.Fprintf(a.out, "gone: %s: [%s] %s%s\n", source.Printable(e.File), source.Printable(e.Rule), source.Printable(e.Message), times)
	}
	added := 0
	for _, f := range found {
		if f.Suppressed != nil {
			continue
		}
		a.code = max(a.code, Found)
		added++
		fmt.Fprintf(a.out, "new: %s: %s[%s]: %s\n", placeOf(f.At), f.Level, f.Rule, source.Printable(f.Message))
	}
	if added+len(gone) == 0 {
		fmt.Fprintf(a.out, "ok: %s, %s\n", source.Printable(b.path), countOf(baseline.Total(b.known.Entries), "known finding", "known findings"))
		return nil
	}
	fmt.Fprintf(a.out, "%s: %d new, %d gone\n", source.Printable(b.path), added, baseline.Total(gone))
	return nil
}
