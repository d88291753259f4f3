package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// proveFindings is lint --prove: it runs each configuration that has findings about WebSockets in the reference proxy, and
// adds to them what happened.
func (a *app) proveFindings(k *ask, j *job) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // so that all is cleaned up
	defer stop()
	limited, current, err := provedVersions(k, j)
	if err != nil {
		return err
	}
	for _, c := range j.targets.configs {
		for _, v := range []catalog.Version{limited, current} {
			var about []*diag.Diagnostic
			for i := range j.found {
				d := &j.found[i]
				if d.Category == "websocket" && d.Proof == nil && stands(d, c) && (v == current || len(d.Nginx) > 0) {
					about = append(about, d)
				}
			}
			if len(about) == 0 {
				continue
			}
			if err := a.proveThese(ctx, j, c, v, about); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// oldBranch is an nginx for which findings hold that do not hold for every version.
const oldBranch = "1.28"

// provedVersions are the versions that are run: the one aimed at; without one, the second is the current one, and the first
// is for the findings that hold for some versions only.
func provedVersions(k *ask, j *job) (limited, current catalog.Version, err error) {
	var p proving
	if current, err = p.version(k, j); err != nil || k.version != "" || !j.settings.Version.IsZero() {
		return current, current, err
	}
	limited, err = catalog.ParseTarget(oldBranch)
	return limited, current, err
}

// stands reports whether a finding stands in a file of the configuration.
func stands(d *diag.Diagnostic, c *config.Config) bool {
	return slices.ContainsFunc(c.Files, func(f *syntax.File) bool { return f.File == d.At.File })
}

// proveThese runs a configuration as one version for these findings.
func (a *app) proveThese(ctx context.Context, j *job, c *config.Config, v catalog.Version, about []*diag.Diagnostic) error {
	all, err := explaining(j, c, v)
	if err != nil {
		return err
	}
	o := prove.Options{Findings: all, Paths: declaredPaths(j.opts.lint.WebSockets), Progress: a.progress()}
	r, err := prove.Run(ctx, c, prove.Reference(v, all), o)
	a.progressDone(o)
	switch {
	case errors.Is(err, prove.ErrNothing), errors.Is(err, prove.ErrFragment):
		return nil // there is nothing to add
	case err != nil:
		return err
	}
	for _, d := range about {
		one := []diag.Diagnostic{*d}
		r.Attach(one)
		d.Proof = one[0].Proof
	}
	return nil
}
