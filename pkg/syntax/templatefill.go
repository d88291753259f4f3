package syntax

import (
	"slices"
	"sort"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// before returns the last construct that begins before offset, or nil.
func (t *Template) before(offset int) *construct {
	i := sort.Search(len(t.constructs), func(i int) bool { return t.constructs[i].start >= offset })
	if i == 0 {
		return nil
	}
	return &t.constructs[i-1]
}

// overlapping returns the constructs that have bytes in [start, end).
func (t *Template) overlapping(start, end int) []construct {
	from := sort.Search(len(t.constructs), func(i int) bool { return t.constructs[i].end > start })
	to := sort.Search(len(t.constructs), func(i int) bool { return t.constructs[i].start >= end })
	return t.constructs[from:max(from, to)]
}

// fill puts what the template leaves open into the tree of its masked text; left are the branches that were left out.
func (t *Template) fill(f *File, left []source.Span) {
	f.Template = t
	for d := range f.All() {
		t.fillDirective(f, d)
		t.place(d)
	}
	f.Suspects = slices.DeleteFunc(f.Suspects, func(s Suspect) bool { return s.Directive.Gap != 0 })
	for _, span := range left {
		t.open(f, span)
	}
	t.skip(f, left)
}

// fillDirective notes the constructs in a directive's words.
func (t *Template) fillDirective(f *File, d *Directive) {
	end := d.Head().End
	if d.Term >= 0 {
		end = int(d.Term)
	}
	all := t.overlapping(d.Head().Start, end)
	if len(all) == 0 {
		return
	}
	inWords := 0
	for i := range d.Words {
		w := &d.Words[i]
		own := t.overlapping(int(w.Start), int(w.End))
		if len(own) == 0 {
			continue
		}
		inWords += len(own)
		t.fillWord(f, w, own)
		if i == 0 {
			d.Gap |= GapName
		} else {
			d.Gap |= GapArgs
		}
	}
	if len(all) > inWords {
		d.Gap |= GapForm
	}
}

// fillWord gives a word with placeholders its value: what is written, with a variable in the place of each.
func (t *Template) fillWord(f *File, w *Word, constructs []construct) {
	w.Placeholder = true
	start, end := int(w.Start), int(w.End)
	if w.Quote != Bare {
		start++
		if end > start && f.Text[end-1] == byte(w.Quote) {
			end--
		}
	}
	var value strings.Builder
	at := start
	for _, c := range constructs {
		value.WriteString(cook(f.Text[at:max(at, c.start)]))
		value.WriteString("${template_" + plainName(f.Text[c.start:c.end]) + "}")
		at = min(c.end, end)
	}
	value.WriteString(cook(f.Text[at:end]))
	w.Value = value.String()
}

// plainName returns what of a construct can stand in a variable's name.
func plainName(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return ' '
	}, text)
	return strings.Trim(strings.Join(strings.Fields(name), "_"), "_")
}

// place notes whether a directive stands in a branch, a loop or a definition that its block does not stand in.
func (t *Template) place(d *Directive) {
	from, start := -1, d.Head().Start
	if d.Parent != nil && d.Parent.Block != nil {
		from = int(d.Parent.Block.Open)
	}
	// the regions are in the order in which they begin
	i := sort.Search(len(t.regions), func(i int) bool { return t.regions[i].start > start }) - 1
	for ; i >= 0 && t.regions[i].start > from; i = t.regions[i].parent {
		switch r := &t.regions[i]; {
		case r.end <= start:
		case r.defines:
			d.Gap |= GapElsewhere
		default:
			d.Gap |= GapMaybe
		}
	}
}

// open notes that something was left out.
func (t *Template) open(f *File, span source.Span) {
	if strings.TrimSpace(f.Text[span.Start:span.End]) == "" {
		return
	}
	d := f.At(span.Start)
	for d != nil && (d.Block == nil || span.Start <= int(d.Block.Open)) {
		d = d.Parent
	}
	if d == nil {
		t.Top = true
		return
	}
	d.Gap |= GapInside
}

// skip lists what the tree does not own: control constructs between words, and what was left out.
func (t *Template) skip(f *File, left []source.Span) {
	spans := slices.Clone(left)
	spans = append(spans, t.Constructs...)
	spans = append(spans, f.Skipped...)
	f.Skipped = nil
	f.Skipped = unowned(f, spans)
}

// unowned returns the parts of spans that no part of the tree owns, in order, joined where they touch, without blanks at
// their ends.
func unowned(f *File, spans []source.Span) []source.Span {
	slices.SortFunc(spans, func(a, b source.Span) int { return a.Start - b.Start })
	var free []source.Span
	at := 0
	add := func(start, end int) {
		start = max(start, at)
		if start >= end {
			return
		}
		text := f.Text[start:end]
		start += len(text) - len(strings.TrimLeft(text, " \t\r\n"))
		end -= len(text) - len(strings.TrimRight(text, " \t\r\n"))
		if start < end {
			free = append(free, source.Span{Start: start, End: end})
		}
		at = max(at, end)
	}
	i := 0
	for own := range f.Owned() {
		for i < len(spans) && spans[i].Start < own.Start {
			add(spans[i].Start, min(spans[i].End, own.Start))
			if spans[i].End > own.Start {
				break
			}
			i++
		}
		at = max(at, own.End)
	}
	for ; i < len(spans); i++ {
		add(spans[i].Start, spans[i].End)
	}
	return free
}
