package syntax

import (
	"slices"
	"sort"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// CommentsIn returns the comments that begin in span, in order. Do not change them.
func (f *File) CommentsIn(span source.Span) []source.Span {
	from := f.commentFrom(span.Start)
	to := max(from, f.commentFrom(span.End))
	return f.Comments[from:to:to]
}

// commentFrom returns the index of the first comment that begins at offset or after it.
func (f *File) commentFrom(offset int) int {
	return sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Start >= offset })
}

// CommentAfter returns the comment at the end of the line on which the directive's `;` or `{` stands (its last word,
// where recovery closed it), and whether there is one.
func (f *File) CommentAfter(d *Directive) (source.Span, bool) {
	from := d.Head().End
	if d.Term >= 0 {
		from = int(d.Term) + 1
	}
	i := f.commentFrom(from)
	if i == len(f.Comments) || f.Line(f.Comments[i].Start) != f.Line(from) {
		return source.Span{}, false
	}
	return f.Comments[i], true
}

// CommentsAbove returns, in order, the comments on the lines directly above the one on which the directive begins:
// those that have their line to themselves, up to the first line that is anything else. The result is empty where the
// directive is not the first thing on its line.
func (f *File) CommentsAbove(d *Directive) []source.Span {
	at := int(d.Words[0].Start)
	i := f.commentFrom(at)
	first := i
	for ; f.startsLine(at) && first > 0; first-- {
		comment := f.Comments[first-1]
		if f.Line(comment.Start) != f.Line(at)-1 || !f.startsLine(comment.Start) {
			break
		}
		at = comment.Start
	}
	return slices.Clip(f.Comments[first:i])
}

// startsLine reports whether only blanks stand before offset on its line.
func (f *File) startsLine(offset int) bool {
	for offset--; offset >= 0 && class[f.Text[offset]]&blank != 0; offset-- {
		if f.Text[offset] == '\n' {
			return true
		}
	}
	return offset < 0
}
