package config

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Limits that keep a hostile configuration from growing without bound. nginx itself stops at its limit of open files.
const (
	// MaxIncludeDepth is how deep includes may nest.
	MaxIncludeDepth = 64
	// MaxDirectives is how many directives a configuration may have with all includes spliced in.
	MaxDirectives = 8 << 20
	// MaxRepeated is how many of them may come from a file that was included before: a file that includes the next one
	// twice, and so on, doubles with each.
	MaxRepeated = 1 << 18
)

// splicer builds the tree of a configuration from the trees of its files.
type splicer struct {
	config   *Config
	loader   *Loader
	opts     Options
	paths    *paths
	seen     map[*syntax.File]bool
	count    int
	repeated int  // of count, what comes from files that were included before
	full     bool // a limit is reached
	clouded  bool // some include may have brought more than we saw
	spare    []Directive
	links    []*Directive
}

// enter lists a file the first time it comes in.
func (s *splicer) enter(f *syntax.File) {
	if !s.seen[f] {
		s.seen[f] = true
		s.config.Files = append(s.config.Files, f)
	}
}

// splice appends the statements of one file's block to the block of parent.
func (s *splicer) splice(parent *Directive, f *syntax.File, statements []*syntax.Directive, via *Inclusion) {
	if parent.Children == nil {
		parent.Children = s.room(len(statements))
	}
	if f.Template != nil && f.Template.Top && (len(statements) == 0 || statements[0].Parent == nil) {
		cloud(parent)
	}
	for _, d := range statements {
		if !s.affords(1, via) {
			s.overflow(s.node(d, f, parent, via), parent)
			return
		}
		child := s.node(d, f, parent, via)
		if d.Gap != 0 && s.unsettled(child, parent) {
			parent.unsettled = append(parent.unsettled, child)
		} else {
			parent.Children = append(parent.Children, child)
		}
		switch {
		case d.Gap&(syntax.GapName|syntax.GapElsewhere) != 0 && d.Block == nil:
		case d.Gap != 0 && d.Block == nil && d.Name() == "include":
		case d.Block == nil && d.Name() == "include" && len(d.Words) == 2:
			s.include(child, parent)
		case d.Block != nil:
			s.block(child)
		default:
			s.doubt(child, parent)
		}
	}
}

// affords counts n more directives, and reports whether there is room for them.
func (s *splicer) affords(n int, via *Inclusion) bool {
	s.count += n
	if via != nil && via.again {
		s.repeated += n
	}
	return s.count <= MaxDirectives && s.repeated <= MaxRepeated
}

// overflow notes that there is no room for first and what follows in parent: what they set is unknown. The first time it
// says so, of the include that brings them where there is one.
func (s *splicer) overflow(first, parent *Directive) {
	if !s.full {
		p := Problem{Kind: TooMany, At: first, Path: first.File.Path, Err: ErrTooMuch}
		if first.Via != nil {
			p.At, p.Path = first.Via.Directive, first.Via.File.Path
		}
		s.problem(p, parent)
	}
	s.full, s.clouded = true, true
	cloud(parent)
}

// block splices what a block holds.
func (s *splicer) block(d *Directive) {
	d.MapLike = catalog.MapLike(d.Name(), d.Context)
	switch {
	case d.Block.Raw:
	case d.MapLike:
		s.data(d, d.File, d.Block.Directives, d.Via)
	default:
		d.Inside = inside(d.Directive, d.Context)
		if d.Gap&(syntax.GapName|syntax.GapElsewhere) != 0 {
			d.Inside = 0
		} else {
			s.doubt(d, d.Parent)
		}
		if d.Gap&syntax.GapInside != 0 {
			cloud(d)
		}
		s.splice(d, d.File, d.Block.Directives, d.Via)
		separate(d)
	}
}

// data looks through the entries of a map-like block for includes only: the entries are many, and are read in place.
func (s *splicer) data(parent *Directive, f *syntax.File, entries []*syntax.Directive, via *Inclusion) {
	if via != nil && !s.affords(len(entries), via) {
		s.overflow(s.node(entries[0], f, parent, via), parent)
		parent.open = true
		return
	}
	for _, d := range entries {
		parent.open = parent.open || d.Gap != 0
		if len(d.Words) == 2 && d.Name() == "include" && d.Block == nil {
			child := s.node(d, f, parent, via)
			parent.Children = append(parent.Children, child)
			s.include(child, parent)
		}
	}
}

// node returns a new directive of the configuration; they are made in slabs, since there are many.
func (s *splicer) node(d *syntax.Directive, f *syntax.File, parent *Directive, via *Inclusion) *Directive {
	if len(s.spare) == 0 {
		s.spare = make([]Directive, min(1024, max(16, s.count)))
	}
	n := &s.spare[0]
	s.spare = s.spare[1:]
	*n = Directive{Directive: d, File: f, Parent: parent, Context: parent.Inside, Via: via}
	return n
}

// room returns an empty slice for n children, cut from a slab.
func (s *splicer) room(n int) []*Directive {
	if len(s.links) < n {
		s.links = make([]*Directive, max(n, min(1024, max(16, s.count))))
	}
	cut := s.links[:0:n]
	s.links = s.links[n:]
	return cut
}

// separate keeps the simple directives of a block with many blocks apart, so that looking up what the http level sets
// does not walk past every server. It walks the whole block, so it comes once all of the block's includes are in.
func separate(parent *Directive) {
	const many = 16
	if len(parent.Children) <= many {
		return
	}
	parent.settings = make([]*Directive, 0, many)
	for _, child := range parent.Children {
		if child.Block == nil {
			parent.settings = append(parent.settings, child)
		}
	}
}

// doubt notes what a directive that nobody knows may have been meant to be.
func (s *splicer) doubt(d, parent *Directive) {
	name := d.Name()
	if parent.Inside == 0 || catalog.Lookup(name) != nil {
		return
	}
	if d.Ellipsis() {
		cloud(parent)
		return
	}
	if _, declared := s.opts.Declared[name]; declared {
		return
	}
	if meant := s.loader.suggest(name, parent.Inside); len(meant) > 0 {
		parent.doubted(meant)
	}
}

// doubted notes that each of the directives of these names may be set in the block d.
func (d *Directive) doubted(names []string) {
	if d.hole == nil {
		d.hole = &hole{}
	}
	d.hole.names = append(d.hole.names, names...)
}

// cloud marks that anything may be set in the block d.
func cloud(d *Directive) {
	if d.hole == nil {
		d.hole = &hole{}
	}
	d.hole.any = true
}
