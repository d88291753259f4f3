package catalog

import (
	"iter"

	"github.com/ngxproof/ngxproof/pkg/catalog/internal/hash"
)

// Lookup gives the directive of that exact name, nil if no module that we know has it. It allocates nothing.
func Lookup(name string) *Directive { return lookupDirective(name) }

// LookupBytes is Lookup for a name that is not a string yet.
func LookupBytes(name []byte) *Directive { return lookupDirective(name) }

func lookupDirective[T string | []byte](name T) *Directive {
	for slot := hash.Sum(name) % uint32(len(directiveSlots)); ; slot = (slot + 1) % uint32(len(directiveSlots)) {
		i := directiveSlots[slot]
		if i == 0 {
			return nil
		}
		if d := &directives[i-1]; d.Name == string(name) {
			return d
		}
	}
}

// All yields every directive, sorted by name.
func All() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) {
		for i := range directives {
			if !yield(&directives[i]) {
				return
			}
		}
	}
}
