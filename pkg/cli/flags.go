package cli

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// ask is what the flags of a command that reads configurations say.
type ask struct {
	contexts    string
	stdinName   string
	outputs     []string
	quiet       bool
	verbose     bool
	version     string
	prefix      string
	selected    []string
	ignored     []string
	failLevel   string
	minLevel    string
	root        string
	maxFileSize size
	config      string
	noConfig    bool
	webSockets  []string
	skipForeign bool

	// of lint alone
	newFrom        string
	addIgnores     string
	baselineStrict bool
	prove          bool

	changed func(flag string) bool  // whether a flag was given
	found   map[string]string       // files that find found, by where it began
	read    map[string]readSettings // settings by path
}

func (k *ask) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringArrayVarP(&k.outputs, "output", "o", []string{"full"}, "report `FORMAT[=FILE]`: "+formatNames()+"; repeatable")
	flags.BoolVarP(&k.quiet, "quiet", "q", false, "findings only, no summary")
	flags.BoolVarP(&k.verbose, "verbose", "v", false, "say which files were read, and how long it took")
	flags.StringVar(&k.failLevel, "fail-level", "warning", "exit with 1 from this `LEVEL` on: error, warning, info, never")
	flags.StringVar(&k.minLevel, "min-level", "info", "show findings from this `LEVEL` on: error, warning, info")
	k.registerInput(flags)
}

// registerInput registers the flags that say what is judged, and how.
func (k *ask) registerInput(flags *pflag.FlagSet) {
	k.maxFileSize = source.DefaultMaxFileSize
	k.failLevel, k.minLevel = orElse(k.failLevel, "warning"), orElse(k.minLevel, "info")
	flags.SortFlags = false
	flags.StringSliceVar(&k.selected, "select", nil, "run only these `RULES`: names, codes, tags, categories, all")
	flags.StringSliceVar(&k.ignored, "ignore", nil, "do not run these `RULES`")
	flags.StringVar(&k.version, "nginx-version", "", "aim at one `VERSION`: 1.22.1, or 1.22 for its last release")
	flags.StringVar(&k.root, "root", "", "the `FILE` that nginx starts from")
	flags.StringVar(&k.prefix, "prefix", "", "the `DIR` that relative includes start from")
	flags.StringVar(&k.contexts, "context", "", "where a fragment is included: http, server, ... (`CTX,...`)")
	flags.StringVar(&k.stdinName, "stdin-filename", "", "the `PATH` that standard input stands for")
	flags.StringArrayVar(&k.webSockets, "ws-path", nil, "a `PATH` at which WebSockets are opened; repeatable")
	flags.BoolVar(&k.skipForeign, "skip-foreign", false, "pass over given files without any nginx directive")
	flags.StringVarP(&k.config, "config", "c", "", "the settings `FILE`; otherwise .ngxproof.yaml beside PATH or above")
	flags.BoolVar(&k.noConfig, "no-config", false, "use no settings file and no baseline")
	flags.Var(&k.maxFileSize, "max-file-size", "refuse files larger than `SIZE` bytes (KiB, MiB, GiB)")
}

// registerAdoption registers the flags of lint for taking it up where there are findings already.
func (k *ask) registerAdoption(flags *pflag.FlagSet) {
	flags.StringVar(&k.newFrom, "new-from", "", "report only what the git revision `REV` does not have")
	flags.StringVar(&k.addIgnores, "add-ignores", "", "write a comment with this `REASON` to silence each finding")
	flags.BoolVar(&k.prove, "prove", false, "run the configuration in the reference proxy, and say with each finding what happened")
	flags.BoolVar(&k.baselineStrict, "baseline-strict", false, "exit with 1 if the baseline has findings that are gone")
}

// registerSettings registers the flags that stand for settings, and those that choose the file of them.
func (k *ask) registerSettings(flags *pflag.FlagSet) {
	k.maxFileSize = source.DefaultMaxFileSize
	flags.StringVar(&k.failLevel, "fail-level", "warning", "as for lint")
	flags.StringVar(&k.version, "nginx-version", "", "as for lint")
	flags.StringVar(&k.prefix, "prefix", "", "as for lint")
	flags.StringArrayVar(&k.webSockets, "ws-path", nil, "as for lint")
	flags.StringVarP(&k.config, "config", "c", "", "the settings `FILE`; otherwise .ngxproof.yaml beside FILE or above")
	flags.BoolVar(&k.noConfig, "no-config", false, "use no settings file")
}

// options are what the flags and the settings mean together: a flag wins over the settings.
type options struct {
	contexts  catalog.Context
	config    config.Options
	lint      lint.Options
	selection lint.Selection
	failLevel diag.Level // Off for never
	minLevel  diag.Level

	// contextsOf says where a fragment is included, by the settings; 0 where they don't.
	contextsOf func(path string) catalog.Context
	roots      []string // that the settings name
	// missingRoot is the error of a root that the settings name and that is not there, else nil.
	missingRoot func(path string) error
}

func (k *ask) options(rules *lint.Registry, s *settings.Settings) (o options, err error) {
	if o.contexts, err = k.parseContexts(); err != nil {
		return o, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return o, fmt.Errorf("the working folder: %w", reason(err))
	}
	o.roots, o.missingRoot = s.Roots, func(path string) error { return missingRoot(s, path) }
	o.contextsOf = func(path string) catalog.Context { return s.Contexts(dir, path) }
	o.config = config.Options{Prefix: s.Prefix, IncludeMap: s.IncludeMap, Declared: s.Directives}
	if k.changed("prefix") {
		o.config.Prefix = k.prefix
	}
	if o.lint, err = k.lintOptions(s); err != nil {
		return o, err
	}
	choice := lint.Choice{Select: k.selected, Ignore: k.ignored, Levels: s.Rules, Overrides: s.LintOverrides(dir)}
	if o.selection, err = rules.Select(choice); err != nil {
		return o, err
	}
	if o.failLevel, err = parseLevel("fail-level", k.failLevel, "error", "warning", "info", "never"); err != nil {
		return o, err
	}
	if s.FailLevel != nil && !k.changed("fail-level") {
		o.failLevel = *s.FailLevel
	}
	o.minLevel, err = parseLevel("min-level", k.minLevel, "error", "warning", "info")
	return o, err
}

// missingRoot says where settings name a root that is not there.
func missingRoot(s *settings.Settings, path string) error {
	i := slices.Index(s.Roots, path)
	_, err := os.Stat(path)
	if i < 0 || err == nil {
		return nil
	}
	line := s.Line(fmt.Sprintf("roots[%d]", i))
	return fmt.Errorf("%s:%d: the root %s: %w", source.Printable(s.File.Name), line, source.Printable(path), reason(err))
}

func (k *ask) parseContexts() (catalog.Context, error) {
	if k.contexts == "" {
		return 0, nil
	}
	contexts, unknown := catalog.ParseContexts(k.contexts)
	if contexts != 0 {
		return contexts, nil
	}
	if near := nearest(unknown, catalog.AnyContext.Names()); near != "" {
		return 0, fmt.Errorf("--context: `%s` is no context; did you mean `%s`?", unknown, near)
	}
	return 0, fmt.Errorf("--context: `%s` is no context; they are %s", unknown, strings.Join(catalog.AnyContext.Names(), ", "))
}

func (k *ask) lintOptions(s *settings.Settings) (o lint.Options, err error) {
	o.Modules = s.Modules
	o.WebSockets = slices.Clone(s.WebSockets)
	for _, path := range k.webSockets {
		if !strings.HasPrefix(path, "/") {
			return o, fmt.Errorf("--ws-path: `%s` is no path of a request: it begins with a slash", source.Printable(path))
		}
		if !slices.ContainsFunc(o.WebSockets, func(w lint.WebSocket) bool { return w.Path == path }) {
			o.WebSockets = append(o.WebSockets, lint.WebSocket{Path: path})
		}
	}
	o.Target, err = k.parseTarget(s)
	return o, err
}

func (k *ask) parseTarget(s *settings.Settings) (lint.Target, error) {
	switch {
	case !k.changed("nginx-version") && !s.Version.IsZero():
		return lint.OneVersion(s.Version), nil
	case k.version == "":
		return lint.AllVersions(), nil
	}
	v, err := catalog.ParseTarget(k.version)
	if err != nil {
		return lint.Target{}, fmt.Errorf("--nginx-version: %w", err)
	}
	return lint.OneVersion(v), nil
}

// parseLevel reads a level, or "never" as Off.
func parseLevel(flag, text string, allowed ...string) (diag.Level, error) {
	if !slices.Contains(allowed, text) {
		return diag.Off, fmt.Errorf("--%s: `%s` is none of %s", flag, text, strings.Join(allowed, ", "))
	}
	if text == "never" {
		return diag.Off, nil
	}
	return diag.ParseLevel(text)
}

// size is a number of bytes as a flag.
type size int64

// maxSize is well below what the offsets of a tree can count.
const maxSize = 1 << 30

var units = []struct {
	name  string
	bytes size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// Set reads "64MiB", "512 KiB" or "1000".
func (s *size) Set(text string) error {
	digits, unit := text, size(1)
	for _, u := range units {
		if d, ok := strings.CutSuffix(text, u.name); ok {
			digits, unit = strings.TrimSpace(d), u.bytes
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > maxSize/int64(unit) {
		return fmt.Errorf("`%s` is no size from 1 byte to 1GiB, such as 64MiB", text)
	}
	*s = size(n) * unit
	return nil
}

// String writes what Set reads.
func (s *size) String() string {
	for _, u := range units {
		if *s >= u.bytes && *s%u.bytes == 0 {
			return strconv.FormatInt(int64(*s/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type names the kind of value in the help.
func (s *size) Type() string { return "size" }
