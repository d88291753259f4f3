// Package report answers: how does a person or a tool read a result?
//
// Each format is one function in one file. Nothing that comes from a configuration reaches a terminal as it is: control
// bytes are made visible first.
package report

import (
	"io"
	"maps"
	"slices"
	"time"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

// Result is what one run found.
type Result struct {
	// Diagnostics are the findings in the order of diag.Sort, suppressed ones among them.
	Diagnostics []diag.Diagnostic
	// Entries are the names of the files that were loaded first, in order.
	Entries []string
	// Files is how many files were read, entries and what they include, each once.
	Files int
	// Rules is how many rules looked.
	Rules int
	// Known is every rule that the program has, whether it looked or not, sorted by code: a host that keeps findings from
	// one run to the next is told of the same rules each time.
	Known []*lint.Rule
	// Problems say what could not be done, a line each: a file that can't be read. Findings may be missing then.
	Problems []string
	// Skipped is how many given files were passed over because they hold no nginx configuration.
	Skipped int
	// Fixed is how many findings were mended; they are not among Diagnostics.
	Fixed int
	// Elapsed is how long the run took; 0 where it is not to be shown.
	Elapsed time.Duration
	Tool    Tool
}

// Tool is the program that found it.
type Tool struct {
	Name, Version string
}

// Options say how a result is written.
type Options struct {
	// Color switches colour on; nothing else decides about it.
	Color bool
	// Width is the number of columns of the terminal that is written to; 0 where it is none.
	Width int
	// Quiet leaves the summary line out.
	Quiet bool
	// FailLevel returns the level from which on a finding in the file of that name fails a run, Off for never: settings may
	// differ from one file to the next. Nil stands for never.
	FailLevel func(file string) diag.Level
	// Suppressed writes suppressed findings too, marked as such, where a format has a mark that not every host heeds.
	Suppressed bool
	// Repository turns a file's name into its path from the root of the repository, with links followed and slashes:
	// hosts know files by that. A file outside of it stays what it is. Nil stands for names that are so already.
	Repository func(name string) string
	// Warn takes what a user must know about the report itself, a line each: that a host's limit cut it. Nil drops it.
	Warn func(line string)
}

// fails reports whether a finding fails the run.
func (o Options) fails(d hosted) bool {
	if o.FailLevel == nil {
		return false
	}
	level := o.FailLevel(d.file())
	return level != diag.Off && d.Level >= level
}

// warn says something about the report.
func (o Options) warn(line string) {
	if o.Warn != nil {
		o.Warn(line)
	}
}

// Format writes a result. Its error is that of the writer.
type Format func(w io.Writer, r Result, o Options) error

// formats are the formats by their names on the command line.
var formats = map[string]Format{
	"full":     Full,
	"concise":  Concise,
	"json":     JSON,
	"sarif":    SARIF,
	"github":   GitHub,
	"gitlab":   GitLab,
	"junit":    JUnit,
	"markdown": Markdown,
}

// Names returns the names of all formats, sorted.
func Names() []string { return slices.Sorted(maps.Keys(formats)) }

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	format, ok := formats[name]
	return format, ok
}

// Machine reports whether the format of that name is for programs: its output holds nothing else then, and the summary
// is for standard error.
func Machine(name string) bool { return name != "full" && name != "concise" }
