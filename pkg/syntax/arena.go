package syntax

// arena hands out the tree's parts from chunks, so that a directive costs a fraction of an allocation.
type arena struct {
	words      []Word
	first      int // where the pending statement begins in words
	directives []Directive
	blocks     []Block
	// children are the statements of all open blocks that are not yet their Block's; a block's own stand together
	// at the end.
	children []*Directive
	lists    []*Directive
	grain    int
}

// The chunk sizes: a small file should not pay for a large chunk, a large one not for many small.
const (
	minGrain = 16
	maxGrain = 1024
)

// expect sets the chunk size for a text of size bytes; a directive takes about 40.
func (a *arena) expect(size int) { a.grain = min(max(size/40, minGrain), maxGrain) }

// pending returns the words of the statement that is not ended yet.
func (a *arena) pending() []Word { return a.words[a.first:] }

// addWord adds a word to the pending statement. A statement's words stand together: those of a statement that a chunk
// has no room for move to the next.
func (a *arena) addWord(w Word) {
	if len(a.words) == cap(a.words) {
		pending := a.pending()
		a.words = append(make([]Word, 0, 3*a.grain+2*len(pending)), pending...)
		a.first = 0
	}
	a.words = append(a.words, w)
}

// takeWords ends the pending statement and returns its words.
func (a *arena) takeWords() []Word {
	words := a.words[a.first:len(a.words):len(a.words)]
	a.first = len(a.words)
	return words
}

// splitWords ends the pending statement after n words, leaves the others pending and returns the n.
func (a *arena) splitWords(n int) []Word {
	words := a.words[a.first : a.first+n : a.first+n]
	a.first += n
	return words
}

// newDirective returns an empty directive.
func (a *arena) newDirective() *Directive {
	if len(a.directives) == cap(a.directives) {
		a.directives = make([]Directive, 0, a.grain)
	}
	a.directives = a.directives[:len(a.directives)+1]
	return &a.directives[len(a.directives)-1]
}

// newBlock returns a block that opens at offset open and is not closed.
func (a *arena) newBlock(open int) *Block {
	if len(a.blocks) == cap(a.blocks) {
		a.blocks = make([]Block, 0, max(a.grain/4, 4))
	}
	a.blocks = append(a.blocks, Block{Open: int32(open), Close: -1, stop: int32(open) + 1})
	return &a.blocks[len(a.blocks)-1]
}

// addChild adds d to the innermost open block.
func (a *arena) addChild(d *Directive) { a.children = append(a.children, d) }

// takeChildren returns the children from the first on in a list of their own and forgets them.
func (a *arena) takeChildren(first int) []*Directive {
	own := a.children[first:]
	if len(own) == 0 {
		return nil
	}
	if cap(a.lists)-len(a.lists) < len(own) {
		a.lists = make([]*Directive, 0, max(a.grain, len(own)))
	}
	start := len(a.lists)
	a.lists = append(a.lists, own...)
	a.children = a.children[:first]
	return a.lists[start:len(a.lists):len(a.lists)]
}
