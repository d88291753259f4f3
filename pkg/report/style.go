package report

import (
	"github.com/fatih/color"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// paint puts a text in a colour, or leaves it as it is.
type paint func(string) string

// style is the palette of one finding: eight ANSI colours, and never colour alone.
type style struct {
	level     paint // the level's word and the carets
	message   paint
	path      paint
	gutter    paint // line numbers, frames, secondary labels
	add, drop paint // lines of a fix
	good      paint
	on        bool
}

// newStyle returns the palette for a finding of that level.
func newStyle(o Options, level diag.Level) style {
	s := style{on: o.Color}
	s.level = s.of(level)
	s.message = s.paint(color.Bold)
	s.path = s.paint(color.Bold)
	s.gutter = s.paint(color.FgBlue)
	s.add = s.paint(color.FgGreen)
	s.drop = s.paint(color.FgRed)
	s.good = s.paint(color.FgGreen, color.Bold)
	return s
}

// of returns the colour of a level.
func (s style) of(level diag.Level) paint {
	switch level {
	case diag.Error:
		return s.paint(color.FgRed, color.Bold)
	case diag.Warning:
		return s.paint(color.FgYellow, color.Bold)
	default:
		return s.paint(color.FgBlue, color.Bold)
	}
}

// paint makes a paint of attributes. The library's own guess, which looks at standard output, is overruled.
func (s style) paint(attributes ...color.Attribute) paint {
	if !s.on {
		return func(text string) string { return text }
	}
	c := color.New(attributes...)
	c.EnableColor()
	return func(text string) string {
		if text == "" {
			return ""
		}
		return c.Sprint(text)
	}
}
