package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// page writes Markdown for a terminal: headings set off, code indented, paragraphs and list items filled to the width.
type page struct {
	w     io.Writer
	p     painter
	width int
	text  []string // words of the paragraph or list item being gathered
	dent  string   // what its further lines begin with
	fence string   // the fence of the code block we are in, or ""
}

func writePage(w io.Writer, markdown string, p painter, width int) {
	pg := &page{w: w, p: p, width: width}
	for line := range strings.Lines(markdown) {
		pg.line(strings.TrimRight(line, "\r\n"))
	}
	pg.flush()
}

func (pg *page) line(line string) {
	switch {
	case pg.fence != "":
		pg.code(line)
	case strings.HasPrefix(line, "```"):
		pg.flush()
		pg.fence = line[:len(line)-len(strings.TrimLeft(line, "`"))]
	case strings.HasPrefix(line, "#"):
		pg.flush()
		fmt.Fprintln(pg.w, pg.p.bold(strings.TrimLeft(line, "# ")))
	case strings.TrimSpace(line) == "":
		pg.flush()
		fmt.Fprintln(pg.w)
	case len(pg.text) == 0 && strings.HasPrefix(line, "    "):
		pg.code(strings.TrimPrefix(line, "    ")) // a head or a command: its lines are what it says
	case strings.HasPrefix(line, "* "), strings.HasPrefix(line, "- "), strings.HasPrefix(line, "|"):
		pg.flush()
		pg.dent = "  "
		pg.text = strings.Fields(line)
	default:
		pg.text = append(pg.text, strings.Fields(line)...)
	}
}

func (pg *page) code(line string) {
	switch {
	case strings.TrimSpace(line) == pg.fence:
		pg.fence = ""
	case line == "":
		fmt.Fprintln(pg.w)
	default:
		fmt.Fprintf(pg.w, "    %s\n", pg.p.code(source.Printable(strings.ReplaceAll(line, "\t", "    "))))
	}
}

// flush writes what was gathered, as many words a line as fit.
func (pg *page) flush() {
	column := 0
	for i, word := range pg.text {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+size > pg.width:
			fmt.Fprint(pg.w, "\n"+pg.dent)
			column = len(pg.dent)
		default:
			fmt.Fprint(pg.w, " ")
			column++
		}
		fmt.Fprint(pg.w, word)
		column += size
	}
	if len(pg.text) > 0 {
		fmt.Fprintln(pg.w)
	}
	pg.text, pg.dent = nil, ""
}

// pageWidth is the width that prose is filled to.
func (a *app) pageWidth() int {
	if columns := width(a.out.dest); columns > 0 {
		return min(columns, 100)
	}
	return 80
}
