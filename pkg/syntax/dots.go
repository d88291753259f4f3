package syntax

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// Ellipsis reports whether the directive is the dots (`...` or `…`) by which an article leaves something out: nginx
// takes them for a directive's name. Anything may have stood there. Dots before a directive's name are a statement of
// their own in the tree, with Term -1 and no Error, though nginx reads them and what follows as one:
//
//	...
//	location /chat/ {
//
// is `...` and `location /chat/ {`.
func (d *Directive) Ellipsis() bool { return dots(d.Words[0]) }

// dots reports whether a word is two or more dots, or an ellipsis sign, and nothing else.
func dots(w Word) bool {
	return w.Quote == Bare && len(w.Value) > 1 && strings.Trim(w.Value, ".…") == ""
}

// splitDots makes leading dots of the pending statement a statement of their own where a directive follows: one that
// the catalog knows directly after them, or one that takes a block further on.
func (p *parser) splitDots() {
	words := p.arena.pending()
	if c := p.text[words[0].Start]; c != '.' && c != "…"[0] {
		return
	}
	if len(words) == 1 || !dots(words[0]) || p.over > 0 || p.inData() {
		return
	}
	last := lastDirective(words)
	for i := 0; i < last && dots(words[i]); i++ {
		p.add(p.arena.splitWords(1), -1)
	}
}

// lastDirective returns the index of the last word that names a directive that may take a block; where there is none,
// that of the first word after leading dots if it names any directive, else 0.
func lastDirective(words []Word) int {
	for i := len(words) - 1; i > 0; i-- {
		if words[i].Quote == Bare && mayOpenBlock(words[i].Value) {
			return i
		}
	}
	i := 0
	for i < len(words)-1 && dots(words[i]) {
		i++
	}
	if catalog.Lookup(words[i].Value) != nil {
		return i
	}
	return 0
}
