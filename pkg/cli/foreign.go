package cli

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// foreign reports whether a file holds no nginx directive at all, so that it is another program's. An `include` alone
// says little, since other programs have it too: it counts where nothing else stands there.
func foreign(f *syntax.File) bool {
	if binary(f.Text) {
		return true
	}
	includes, others := 0, 0
	for d := range f.All() {
		switch {
		case d.Term < 0:
		case d.Name() == "include" && len(d.Words) == 2:
			includes++
		case isDirective(d) && takes(d):
			return false
		default:
			others++
		}
	}
	return includes == 0 || others > 0
}

// takes reports whether the directive may have as many arguments as it has here.
func takes(d *syntax.Directive) bool {
	known := catalog.Lookup(d.Name())
	for i := range known.Entries {
		if known.Entries[i].Arity.Allows(len(d.Words)-1) != catalog.No {
			return true
		}
	}
	return false
}
