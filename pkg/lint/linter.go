package lint

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Linter runs selected rules. It is safe for concurrent use.
type Linter struct {
	opts     Options
	registry *Registry

	rules      []chosen
	onDirect   map[string][]int             // rules by directive name, as indexes into rules
	onVerdict  [config.WrongCount + 1][]int // rules by verdict
	supersedes map[string][]string          // a rule's name to those that supersede it
	// superseding are the names of the rules that supersede any.
	superseding map[string]bool
}

// Options say what a Linter needs to know beside its rules.
type Options struct {
	// Target is the versions aimed at; the zero Target stands for AllVersions.
	Target Target
	// Modules are the third-party modules that the user says are in the build.
	Modules []string
	// WebSockets are the paths that the user says WebSockets are opened at.
	WebSockets []WebSocket
	// AnyUpgrade says that fixes are to pass every Upgrade on, h2c too.
	AnyUpgrade bool
	// Bare says that nobody will look at findings' Evidence, so that it need not be made.
	Bare bool
	// Unedited says that nobody will look at the edits of findings' fixes: a fix then has its class and title only.
	Unedited bool
	// Evaluator makes the evaluator of a configuration; nil for eval.New. Whoever gives one can ask what the rules asked
	// without its being worked out again. It is called concurrently.
	Evaluator func(*config.Config) *eval.Evaluator
}

// New returns a linter for the selection.
func New(sel Selection, opts Options) *Linter {
	if opts.Target.Profiles == nil {
		opts.Target = AllVersions()
	}
	if opts.Evaluator == nil {
		opts.Evaluator = eval.New
	}
	l := &Linter{opts: opts, registry: sel.registry, rules: sel.chosen, onDirect: map[string][]int{},
		supersedes: map[string][]string{}, superseding: map[string]bool{}}
	for i, c := range l.rules {
		for _, name := range c.rule.Directives {
			l.onDirect[name] = append(l.onDirect[name], i)
		}
		for _, v := range c.rule.Verdicts {
			l.onVerdict[v] = append(l.onVerdict[v], i)
		}
		for _, name := range c.rule.Supersedes {
			l.supersedes[name] = append(l.supersedes[name], c.rule.Name)
			l.superseding[c.rule.Name] = true
		}
	}
	return l
}

// Rules returns the rules that run, sorted by code.
func (l *Linter) Rules() []*Rule {
	rules := make([]*Rule, len(l.rules))
	for i, c := range l.rules {
		rules[i] = c.rule
	}
	return rules
}

// Run lints one configuration. Findings are sorted by file, place and rule, each once. The error joins a *PanicError for
// each rule that panicked; the findings of the other rules stand.
func (l *Linter) Run(cfg *config.Config) ([]diag.Diagnostic, error) {
	r := l.run(cfg)
	return l.settle(r.findings, []*config.Config{cfg}), errors.Join(r.errs...)
}

// RunAll loads and lints n configurations, as many at once as there are processors, and joins their findings: what a
// file says wrong in each of several configurations is one finding. load is called concurrently, with 0 to n-1; its
// errors, and those of Run, are joined in order, and the other configurations are still linted. Only a cancelled ctx
// ends it early.
func (l *Linter) RunAll(ctx context.Context, n int, load func(i int) (*config.Config, error)) ([]diag.Diagnostic, error) {
	found := make([][]finding, n)
	errs := make([]error, n)
	configs := make([]*config.Config, n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] != nil {
				return nil
			}
			cfg, err := load(i)
			if err != nil {
				errs[i] = err
				return nil
			}
			r := l.run(cfg)
			configs[i], found[i], errs[i] = cfg, r.findings, errors.Join(r.errs...)
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	all := slices.Concat(found...)
	configs = slices.DeleteFunc(configs, func(c *config.Config) bool { return c == nil })
	return l.settle(all, configs), errors.Join(errs...)
}

// PanicError is a rule that panicked: our bug, never the user's.
type PanicError struct {
	Rule  string
	File  string // the entry file of the configuration
	Value any
	Stack []byte
}

// Error says which rule panicked, on what, and why.
func (e *PanicError) Error() string {
	return fmt.Sprintf("rule %s panicked on %s: %v (this is a bug in ngxproof)", e.Rule, e.File, e.Value)
}

// MaxFindings is how many findings of one rule are kept for one configuration: nobody reads more, and a hostile file
// would fill the memory with them.
const MaxFindings = 100_000

// TooManyError is a rule that found more than MaxFindings.
type TooManyError struct {
	Rule    string
	File    string // the entry file of the configuration
	Dropped int    // how many findings are not kept
}

// Error says which rule found how much.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("%s: %s has %d findings, of which only the first %d are kept", e.File, e.Rule, MaxFindings+e.Dropped, MaxFindings)
}

// run is one configuration's walk.
type run struct {
	linter   *Linter
	passes   []Pass
	findings []finding // of all passes, once they are done
	errs     []error
	// loadsModules is found out when first asked.
	loadsModules func() bool
	eval         func() *eval.Evaluator
	shared       sync.Map // what Shared was asked for
}

// loadsModules looks at the top level only: load_module stands nowhere else.
func loadsModules(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Root.Children, func(d *config.Directive) bool { return d.Name() == "load_module" })
}

func (l *Linter) run(cfg *config.Config) *run {
	r := &run{linter: l, passes: make([]Pass, len(l.rules))}
	r.loadsModules = sync.OnceValue(func() bool { return loadsModules(cfg) })
	r.eval = sync.OnceValue(func() *eval.Evaluator { return l.opts.Evaluator(cfg) })
	for i := range l.rules {
		c := &l.rules[i]
		r.passes[i] = Pass{Rule: c.rule, Config: cfg, Target: l.opts.Target, Modules: l.opts.Modules,
			WebSockets: l.opts.WebSockets, AnyUpgrade: l.opts.AnyUpgrade, Bare: l.opts.Bare, Unedited: l.opts.Unedited, chosen: c, run: r}
	}
	r.wholes(cfg)
	r.walk(cfg)
	n := 0
	for i := range r.passes {
		n += len(r.passes[i].findings)
	}
	r.findings = make([]finding, 0, n)
	for i := range r.passes {
		p := &r.passes[i]
		r.findings = append(r.findings, p.findings...)
		if p.err != nil {
			r.errs = append(r.errs, p.err)
		}
		if p.dropped > 0 {
			r.errs = append(r.errs, &TooManyError{p.Rule.Name, cfg.Entry.Name, p.dropped})
		}
	}
	return r
}

// wholes calls the rules for the configuration and for files, as many rules at once as there are processors.
func (r *run) wholes(cfg *config.Config) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range r.passes {
		p := &r.passes[i]
		if p.Rule.OnConfig == nil && p.Rule.OnFile == nil {
			continue
		}
		group.Go(func() error {
			p.whole(cfg)
			return nil
		})
	}
	_ = group.Wait() // a pass keeps its error
}

func (p *Pass) whole(cfg *config.Config) {
	if p.Rule.OnConfig != nil {
		p.config()
	}
	if p.Rule.OnFile != nil {
		for _, file := range cfg.Files {
			p.file(file)
		}
	}
}

// walk calls the rules for directives: one walk for all of them, since a walk costs more than most rules.
func (r *run) walk(cfg *config.Config) {
	l := r.linter
	for d := range cfg.All() {
		if verdict, entry := cfg.Judge(d); verdict != config.OK {
			for _, i := range l.onVerdict[verdict] {
				r.passes[i].verdict(d, entry)
			}
		}
		for _, i := range l.onDirect[d.Name()] {
			r.passes[i].directive(d)
		}
	}
}

func (p *Pass) config() {
	defer p.recover()
	p.Rule.OnConfig(p)
}

func (p *Pass) file(f *syntax.File) {
	if p.broken {
		return
	}
	defer p.recover()
	p.Rule.OnFile(p, f)
}

func (p *Pass) directive(d *config.Directive) {
	if p.broken {
		return
	}
	defer p.recover()
	p.current = d
	p.Rule.OnDirective(p, d)
}

func (p *Pass) verdict(d *config.Directive, entry *catalog.Entry) {
	if p.broken {
		return
	}
	defer p.recover()
	p.current = d
	p.Rule.OnVerdict(p, d, entry)
}

// recover turns a rule's panic into an error and stops the rule for this configuration.
func (p *Pass) recover() {
	p.current = nil
	if value := recover(); value != nil {
		p.broken = true
		p.err = &PanicError{p.Rule.Name, p.Config.Entry.Name, value, debug.Stack()}
	}
}
