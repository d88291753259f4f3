package config

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Verdict is what nginx's directive table says of one statement.
type Verdict uint8

// The verdicts, in the order in which nginx checks (src/core/ngx_conf_file.c, ngx_conf_handler).
const (
	// OK: nothing to say, or not known.
	OK Verdict = iota
	// UnknownDirective: no module that we know has it.
	UnknownDirective
	// NotAllowedHere: it exists, but in none of the contexts that are possible here.
	NotAllowedHere
	// NotTerminated: a simple directive was given a block.
	NotTerminated
	// NoOpening: a block directive was ended with `;`.
	NoOpening
	// WrongCount: fewer or more arguments than it takes, or a flag that is not on or off.
	WrongCount
)

// Judge returns what nginx's directive table says of d and the entry it is judged by (nil where none or several fit). A
// directive in a context that is not known is OK.
func (c *Config) Judge(d *Directive) (Verdict, *catalog.Entry) {
	var only [1]*catalog.Entry
	entries, known := c.entries(d, only[:0])
	switch {
	case d.Context == 0, d.Gap&syntax.GapName != 0:
		return OK, nil
	case !known:
		return UnknownDirective, nil
	case len(entries) == 0 && unmeasured(d):
		return OK, nil
	case len(entries) == 0:
		return NotAllowedHere, nil
	}
	verdict := form(d, entries)
	if verdict == OK {
		verdict = count(d, entries)
	}
	if len(entries) > 1 {
		return verdict, nil
	}
	return verdict, entries[0]
}

// unmeasured reports whether d may be allowed where it stands for all that is known.
func unmeasured(d *Directive) bool {
	known := catalog.Lookup(d.Name())
	return known != nil && known.Unmeasured()&d.Context != 0
}

// entries appends to buffer the table's entries that may hold for d where it stands; known is false where there is none
// of that name at all.
func (c *Config) entries(d *Directive, buffer []*catalog.Entry) (entries []*catalog.Entry, known bool) {
	name := d.Name()
	if e, ok := c.declared[name]; ok && (e.Contexts == 0 || e.Contexts&d.Context != 0) {
		declared := e // a copy of its own, so that e stays off the heap for all other names
		return append(buffer, &declared), true
	}
	directive := catalog.Lookup(name)
	if directive == nil {
		_, declared := c.declared[name]
		return nil, declared
	}
	for i := range directive.Entries {
		if e := &directive.Entries[i]; e.Contexts == 0 || e.Contexts&d.Context != 0 {
			buffer = append(buffer, e)
		}
	}
	return buffer, true
}

// form judges whether d should have had a block or not.
func form(d *Directive, entries []*catalog.Entry) Verdict {
	wrong, verdict := catalog.No, NotTerminated
	if d.Block == nil {
		wrong, verdict = catalog.Yes, NoOpening
		if d.Term < 0 {
			return OK // closed by recovery: its end was never written
		}
	}
	for _, e := range entries {
		if e.Block != wrong {
			return OK
		}
	}
	return verdict
}

// count judges the number of arguments, and a flag's value.
func count(d *Directive, entries []*catalog.Entry) Verdict {
	if d.Term < 0 || d.Gap&(syntax.GapArgs|syntax.GapForm) != 0 {
		return OK
	}
	n := len(d.Words) - 1
	for _, e := range entries {
		switch {
		case e.Arity.Allows(n) == catalog.No:
		case e.Arity.Flag && !strings.EqualFold(d.Arg(1), "on") && !strings.EqualFold(d.Arg(1), "off"):
		default:
			return OK
		}
	}
	return WrongCount
}
