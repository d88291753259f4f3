package config

import "github.com/ngxproof/ngxproof/pkg/catalog"

// hole says what of a block's level cannot be seen.
type hole struct {
	// any: an include could not be followed, or a placeholder stands there, so any directive may be set.
	any bool
	// names: misspelt directives' did-you-mean candidates; each of these may be what was meant.
	names []string
}

// State says what is known about a value.
type State uint8

// The states of a value.
const (
	// Default: no level sets it and all levels are known.
	Default State = iota
	// Set: a directive sets it.
	Set
	// Unknown: it may be set where we cannot see.
	Unknown
)

// Value is what one directive is in effect at one level.
type Value struct {
	State State
	// By is the directive that sets it; nil unless State is Set.
	By *Directive
}

// List is what an all-or-nothing list directive (proxy_set_header, proxy_hide_header, add_header, ...) is in effect at
// one level.
type List struct {
	State State
	// Items are the directives in order; empty unless State is Set.
	Items []*Directive
	// Level is the block whose own Items these are; nil unless State is Set.
	Level *Directive
}

// Effective returns what the directive name is at the block directive at (a location, server, if, http; Root for the
// top): its own, or inherited as the directive is in nginx. A directive that is not inherited (proxy_pass, return) is
// looked for as nginx does: proxy_pass from an if or limit_except in its location, return nowhere else.
func (c *Config) Effective(at *Directive, name string) Value { panic("todo") }

// EffectiveList returns the list that the directives name form at the block directive at: those of the innermost level
// that has any, or, for add_header and add_trailer with add_header_inherit merge, of all levels, outer first.
func (c *Config) EffectiveList(at *Directive, name string) List { panic("todo") }

// Hidden reports whether the directive name may be set in this very block by something that we cannot see.
func (d *Directive) Hidden(name string) bool { panic("todo") }

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
// directive in a context that is not known, an entry of a map-like block, and what stands in a block that is itself
// unknown are OK.
func (c *Config) Judge(d *Directive) (Verdict, *catalog.Entry) { panic("todo") }
