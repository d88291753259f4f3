package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// output is one -o: a format, and the file that it goes to, "" for standard output.
type output struct {
	name   string
	format report.Format
	file   string
}

// formatNames lists the formats for the help.
func formatNames() string { return strings.Join(report.Names(), ", ") }

// parseOutputs reads every -o. At most one format goes to standard output, and no two to one file.
func parseOutputs(texts []string) ([]output, error) {
	var outputs []output
	taken := map[string]string{}
	for _, text := range texts {
		name, file, named := strings.Cut(text, "=")
		format, ok := report.Lookup(name)
		switch {
		case !ok:
			return nil, unknownFormat(name)
		case named && file == "":
			return nil, fmt.Errorf("--output: `%s` names no file after the equals sign", text)
		}
		if file == "-" {
			file = ""
		}
		if other, ok := taken[file]; ok {
			place := "standard output"
			if file != "" {
				place = "the file " + source.Printable(file)
			}
			return nil, fmt.Errorf("--output: %s and %s both go to %s", other, name, place)
		}
		taken[file] = name
		outputs = append(outputs, output{name, format, file})
	}
	return outputs, nil
}

func unknownFormat(name string) error {
	if near := nearest(name, report.Names()); near != "" {
		return fmt.Errorf("--output: there is no format `%s`; did you mean `%s`?", source.Printable(name), near)
	}
	return fmt.Errorf("--output: there is no format `%s`; there are %s", source.Printable(name), formatNames())
}

// write writes all reports. Where the one on standard output is for a program, or there is none, the summary goes to
// standard error.
func (a *app) write(outputs []output, r report.Result, quiet bool, jobs []*job) error {
	r.Problems = a.said
	shared := report.Options{Quiet: quiet, FailLevel: failLevels(jobs), Repository: repositoryNames(), Warn: a.warn}
	nothing := len(r.Entries) == 0 && r.Skipped == 0
	summary := !quiet && !nothing
	var errs []error
	for _, o := range outputs {
		switch {
		case o.file != "":
			errs = append(errs, writeFile(o, r, shared))
			continue
		case !report.Machine(o.name):
			summary = false
			if nothing {
				continue // what went wrong was said
			}
		}
		opts := shared
		opts.Color, opts.Width = a.colored(a.out), width(a.out.dest)
		if err := o.format(a.out, r, opts); err != nil {
			errs = append(errs, unwritable(err))
		}
	}
	if summary {
		fmt.Fprintln(a.err, report.Summary(r, report.Options{Color: a.colored(a.err)}))
	}
	return errors.Join(errs...)
}

// failLevels returns the fail level of a file, by name: that of the settings that hold for it, the lowest where several
// do. Of no file, "", it is the lowest of all.
func failLevels(jobs []*job) func(file string) diag.Level {
	levels := map[string]diag.Level{}
	for _, j := range jobs {
		names := j.targets.files()
		names[""] = true
		for name := range names {
			if old := levels[name]; old == diag.Off || j.opts.failLevel != diag.Off && j.opts.failLevel < old {
				levels[name] = j.opts.failLevel
			}
		}
	}
	return func(file string) diag.Level { return levels[file] }
}

// warn says what the user must know about a report.
func (a *app) warn(line string) { fmt.Fprintf(a.err, "ngxproof: %s\n", line) }

// writeFile writes a report to a file, never with colour and always with the summary.
func writeFile(o output, r report.Result, opts report.Options) error {
	var text bytes.Buffer
	opts.Quiet = false
	if err := o.format(&text, r, opts); err != nil {
		return err
	}
	if err := os.WriteFile(o.file, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("cannot write the report %s: %w", source.Printable(o.file), reason(err))
	}
	return nil
}
