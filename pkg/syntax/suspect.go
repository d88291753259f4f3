package syntax

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// Suspect is a place that nginx's lexer accepts but that most likely says something else than was meant. It is a hint
// for the findings that follow from it, never one of its own.
type Suspect struct {
	Kind      Doubt
	Directive *Directive
	// Word is the index of the word that Kind speaks of.
	Word int
}

// Doubt says what is probably wrong at a Suspect.
type Doubt uint8

// The doubts.
const (
	// MissingSemicolon: Word begins a line and is a directive's name, and further words follow it:
	// the word before it probably lacks its `;`.
	MissingSemicolon Doubt = iota
	// SwallowedClose: Word is bare, ends in `}` and ends its line: nginx takes the brace for a byte of the word.
	SwallowedClose
	// SwallowedOpen: Word is bare, ends in `${` and ends its line: nginx takes the brace for a byte of the word.
	SwallowedOpen
)

// suspect looks at a statement that spans lines for what makes that probably not be meant.
func (p *parser) suspect(d *Directive) {
	for i := 1; i < len(d.Words); i++ {
		before, w := d.Words[i-1], d.Words[i]
		if strings.IndexByte(p.text[before.End:w.Start], '\n') < 0 {
			continue
		}
		switch {
		case before.swallows("${"):
			p.doubt(SwallowedOpen, d, i-1)
		case before.swallows("}") && !strings.Contains(before.Value, "{"):
			p.doubt(SwallowedClose, d, i-1)
		case w.Quote == Bare && i+1 < len(d.Words) && catalog.Lookup(w.Value) != nil:
			p.doubt(MissingSemicolon, d, i)
		}
	}
}

func (p *parser) doubt(kind Doubt, d *Directive, word int) {
	p.file.Suspects = append(p.file.Suspects, Suspect{Kind: kind, Directive: d, Word: word})
}

func (w Word) swallows(end string) bool {
	return w.Quote == Bare && strings.HasSuffix(w.Value, end)
}
