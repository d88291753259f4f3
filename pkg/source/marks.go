package source

import "sort"

// markEvery is how many bytes apart marks stand. Shorter lines are counted from their start.
const markEvery = 4096

// mark is a place between two characters whose column is known, so that many positions in one endless line don't each
// count from its start.
type mark struct {
	offset, column, utf16 int32
}

// markBefore returns the last mark that does not stand after offset; it may stand in an earlier line.
func (f *File) markBefore(offset int) mark {
	f.markOnce.Do(f.setMarks)
	i := sort.Search(len(f.marks), func(i int) bool { return int(f.marks[i].offset) > offset })
	if i == 0 {
		return mark{}
	}
	return f.marks[i-1]
}

// setMarks walks the text once, characters as Position counts them.
func (f *File) setMarks() {
	at := mark{column: 1, utf16: 1}
	next := markEvery
	for i, r := range f.Text {
		if i >= next {
			at.offset = int32(i)
			f.marks = append(f.marks, at)
			next = i + markEvery
		}
		switch {
		case r == '\n':
			at.column, at.utf16 = 0, 0
		case r > 0xFFFF:
			at.utf16++
		}
		at.column++
		at.utf16++
	}
}
