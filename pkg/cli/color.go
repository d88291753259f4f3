package cli

import (
	"fmt"
	"io"

	"golang.org/x/term"
)

// colored decides whether a stream gets colour. The first of these that says something decides; an empty variable says
// nothing: --color, NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, CLICOLOR=0, whether the stream is a terminal.
func colored(flag string, env func(string) string, terminal bool) bool {
	switch {
	case flag == "always":
		return true
	case flag == "never":
		return false
	case env("NO_COLOR") != "":
		return false
	case env("FORCE_COLOR") != "":
		return env("FORCE_COLOR") != "0"
	case env("CLICOLOR_FORCE") != "" && env("CLICOLOR_FORCE") != "0":
		return true
	case env("TERM") == "dumb", env("CLICOLOR") == "0":
		return false
	}
	return terminal
}

// checkColor refuses a value of --color that is none.
func checkColor(flag string) error {
	switch flag {
	case "auto", "always", "never":
		return nil
	}
	return fmt.Errorf("--color: `%s` is none of auto, always, never", flag)
}

// colored decides for one of the two streams.
func (a *app) colored(w *writer) bool { return colored(a.color, a.env, isTerminal(w.dest)) }

// descriptor is what a stream has that may be a terminal.
type descriptor interface{ Fd() uintptr }

func isTerminal(w io.Writer) bool {
	f, ok := w.(descriptor)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns the columns of the terminal that w is, 0 where w is none.
func width(w io.Writer) int {
	f, ok := w.(descriptor)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
