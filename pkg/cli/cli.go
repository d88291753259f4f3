// Package cli answers: what does the user ask for, and how is the answer handed over? Commands, one file each, flags,
// colour and exit codes.
package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// The exit codes. Failed wins over Found.
const (
	Done   = 0 // the job is done and nothing at the fail level or above is left
	Found  = 1 // such a finding is left
	Failed = 2 // the job could not be done
)

// app is one run of the program.
type app struct {
	stdin io.Reader
	out   *writer // what was asked for
	err   *writer // everything else
	env   func(string) string
	color string // --color
	code  int
	said  []string // what could not be done, for reports
}

// Main runs the program with its arguments (without the program's name) and returns its exit code. Nothing is read or
// written but through the streams given, the files that the arguments name and what they include, and env, which looks
// up an environment variable.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) (code int) {
	a := &app{stdin: stdin, out: newWriter(stdout), err: newWriter(stderr), env: env}
	defer func() {
		if fault := recover(); fault != nil {
			a.bug(fault, debug.Stack())
			code = Failed
		}
	}()
	tune(env)
	return a.run(args)
}

// The collector first runs when the heap has this many percent of Go's least heap, 4 MB; from then on when it has grown
// by so many percent of what is live.
const (
	firstCollection  = 1000
	laterCollections = 400
)

// tune makes the collector wait, unless the user says otherwise. Of what a lint of a few hundred servers makes nearly
// all stays live to the end: collecting it is a sixth of its time and saves next to no memory. Larger inputs are
// collected as usual once that much is there.
func tune(env func(string) string) {
	if env("GOGC") != "" {
		return
	}
	debug.SetGCPercent(firstCollection)
	runtime.AddCleanup(new([16]byte), func(percent int) { debug.SetGCPercent(percent) }, laterCollections)
}

func (a *app) run(args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.out)
	root.SetErr(a.err)
	if err := root.Execute(); err != nil {
		a.fail(err)
	}
	if err := a.out.Flush(); err != nil {
		a.fail(unwritable(err))
	}
	_ = a.err.Flush() // there is nowhere left to complain to
	return a.code
}

// fail says why the job, or a part of it, could not be done.
func (a *app) fail(err error) {
	a.code = Failed
	for _, one := range flatten(err) {
		a.said = append(a.said, one.Error())
		var panicked *lint.PanicError
		if errors.As(one, &panicked) {
			a.bug(fmt.Sprintf("rule %s on %s: %v", panicked.Rule, panicked.File, panicked.Value), panicked.Stack)
			continue
		}
		fmt.Fprintf(a.err, "ngxproof: %s\n", source.Printable(one.Error()))
	}
}

// flatten returns the errors that errors.Join put together, however deep, or err alone.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

// bug reports a panic: ours, never the user's.
func (a *app) bug(fault any, stack []byte) {
	what := source.Printable(fmt.Sprint(fault))
	fmt.Fprintf(a.err, "ngxproof: this is a bug in ngxproof %s, please report it: %s\n\n%s", build().Version, what, stack)
	_ = a.err.Flush() // there is nowhere left to complain to
}

// noArguments refuses arguments with a message that names the command.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, but was given `%s`", cmd.CommandPath(), args[0])
	}
	return nil
}
