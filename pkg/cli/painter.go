package cli

import "github.com/fatih/color"

// painter sets off words for a terminal; the zero value leaves them as they are.
type painter struct{ on bool }

// painter returns the painter for standard output.
func (a *app) painter() painter { return painter{on: a.colored(a.out)} }

func (p painter) bold(s string) string { return p.paint(s, color.Bold) }
func (p painter) code(s string) string { return p.paint(s, color.FgCyan) }

func (p painter) paint(s string, attribute color.Attribute) string {
	if !p.on {
		return s
	}
	c := color.New(attribute)
	c.EnableColor()
	return c.Sprint(s)
}
