package report

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/ngxproof/ngxproof/pkg/source"
)

const (
	// tabStop is how many columns apart tab stops are.
	tabStop = 4
	// maxWindow is how many bytes of a line are looked at: no terminal shows more, and a file may be one line.
	maxWindow = 4096
	// maxCluster is the longest character, in bytes, that is shown as one: a family emoji has 25.
	maxCluster = 64
)

// cell is one character as a terminal shows it.
type cell struct {
	text   string
	start  int // byte offset in the file
	end    int
	column int // of the first of its columns, from 0
	width  int // in columns, at least 1
}

// row is one line of a file, or the window of it around a place, as cells.
type row struct {
	cells []cell
	width int
	// cutLeft and cutRight say that the line goes on outside the window.
	cutLeft, cutRight bool
}

// newRow lays out a line of a file, given by its number from 1; of a very long one the window around the byte at focus.
func newRow(f *source.File, line, focus int) row {
	full := f.LineSpan(line)
	span := window(f.Text, full, focus)
	r := row{cutLeft: span.Start > full.Start, cutRight: span.End < full.End}
	r.lay(f.Slice(span), span.Start)
	return r
}

// window returns the part of a line around focus that is laid out, cut between characters.
func window(text string, line source.Span, focus int) source.Span {
	if line.Len() <= maxWindow {
		return line
	}
	start := max(line.Start, min(focus-maxWindow/4, line.End-maxWindow))
	for start > line.Start && start < line.End && continuation(text[start]) {
		start++
	}
	end := min(line.End, start+maxWindow)
	for end < line.End && continuation(text[end]) {
		end++
	}
	return source.Span{Start: start, End: end}
}

// continuation reports whether a UTF-8 character has c in its middle.
func continuation(c byte) bool { return c&0xC0 == 0x80 }

// lay appends the characters of text, whose first byte stands at offset.
func (r *row) lay(text string, offset int) {
	state := -1
	for text != "" {
		var cluster, rest string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(text, state)
		switch {
		case cluster == "\t":
			stop := tabStop - r.width%tabStop
			r.add(strings.Repeat(" ", stop), offset, 1, stop)
		case width > 0 && len(cluster) <= maxCluster && source.Printable(cluster) == cluster:
			r.add(cluster, offset, len(cluster), width)
		default:
			r.spell(cluster, offset)
		}
		offset += len(cluster)
		text = rest
	}
}

// spell appends a cluster that can't be shown as it is, character by character.
func (r *row) spell(cluster string, offset int) {
	for cluster != "" {
		shown, size := source.PrintableRune(cluster)
		width := uniseg.StringWidth(shown)
		if width == 0 {
			r, _ := utf8.DecodeRuneInString(shown)
			shown = source.EscapeRune(r)
			width = len(shown)
		}
		r.add(shown, offset, size, width)
		offset += size
		cluster = cluster[size:]
	}
}

// add appends a cell.
func (r *row) add(text string, offset, size, width int) {
	r.cells = append(r.cells, cell{text, offset, offset + size, r.width, width})
	r.width += width
}

// columns returns the columns that a span of bytes takes, at least one; what lies outside the row is moved to its nearest
// end.
func (r *row) columns(span source.Span) (from, to int) {
	from, to = r.width, 0
	for _, c := range r.cells {
		if c.end > span.Start {
			from = min(from, c.column)
		}
		if c.start < span.End {
			to = c.column + c.width
		}
	}
	return from, max(to, from+1)
}

// view is the part of a row that is shown: columns [from, to), and an ellipsis on each side that is cut.
type view struct {
	from, to    int
	left, right bool
}

// clip chooses what to show of a row in the given number of columns so that the columns [from, to) are in sight.
func (r *row) clip(available, from, to int) view {
	if r.width <= available && !r.cutLeft && !r.cutRight {
		return view{0, r.width, false, false}
	}
	room := max(1, available-2) // one column each side for the ellipsis
	start := 0
	if to > room || r.cutLeft {
		start = max(0, from-max(0, room-(to-from))/2)
		start = max(0, min(start, r.width+1-room))
	}
	v := view{from: start, to: min(r.width, start+room)}
	v.left = start > 0 || r.cutLeft
	v.right = v.to < r.width || r.cutRight
	return v
}

// shown returns the text of a view, ellipses included. A character that stands half outside is replaced by dots.
func (r *row) shown(v view) string {
	var b strings.Builder
	if v.left {
		b.WriteString("…")
	}
	for _, c := range r.cells {
		switch end := c.column + c.width; {
		case end <= v.from || c.column >= v.to:
		case c.column < v.from || end > v.to:
			visible := min(end, v.to) - max(c.column, v.from)
			b.WriteString(strings.Repeat(".", visible))
		default:
			b.WriteString(c.text)
		}
	}
	if v.right {
		b.WriteString("…")
	}
	return b.String()
}

// place returns where the row's columns [from, to) stand in a view; what is out of sight stands under the ellipsis.
func (v view) place(from, to int) (int, int) {
	shift := v.from
	if v.left {
		shift--
	}
	last := v.to - shift
	if v.right {
		last++
	}
	from = max(0, min(from-shift, last))
	to = min(to-shift, last)
	return from, max(to, from+1)
}
