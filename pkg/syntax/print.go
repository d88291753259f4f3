package syntax

import (
	"iter"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// Print returns the text of the file, put together from the parts of its tree and the blanks between them. It is the
// text that was parsed, byte for byte.
func Print(f *File) string {
	var out strings.Builder
	out.Grow(len(f.Text))
	at := 0
	for span := range f.Owned() {
		out.WriteString(f.Text[at:span.Start])
		out.WriteString(f.Slice(span))
		at = span.End
	}
	out.WriteString(f.Text[at:])
	return out.String()
}

// Owned yields, in order and without overlap, the span of every word, terminator, brace, raw block, comment and
// skipped stretch. What lies between two of them is blanks: SP, TAB, CR, LF.
func (f *File) Owned() iter.Seq[source.Span] {
	return func(yield func(source.Span) bool) {
		o := owner{comments: f.Comments, skipped: f.Skipped, yield: yield}
		_ = o.directives(f.Directives) && o.upTo(len(f.Text)+1)
	}
}

// owner merges the tree's parts with the comments and the skipped spans.
type owner struct {
	comments, skipped []source.Span
	yield             func(source.Span) bool
}

// upTo yields the comments and the skipped spans that begin before offset.
func (o *owner) upTo(offset int) bool {
	for {
		next := &o.comments
		if len(o.comments) == 0 || len(o.skipped) > 0 && o.skipped[0].Start < o.comments[0].Start {
			next = &o.skipped
		}
		if len(*next) == 0 || (*next)[0].Start >= offset {
			return true
		}
		span := (*next)[0]
		*next = (*next)[1:]
		if !o.yield(span) {
			return false
		}
	}
}

// part yields a part of the tree and what begins before it.
func (o *owner) part(start, end int) bool {
	return o.upTo(start) && o.yield(source.Span{Start: start, End: end})
}

func (o *owner) directives(list []*Directive) bool {
	for _, d := range list {
		if !o.directive(d) {
			return false
		}
	}
	return true
}

func (o *owner) directive(d *Directive) bool {
	for _, w := range d.Words {
		if !o.part(int(w.Start), int(w.End)) {
			return false
		}
	}
	if d.Term >= 0 && !o.part(int(d.Term), int(d.Term)+1) {
		return false
	}
	return d.Block == nil || o.block(d.Block)
}

func (o *owner) block(b *Block) bool {
	if b.Raw && b.Close > b.Open+1 && !o.part(int(b.Open)+1, int(b.Close)) {
		return false
	}
	return o.directives(b.Directives) && (b.Close < 0 || o.part(int(b.Close), int(b.Close)+1))
}
