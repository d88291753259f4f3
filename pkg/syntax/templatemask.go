package syntax

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// filler is what a placeholder's bytes are for the lexer: an ordinary byte of a word, and one that no file has.
const filler = '\x01'

// mask returns the text with each construct as the lexer is to see it, byte for byte, so that all offsets stay what they
// are: a placeholder is a word or a part of one, a control construct is blank.
func (t *Template) mask(text string) string {
	masked := []byte(text)
	for i := range t.constructs {
		c := &t.constructs[i]
		with := byte(filler)
		if c.kind != output && !inWord(text, t.constructs, i) {
			with = ' '
		}
		lines := with == ' ' || commented(text, c.start)
		for at := c.start; at < c.end; at++ {
			if !lines || masked[at] != '\n' {
				masked[at] = with
			}
		}
	}
	return string(masked)
}

// inWord reports whether a control construct stands in the middle of a word, as in `http{% if tls %}s{% endif %}://`.
func inWord(text string, constructs []construct, i int) bool {
	const most = 16 // constructs in a row that are looked past
	before, after := constructs[i].start, constructs[i].end
	for j := i - 1; j >= max(0, i-most) && constructs[j].end == before; j-- {
		if constructs[j].kind == output {
			break
		}
		before = constructs[j].start
	}
	for j := i + 1; j < min(len(constructs), i+most) && constructs[j].start == after; j++ {
		if constructs[j].kind == output {
			break
		}
		after = constructs[j].end
	}
	return before > 0 && after < len(text) && wordByte(text[before-1]) && wordByte(text[after])
}

func wordByte(c byte) bool {
	return class[c]&(blank|ender) == 0 && !strings.ContainsRune("}#\"'", rune(c))
}

// commented reports whether offset is in a comment that has its line to itself.
func commented(text string, offset int) bool {
	return strings.HasPrefix(strings.TrimLeft(lineBefore(text, offset), " \t"), "#")
}

// variant is one way to read a template: some of its branches are taken for not there.
type variant struct {
	file  *File
	text  string        // what was parsed
	blank []source.Span // what is left out
}

// without returns a masked text with spans made blank.
func without(masked string, spans []source.Span) string {
	text := []byte(masked)
	for _, span := range spans {
		for at := span.Start; at < span.End; at++ {
			if text[at] != '\n' {
				text[at] = ' '
			}
		}
	}
	return string(text)
}

// leftOut returns, for each further way to read the template, the branches that it leaves out: of the branches that do
// not fit together all but the first; of all exclusive branches all but the first; all but the last, where the last of
// an `if` without `else` is nothing at all.
func (t *Template) leftOut(masked string) [][]source.Span {
	var unfit, others, firsts []source.Span
	for i := range t.regions {
		r := &t.regions[i]
		n := len(r.branches)
		if n > 1 && !fitTogether(masked, r.branches) {
			unfit = append(unfit, r.branches[1:]...)
		}
		others = append(others, r.branches[1:]...)
		switch {
		case n > 1:
			firsts = append(firsts, r.branches[:n-1]...)
		case !r.loop && !r.defines:
			firsts = append(firsts, r.branches...)
		}
	}
	return [][]source.Span{unfit, others, firsts}
}

// fitTogether reports whether branches can stand one after another in one file: each closes what it opens, and ends
// statements as the others do.
func fitTogether(masked string, branches []source.Span) bool {
	ends := map[bool]bool{}
	for _, b := range branches {
		text := strings.TrimRight(masked[b.Start:b.End], " \t\r\n")
		if strings.Count(text, "{") != strings.Count(text, "}") {
			return false
		}
		if text != "" {
			ends[strings.ContainsRune(";}", rune(text[len(text)-1]))] = true
		}
	}
	return len(ends) < 2
}

// parseTemplate reads a template: with all branches, if that works; else in the way that has the fewest errors that are
// not the file's own. Its own is an error that each way has which does not leave its place out, since the template's
// engine decides between the branches.
func parseTemplate(f *source.File, t *Template, maxSize int) *File {
	masked := t.mask(f.Text)
	ways := []variant{t.way(f, masked, nil, maxSize)}
	if len(ways[0].file.Errors) > 0 {
		for _, spans := range t.leftOut(masked) {
			if len(spans) > 0 {
				ways = append(ways, t.way(f, without(masked, spans), spans, maxSize))
			}
		}
	}
	own := ownErrors(ways)
	best := slices.MinFunc(ways, func(a, b variant) int { return a.strange(own) - b.strange(own) })
	best.file.Errors = own
	t.fill(best.file, best.blank)
	return best.file
}

// way parses a masked text in which spans were left out.
func (t *Template) way(f *source.File, masked string, spans []source.Span, maxSize int) variant {
	file := parseAs(f, masked, t, maxSize)
	file.Errors = slices.DeleteFunc(file.Errors, func(e Error) bool { return t.ends(e) || half(f.Path, e) })
	return variant{file, masked, spans}
}

// strange counts the errors that are not among own.
func (v variant) strange(own []Error) int {
	n := 0
	for _, e := range v.file.Errors {
		if !slices.ContainsFunc(own, func(o Error) bool { return o.Reason == e.Reason && o.Span.Start == e.Span.Start }) {
			n++
		}
	}
	return n
}

// ownErrors returns the errors that every way to read the file has, in order.
func ownErrors(ways []variant) []Error {
	var own []Error
	for _, w := range ways {
		for _, e := range w.file.Errors {
			same := func(o Error) bool { return o.Reason == e.Reason && o.Span.Start == e.Span.Start }
			if !slices.ContainsFunc(own, same) && everyWay(e, ways) {
				own = append(own, e)
			}
		}
	}
	slices.SortStableFunc(own, func(a, b Error) int { return a.Span.Start - b.Span.Start })
	return own
}

// half reports whether an error is a brace whose other half stands in another template: its name says that it is the
// head or the foot of something.
func half(path string, e Error) bool {
	words := nameWords(filepath.Base(path))
	is := func(names ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(names, w) })
	}
	switch e.Reason {
	case UnexpectedEndIn:
		return is("header", "head", "begin", "start", "open", "top")
	case UnexpectedByte:
		return e.Message == `unexpected "}"` && is("footer", "foot", "end", "close", "bottom")
	}
	return false
}

// ends reports whether an error is a `;` that is missing after a placeholder: it may bring its own.
func (t *Template) ends(e Error) bool {
	c := t.before(e.Span.Start)
	return strings.HasPrefix(e.Note, "missing `;`") && c != nil && c.end == e.Span.Start
}

// everyWay reports whether each way to read the file that does not leave the error's place out has the error.
func everyWay(e Error, ways []variant) bool {
	for _, w := range ways {
		has := slices.ContainsFunc(w.file.Errors, func(o Error) bool { return o.Reason == e.Reason && o.Span.Start == e.Span.Start })
		out := w.leaves(ways[0].text, e.Span.Start) || e.Related.Len() > 0 && w.leaves(ways[0].text, e.Related.Start)
		if !out && !has {
			return false
		}
	}
	return true
}

// leaves reports whether the way leaves out what stands at offset, or ends there; all is the text of the way that leaves
// out nothing.
func (v variant) leaves(all string, offset int) bool {
	from, to := max(0, offset-1), min(len(all), offset+1)
	return v.text[from:to] != all[from:to]
}
