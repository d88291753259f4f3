package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// proving is what the flags of prove say.
type proving struct {
	backend, engine, nginx, heartbeat string
	failOnUnknown                     bool
}

func (a *app) proveCommand() *cobra.Command {
	var k ask
	var p proving
	var output string
	cmd := &cobra.Command{
		Use:   "prove FILE",
		Short: "Run the configuration and open WebSockets through it",
		Long: `The configuration runs on loopback ports, with stand-in backends behind every
upstream: neither your backends nor certificates nor DNS are needed, and nothing
else is touched. At each location that is meant for WebSockets (or at each
--ws-path) three clients open one, send messages, wait, and close it; the table
says what came through, and which rule explains what did not.

It ends with 0 if nothing failed, 1 if something did or nginx refuses the
configuration, and 2 if the job could not be done.`,
		Example: `  ngxproof prove nginx.conf
  ngxproof prove nginx.conf --ws-path /chat --heartbeat 25s
  ngxproof prove nginx.conf --engine nginx --nginx /usr/sbin/nginx
  ngxproof prove nginx.conf --backend node -o json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("prove takes one file, but was given %s", countOf(len(args), "argument", "arguments"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.prove(&k, &p, args[0], output) },
	}
	tableOutput(cmd, &output)
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&p.backend, "backend", string(prove.Strict), "the `KIND` of the stand-in backends: echo, strict, node, socketio, plain")
	flags.StringVar(&p.engine, "engine", "reference", "what runs it: reference, nginx")
	flags.StringVar(&p.nginx, "nginx", "nginx", "with --engine nginx: the program `BIN`")
	flags.StringVar(&p.heartbeat, "heartbeat", "", "the `TIME` after which the application sends something while idle")
	flags.BoolVar(&p.failOnUnknown, "fail-on-unknown", false, "exit with 1 also if something is not known")
	flags.StringVar(&k.version, "nginx-version", "", "run it as this `VERSION` ("+currentBranch+"): 1.22.1, or 1.22 for its last release")
	k.registerReading(flags)
	return cmd
}

// prove runs the configuration that FILE stands for.
func (a *app) prove(k *ask, p *proving, file, output string) error {
	if output != "full" && output != "json" {
		return fmt.Errorf("--output: `%s` is none of full, json", source.Printable(output))
	}
	opts, err := p.options()
	if err != nil {
		return err
	}
	jobs, err := a.jobs(k, []string{file})
	if err != nil {
		return err
	}
	t := jobs[0].targets
	switch {
	case len(t.errs) > 0:
		return errors.Join(t.errs...)
	case len(t.configs) != 1:
		return fmt.Errorf("prove takes one configuration, and `%s` is %d", source.Printable(file), len(t.configs))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // so that all is cleaned up
	defer stop()
	opts.Progress = a.progress()
	r, err := p.run(ctx, jobs[0], t.configs[0], opts, k)
	a.progressDone(opts)
	if err != nil {
		return fmt.Errorf("%s: %w", source.Printable(file), err)
	}
	if r.Failed > 0 || r.Refused != "" || p.failOnUnknown && r.Unknown > 0 {
		a.code = max(a.code, Found)
	}
	return a.print(output, r, func(w io.Writer) {
		if err := report.Proof(w, r, report.Options{Color: a.colored(a.out)}); err != nil {
			a.fail(unwritable(err))
		}
	})
}

// options reads the flags that are about the proof itself.
func (p *proving) options() (o prove.Options, err error) {
	if o.Backend, err = prove.ParseBackend(p.backend); err != nil {
		return o, fmt.Errorf("--backend: %w", err)
	}
	if p.engine != "reference" && p.engine != "nginx" {
		return o, fmt.Errorf("--engine: `%s` is none of reference, nginx", source.Printable(p.engine))
	}
	o.Heartbeat, err = span("heartbeat", p.heartbeat)
	return o, err
}

// run chooses the engine, has the linter look at the configuration as the engine's nginx, and proves it.
func (p *proving) run(ctx context.Context, j *job, c *config.Config, o prove.Options, k *ask) (*prove.Report, error) {
	version, err := p.version(k, j)
	if err != nil {
		return nil, err
	}
	var engine prove.Engine
	if p.engine == "nginx" {
		if engine, err = prove.Nginx(ctx, p.nginx); err != nil {
			return nil, err
		}
		if k.changed("nginx-version") && engine.Version() != version {
			return nil, fmt.Errorf("--nginx-version is %s, but %s is nginx %s", version, source.Printable(p.nginx), engine.Version())
		}
		version = engine.Version()
	}
	if o.Findings, err = explaining(j, c, version); err != nil {
		return nil, err
	}
	if engine == nil {
		engine = prove.Reference(version, o.Findings)
	}
	o.Paths, o.OnlyPaths = declaredPaths(j.opts.lint.WebSockets), k.changed("ws-path")
	if only := j.targets.only; only != nil {
		o.In = func(path string) bool { return only[identity(path)] }
	}
	return prove.Run(ctx, c, engine, o)
}

// version is the nginx that the reference proxy runs as: the flag's, the settings', or the current one.
func (p *proving) version(k *ask, j *job) (catalog.Version, error) {
	switch {
	case k.version != "":
		v, err := catalog.ParseTarget(k.version)
		if err != nil {
			return v, fmt.Errorf("--nginx-version: %w", err)
		}
		return v, nil
	case !j.settings.Version.IsZero():
		return j.settings.Version, nil
	}
	return catalog.ParseTarget(currentBranch)
}

// explaining returns the findings of all rules for one version, which explain what fails.
func explaining(j *job, c *config.Config, v catalog.Version) ([]diag.Diagnostic, error) {
	all, err := rules.All().Select(lint.Choice{})
	if err != nil {
		return nil, err
	}
	opts := j.opts.lint
	opts.Target, opts.Bare = lint.OneVersion(v), true
	return lint.New(all, opts).Run(c)
}

// declaredPaths are the paths at which the user says that WebSockets are opened.
func declaredPaths(all []lint.WebSocket) []signals.Declared {
	var paths []signals.Declared
	for _, w := range all {
		paths = append(paths, signals.Declared{Path: w.Path, Heartbeat: w.Heartbeat})
	}
	return paths
}

// progress returns what tells of progress on a terminal: one line that is written over; nil elsewhere.
func (a *app) progress() func(done, total int, what string) {
	if !isTerminal(a.err.dest) || a.env("TERM") == "dumb" {
		return nil
	}
	began := time.Now()
	return func(done, total int, what string) {
		if time.Since(began) > progressDelay {
			fmt.Fprintf(a.err, "\r\x1b[Kngxproof: %d of %d: %s", done+1, total, source.Printable(what))
			_ = a.err.Flush() // it is only to pass the time
		}
	}
}

// progressDelay is how long nothing is said.
const progressDelay = 300 * time.Millisecond

// progressDone wipes the line out.
func (a *app) progressDone(o prove.Options) {
	if o.Progress != nil {
		fmt.Fprint(a.err, "\r\x1b[K")
		_ = a.err.Flush() // as above
	}
}
