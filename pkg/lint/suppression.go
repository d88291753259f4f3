package lint

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Suppression is a comment that silences findings:
//
//	# ngxproof:ignore[rule, rule] reason        at a line's end, or on its own line above a directive
//	# ngxproof:ignore-file[rule] reason         before the first directive
//
// A rule is named by name, code, category or tag.
type Suppression struct {
	File *syntax.File
	// Span is the comment from its `#` to its last byte that is no blank.
	Span source.Span
	// Keyword is what follows `ngxproof:`: "ignore" or "ignore-file", or a slip of one of them.
	Keyword string
	// Names are the selectors in the brackets, in order.
	Names []Selector
	// List is what stands between the brackets; empty and behind the keyword where there are none.
	List source.Span
	// Reason is what follows the brackets, without leading punctuation.
	Reason string
	// Whole reports whether it is about the whole file.
	Whole bool
	// Covers are the parts of the file that it is about; none where it is about nothing.
	Covers []source.Span
}

// Selector is one of the names of a Suppression and where it stands.
type Selector struct {
	Name string
	Span source.Span
}

// The keywords of suppressions.
const (
	mark       = "ngxproof:"
	ignore     = "ignore"
	ignoreFile = "ignore-file"
)

// Suppressions returns the suppressions of a file, in order.
func Suppressions(f *syntax.File) []*Suppression {
	var found []*Suppression
	for _, comment := range f.Comments {
		if s := parseSuppression(f, comment); s != nil {
			s.place()
			found = append(found, s)
		}
	}
	return found
}

// parseSuppression reads a comment; nil where it is none of ours.
func parseSuppression(f *syntax.File, comment source.Span) *Suppression {
	text := strings.TrimRight(f.Slice(comment), " \t\r")
	body := strings.TrimLeft(text, "# \t")
	rest, ok := strings.CutPrefix(body, mark)
	if !ok {
		return nil
	}
	n := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"))
	keyword := rest[:n]
	if !meantAsIgnore(keyword) {
		return nil
	}
	s := &Suppression{File: f, Keyword: keyword, Span: source.Span{Start: comment.Start, End: comment.Start + len(text)}}
	s.arguments(comment.Start+len(text)-len(rest)+n, rest[n:])
	return s
}

// meantAsIgnore reports whether a keyword is one of a suppression, or near enough to be meant as one.
func meantAsIgnore(keyword string) bool {
	return keyword == ignore || keyword == ignoreFile || nearestKeyword(keyword) != ""
}

// arguments reads what follows the keyword, at offset: the list in brackets and the reason.
func (s *Suppression) arguments(offset int, rest string) {
	s.List = source.Span{Start: offset, End: offset}
	trimmed := strings.TrimLeft(rest, " \t")
	list, ok := strings.CutPrefix(trimmed, "[")
	if !ok {
		s.Reason = reason(rest)
		return
	}
	start := offset + len(rest) - len(list)
	list, after, closed := strings.Cut(list, "]")
	s.List = source.Span{Start: start, End: start + len(list)}
	if closed {
		s.Reason = reason(after)
	}
	at := start
	for part := range strings.SplitSeq(list, ",") {
		if name := strings.Trim(part, " \t"); name != "" {
			from := at + strings.Index(part, name)
			s.Names = append(s.Names, Selector{name, source.Span{Start: from, End: from + len(name)}})
		}
		at += len(part) + 1
	}
}

// reason cuts off what people put between the brackets and the reason.
func reason(text string) string { return strings.TrimSpace(strings.TrimLeft(text, " \t:-–—,.#")) }

// place finds out what the suppression is about.
func (s *Suppression) place() {
	switch {
	case s.Keyword == ignoreFile:
		first := len(s.File.Text)
		if len(s.File.Directives) > 0 {
			first = int(s.File.Directives[0].Words[0].Start)
		}
		s.Whole = s.Span.Start < first
	case s.Keyword != ignore:
	case s.ownLine():
		s.placeNext()
	default:
		s.placeLine()
	}
}

// ownLine reports whether only blanks stand before the comment on its line.
func (s *Suppression) ownLine() bool {
	line := s.File.LineSpan(s.File.Line(s.Span.Start))
	return strings.Trim(s.File.Text[line.Start:s.Span.Start], " \t") == ""
}

// placeNext covers the next directive in the same block, with its block; for a comment among the words of a directive
// that directive.
func (s *Suppression) placeNext() {
	siblings := s.File.Directives
	if around := s.File.At(s.Span.Start); around != nil {
		if around.Block == nil || s.Span.Start < int(around.Block.Open) {
			s.Covers = []source.Span{around.Span()}
			return
		}
		siblings = around.Children()
	}
	i, _ := slices.BinarySearchFunc(siblings, s.Span.Start, func(d *syntax.Directive, at int) int {
		return int(d.Words[0].Start) - at
	})
	if i < len(siblings) {
		s.Covers = []source.Span{siblings[i].Span()}
	}
}

// placeLine covers the rest of the line before the comment, and the words of the directives that end on it but began
// above.
func (s *Suppression) placeLine() {
	line := s.File.LineSpan(s.File.Line(s.Span.Start))
	s.Covers = []source.Span{{Start: line.Start, End: s.Span.Start}}
	var last *syntax.Directive
	for at := line.Start; at < s.Span.Start; at++ {
		if !strings.ContainsRune(";{}", rune(s.File.Text[at])) {
			continue
		}
		d := s.File.At(at)
		if d == nil || d == last || int(d.Words[0].Start) >= line.Start {
			continue
		}
		head := d.Head()
		s.Covers = append(s.Covers, source.Span{Start: head.Start, End: head.End + 1})
		last = d
	}
}

// location returns where the comment stands.
func (s *Suppression) location() diag.Location { return diag.Location{File: s.File.File, Span: s.Span} }
