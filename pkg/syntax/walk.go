package syntax

import (
	"iter"
	"sort"
)

// All yields every directive of the file in order, a block's directive before what is in it.
func (f *File) All() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) { walk(f.Directives, yield) }
}

// All yields the directive itself and every directive in its block, in order.
func (d *Directive) All() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) { _ = yield(d) && walk(d.Children(), yield) }
}

// Children returns the statements of the directive's block, nil if it has none.
func (d *Directive) Children() []*Directive {
	if d.Block == nil {
		return nil
	}
	return d.Block.Directives
}

// walk yields the directives and what is in their blocks and reports whether to go on. Its recursion is bounded by
// MaxDepth.
func walk(directives []*Directive, yield func(*Directive) bool) bool {
	for _, d := range directives {
		if !yield(d) || !walk(d.Children(), yield) {
			return false
		}
	}
	return true
}

// At returns the innermost directive whose Span holds the byte at offset, nil where there is none.
func (f *File) At(offset int) *Directive {
	var found *Directive
	for list := f.Directives; ; {
		i := sort.Search(len(list), func(i int) bool { return int(list[i].Words[0].Start) > offset })
		if i == 0 || !list[i-1].Span().Contains(offset) {
			return found
		}
		found = list[i-1]
		list = found.Children()
	}
}
