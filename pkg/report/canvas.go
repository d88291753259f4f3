package report

import "strings"

// canvas is one line that is drawn on by columns.
type canvas struct {
	runes  []rune
	paints []paint
}

func newCanvas() *canvas { return &canvas{} }

// fill draws r in the columns [from, to), over what is there.
func (c *canvas) fill(from, to int, r rune, p paint) {
	for len(c.runes) < to {
		c.runes = append(c.runes, ' ')
		c.paints = append(c.paints, nil)
	}
	for i := from; i < to; i++ {
		c.runes[i], c.paints[i] = r, p
	}
}

// String returns the line with its colours.
func (c *canvas) String() string { return c.StringTo(len(c.runes)) }

// StringTo returns the first width columns of the line, filled up with spaces.
func (c *canvas) StringTo(width int) string {
	var b strings.Builder
	for i := 0; i < min(width, len(c.runes)); {
		end := i + 1
		for end < min(width, len(c.runes)) && c.runes[end] == c.runes[i] {
			end++
		}
		run := string(c.runes[i:end])
		if p := c.paints[i]; p != nil {
			run = p(run)
		}
		b.WriteString(run)
		i = end
	}
	b.WriteString(strings.Repeat(" ", max(0, width-len(c.runes))))
	return b.String()
}
