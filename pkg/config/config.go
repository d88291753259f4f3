// Package config answers: what configuration would nginx load?
//
// It splices includes where they stand, gives every directive its context, resolves what a level inherits together with
// the place that set it, and names the named things. What cannot be known is Unknown.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_handler and ngx_conf_include.
package config

import (
	"iter"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Config is one configuration: an entry file and everything it includes. It does not change once loaded and is safe for
// concurrent use.
type Config struct {
	// Root is a pseudo directive without words whose Children are the top level; its Inside is the entry's context.
	Root *Directive
	// Entry is the file that was loaded first.
	Entry *syntax.File
	// Files are all files of the configuration, each once, in order of first inclusion; Entry is the first.
	Files []*syntax.File
	// Complete reports whether everything nginx would load is here: the entry is a whole configuration (not a
	// fragment), every include was read, but for the files of nginx's own that hold one kind of directive only
	// (mime.types, fastcgi_params), and no file has a syntax error.
	Complete bool
	// Fragment reports whether the entry is a part of a configuration that we were given without its root.
	Fragment bool
	// Problems are the includes that could not be followed, in order.
	Problems []Problem

	brought  map[*Directive][]*Inclusion
	declared map[string]catalog.Entry
	names    names
}

// Directive is one statement where nginx would read it: a file that is included twice has two for each of its
// statements.
type Directive struct {
	*syntax.Directive // nil for Config.Root
	// File is where the statement stands.
	File *syntax.File
	// Parent is the directive whose block this one is read in, across includes; Config.Root at the top, nil for it.
	Parent *Directive
	// Children are the statements of the block with includes spliced in: an include directive is followed by what it
	// brought. Of a map-like block (MapLike) they are the include directives only: see Config.Entries.
	Children []*Directive
	// Context is what the statement is read in. A fragment may have several candidates; 0 where nothing is known.
	Context catalog.Context
	// Inside is what the block's children are read in: 0 for a simple directive, a raw block, a map-like block and
	// a block that we do not know.
	Inside catalog.Context
	// Via is how the file came in; nil in the entry file.
	Via *Inclusion
	// MapLike marks the block of a map, geo, types and the like: its statements are data, not directives.
	MapLike bool
	// hole says what at this level cannot be seen; nil where all can.
	hole *hole
	// settings are those of Children without a block, where there are many blocks among them; else nil.
	settings []*Directive
	// unsettled are the statements that a template leaves open; see Unsettled.
	unsettled []*Directive
	// open marks a map-like block with entries that a template leaves open.
	open bool
}

// Inclusion is one file brought in by one include directive at one place.
type Inclusion struct {
	// Directive is the include directive; its own Via leads outwards.
	Directive *Directive
	File      *syntax.File
	again     bool // the file was included before, somewhere
}

// Problem is an include that could not be followed.
type Problem struct {
	Kind ProblemKind
	// At is the include directive; of a file that has too many directives by itself, the first that was left out.
	At *Directive
	// Path is what was looked for, as opened.
	Path string
	// Err is the reader's error; nil for a Cycle.
	Err error
	// Cycle is, for a Cycle, the chain of include directives that leads back, outermost first.
	Cycle []*Directive
}

// ProblemKind says why an include could not be followed.
type ProblemKind uint8

// The kinds of problems.
const (
	// NotFound: a literal include whose file is not there, inside the root's folder.
	NotFound ProblemKind = iota
	// OutsideRoot: an include whose file is not there, outside the root's folder or in a fragment whose root is not
	// known, so that we may not be meant to have it.
	OutsideRoot
	// Cycle: a file includes itself, directly or not.
	Cycle
	// Unreadable: the file is there but can't be read: a folder, a device, too large, no permission.
	Unreadable
	// TooMany: a pattern matches more files, or includes nest deeper or bring more directives, than our limit.
	TooMany
)

// Span returns where the include's path stands.
func (p Problem) Span() source.Span { return p.At.Words[1].Span() }

// All yields every directive in the order in which nginx reads them, a block's directive before its children; those that
// a template leaves open (Unsettled) come after the others of their block. The
// entries of map-like blocks are not directives: see Entries.
func (c *Config) All() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) { walk(c.Root, yield) }
}

// walk yields the directives below d in order and reports whether to go on.
func walk(d *Directive, yield func(*Directive) bool) bool {
	for _, child := range d.Children {
		if !yield(child) || !walk(child, yield) {
			return false
		}
	}
	for _, child := range d.unsettled {
		if !yield(child) || !walk(child, yield) {
			return false
		}
	}
	return true
}

// Chain returns the include directives that brought the directive's file in, the entry file's first.
func (d *Directive) Chain() []*Directive {
	var chain []*Directive
	for via := d.Via; via != nil; via = via.Directive.Via {
		chain = append([]*Directive{via.Directive}, chain...)
	}
	return chain
}

// Line returns the line that nginx names for the directive: that of its `;` or `{`.
func (d *Directive) Line() int {
	if d.Term >= 0 {
		return d.File.Line(int(d.Term))
	}
	return d.File.Line(d.Head().End)
}

// Within returns the nearest enclosing directive of the given name, d itself included, or nil.
func (d *Directive) Within(name string) *Directive {
	for at := d; at != nil && at.Directive != nil; at = at.Parent {
		if at.Name() == name {
			return at
		}
	}
	return nil
}
