package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// readingFlags are those of the flags of lint that say how files are read.
var readingFlags = []string{"root", "prefix", "context", "ws-path", "config", "no-config", "max-file-size"}

// registerReading adds the flags that say how files are read.
func (k *ask) registerReading(flags *pflag.FlagSet) {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	k.register(all)
	for _, name := range readingFlags {
		flags.AddFlag(all.Lookup(name))
	}
	k.changed = flags.Changed
}

// locationFacts is what speaks for and against a location being meant for WebSockets.
type locationFacts struct {
	File       string        `json:"file"`
	Line       int           `json:"line"`
	Location   string        `json:"location"`
	Confidence float64       `json:"confidence"`
	Broad      bool          `json:"broad"`
	Declared   bool          `json:"declared"`
	Product    *productFacts `json:"product"`
	Heartbeat  float64       `json:"heartbeat_seconds"`
	Signals    []signalFacts `json:"signals"`
	Against    []signalFacts `json:"against"`
}

type productFacts struct {
	Name       string `json:"name"`
	Confidence string `json:"confidence"`
	Source     string `json:"source"`
}

type signalFacts struct {
	ID     string  `json:"id"`
	Weight float64 `json:"weight"`
	Why    string  `json:"why"`
	File   string  `json:"file,omitempty"`
	Line   int     `json:"line,omitempty"`
}

// explainLocation explains what the location at FILE:LINE is taken for.
func (a *app) explainLocation(k *ask, where, output string) error {
	i := strings.LastIndexByte(where, ':')
	line, err := strconv.Atoi(where[i+1:])
	if i <= 0 || err != nil || line < 1 {
		return fmt.Errorf("--location: `%s` is not FILE:LINE", source.Printable(where))
	}
	jobs, err := a.jobs(k, []string{where[:i]})
	if err != nil {
		return err
	}
	t := jobs[0].targets
	if len(t.errs) > 0 {
		return errors.Join(t.errs...)
	}
	for _, c := range t.configs {
		if location := locationAt(c, where[:i], line); location != nil {
			facts := locationFactsOf(c, location, jobs[0].opts)
			return a.print(output, facts, func(w io.Writer) { facts.write(w, a.painter()) })
		}
	}
	return fmt.Errorf("%s: no location block is on line %d%s", source.Printable(where[:i]), line, locationsIn(t.configs, where[:i]))
}

// locationsIn names the lines of a file's locations, for somebody who gave another line.
func locationsIn(configs []*config.Config, file string) string {
	const most = 8
	var lines []string
	for _, c := range configs {
		for _, location := range c.Locations() {
			if identity(location.File.Path) != identity(file) {
				continue
			}
			if line := strconv.Itoa(location.File.Line(location.Head().Start)); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	switch {
	case len(lines) == 0:
		return ""
	case len(lines) > most:
		lines = append(lines[:most], "...")
	}
	return "; locations begin on " + strings.Join(lines, ", ")
}

// locationAt returns the innermost location that has the line, or the top of a fragment that is a location's inside.
func locationAt(c *config.Config, path string, line int) *config.Directive {
	var found *config.Directive
	id := identity(path)
	for _, l := range c.Locations() {
		span := l.Directive.Span()
		if identity(l.File.Path) == id && l.File.Line(span.Start) <= line && line <= l.File.Line(max(span.Start, span.End-1)) {
			found = l
		}
	}
	if found == nil && identity(c.Entry.Path) == id && len(c.Root.Own("proxy_pass")) > 0 && line <= c.Entry.Lines() {
		return c.Root
	}
	return found
}

func locationFactsOf(c *config.Config, location *config.Directive, opts options) locationFacts {
	var declared []signals.Declared
	for _, w := range opts.lint.WebSockets {
		declared = append(declared, signals.Declared(w))
	}
	v := signals.New(eval.New(c), declared).Of(location)
	facts := locationFacts{
		File: location.File.Name, Line: 1, Location: "the top of the file", Confidence: v.Confidence, Broad: v.Broad,
		Declared: v.Declared, Heartbeat: v.Heartbeat.Seconds(), Signals: signalFactsOf(v.Signals), Against: signalFactsOf(v.Against),
	}
	if location.Directive != nil {
		head := location.Directive.Head()
		facts.Line, facts.Location = location.File.Line(head.Start), location.File.Slice(head)
	}
	if v.Product != nil {
		facts.Product = &productFacts{v.Product.Name, v.Product.Confidence, v.Product.Source}
	}
	return facts
}

func signalFactsOf(all []signals.Signal) []signalFacts {
	facts := []signalFacts{}
	for _, s := range all {
		f := signalFacts{ID: s.ID, Weight: s.Weight, Why: s.Why}
		if s.At.File != nil {
			f.File, f.Line = s.At.File.Name, s.At.File.Line(s.At.Span.Start)
		}
		facts = append(facts, f)
	}
	return facts
}

func (f locationFacts) write(w io.Writer, p painter) {
	fmt.Fprintf(w, "%s\n%s:%d\n\n", p.bold(source.Printable(f.Location)), source.Printable(f.File), f.Line)
	for _, s := range f.Signals {
		fmt.Fprintf(w, "  %-4s %.2f  %s%s\n", s.ID, s.Weight, source.Printable(s.Why), s.place())
	}
	for _, s := range f.Against {
		fmt.Fprintf(w, "  but x%.2f  %s%s\n", s.Weight, source.Printable(s.Why), s.place())
	}
	if len(f.Signals) == 0 {
		fmt.Fprintln(w, "  nothing says that it is meant for WebSockets")
	}
	fmt.Fprintf(w, "\nconfidence %s = %s\n", f.sum(), p.bold(fmt.Sprintf("%.2f", f.Confidence)))
	fmt.Fprintf(w, "%s\n", f.meaning())
	if f.Product != nil {
		fmt.Fprintf(w, "product: %s (%s; %s)\n", f.Product.Name, sureness[f.Product.Confidence], f.Product.Source)
	}
	if f.Heartbeat > 0 {
		fmt.Fprintf(w, "heartbeat: every %g s\n", f.Heartbeat)
	}
	if f.Broad {
		fmt.Fprintln(w, "it counts as one that serves ordinary requests too")
	}
}

// sureness words the confidence of a product's row.
var sureness = map[string]string{"H": "read in its documentation", "M": "its documentation is known", "L": "known by use"}

func (s signalFacts) place() string {
	if s.File == "" {
		return ""
	}
	return fmt.Sprintf("  (line %d)", s.Line)
}

// sum writes how the confidence is computed.
func (f locationFacts) sum() string {
	if len(f.Signals) == 0 {
		return "0"
	}
	var doubts []string
	for _, s := range f.Signals {
		doubts = append(doubts, fmt.Sprintf("(1 - %.2f)", s.Weight))
	}
	sum := "1 - " + strings.Join(doubts, " x ")
	if len(f.Against) > 0 {
		sum = "(" + sum + ")"
	}
	for _, s := range f.Against {
		sum += fmt.Sprintf(" x %.2f", s.Weight)
	}
	return sum
}

// meaning says what follows from the sum.
func (f locationFacts) meaning() string {
	switch {
	case f.has("S1"):
		return "it forwards Upgrade: all WebSocket rules look at it, whatever the sum"
	case f.Confidence >= 0.8:
		return "it is taken for a WebSocket location: without Upgrade it is reported"
	}
	return "it is not taken for a WebSocket location: without Upgrade it is not reported;\n`# ngxproof:websocket` above it, or --ws-path, says that it is one"
}

func (f locationFacts) has(id string) bool {
	for _, s := range f.Signals {
		if s.ID == id {
			return true
		}
	}
	return false
}
