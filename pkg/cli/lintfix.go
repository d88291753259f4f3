package cli

import "time"

// lintAndFix is lint --fix: it applies fixes and reports what is left, or prints with --diff what they would change. The
// corrected text of standard input is printed, and its report goes to standard error.
func (a *app) lintAndFix(k *ask, f *fixing, paths []string) error {
	start := time.Now()
	if f.diff && k.changed("output") {
		if err := k.toFiles(); err != nil {
			return err
		}
	}
	outputs, err := parseOutputs(k.outputs)
	if err != nil {
		return err
	}
	jobs, results, err := a.fixAll(k, f, paths)
	if err != nil {
		return err
	}
	all := changes(results)
	if k.prove {
		for _, j := range jobs {
			a.problems(a.proveFindings(k, j))
		}
	}
	result := resultOf(jobs)
	for _, r := range results {
		result.Fixed += len(r.Applied)
	}
	for _, j := range jobs {
		result.Diagnostics = a.shown(k, result.Diagnostics, j.opts.minLevel)
		if k.verbose {
			a.trail(j.targets)
			result.Elapsed = time.Since(start)
		}
	}
	if f.diff {
		if err := a.showDiff(all); err != nil || !k.changed("output") {
			return err
		}
		return a.write(outputs, result, k.quiet, jobs)
	}
	if err := a.apply(jobs, all); err != nil {
		return err
	}
	if len(jobs) == 1 && jobs[0].targets.input != "" {
		stdout := a.out
		a.out = a.err
		defer func() { a.out = stdout }()
	}
	return a.write(outputs, result, k.quiet, jobs)
}
