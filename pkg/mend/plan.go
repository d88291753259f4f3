package mend

import (
	"cmp"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Plan is the fix of one finding while it is put together. It belongs to one goroutine.
type Plan struct {
	m     *Mender
	sites []*config.Directive // the blocks that have the finding
	edits []*edit
	// changed says that there would be edits, had they been wanted.
	changed bool
	// refused says why no safe fix can be made; "" where one can.
	refused string
	// unknown says that nothing can be proposed at all.
	unknown bool
	also    []string   // what the fix does that its title would not say
	needs   []mapBlock // the maps that the edits use and that are not there yet
	lists   []*headerEdit
	removed []*syntax.Directive
	headers map[*syntax.Directive]*headerEdit // the header lists that locations get, by location
}

// edit is one change of one place; what is inserted at one place comes in the order of the steps.
type edit struct {
	file  *source.File
	span  source.Span
	texts []string
}

// Plan starts the fix of a finding that these blocks have: each a location, or an if, limit_except or server with a
// proxy_pass of its own. Requests to other blocks are not to change by it: a map, a header list or a file that others
// use as well is left as it is, and the blocks get one of their own.
func (m *Mender) Plan(sites ...*config.Directive) *Plan { return &Plan{m: m, sites: sites} }

// Refuse makes the fix one that is shown only, with the first reason given: a phrase that ends a sentence.
func (p *Plan) Refuse(reason string) {
	if p.refused == "" {
		p.refused = reason
	}
}

// Refused returns why the plan refuses, or "".
func (p *Plan) Refused() string { return p.refused }

// Fix returns the fix: of the given class, or Display where the plan refuses, with the reason as its Risk. It is nil
// where nothing changes or the lines in effect are not known.
func (p *Plan) Fix(safety diag.Safety, title string) *diag.Fix {
	p.writeHeaders()
	p.placeMaps()
	if len(p.edits) == 0 && !p.changed || p.unknown {
		return nil
	}
	slices.Sort(p.also)
	for _, more := range slices.Compact(p.also) {
		title += ", and " + more
	}
	fix := &diag.Fix{Safety: safety, Title: title}
	if !p.m.opts.Unedited {
		p.describe(fix)
	}
	if p.refused != "" {
		fix.Safety, fix.Risk = diag.Display, p.refused
	}
	return fix
}

// describe fills in where the fix is and what it changes. With an if or limit_except its location is meant too: what is
// set there holds for both.
func (p *Plan) describe(fix *diag.Fix) {
	for _, site := range p.sites {
		if site.Directive != nil {
			fix.Sites = append(fix.Sites, diag.Location{File: site.File.File, Span: site.Head()})
		}
		if at := home(site); at != site && at.Directive != nil {
			fix.Sites = append(fix.Sites, diag.Location{File: at.File.File, Span: at.Head()})
		}
	}
	for _, e := range p.edits {
		text := ""
		for _, t := range e.texts {
			text += t
		}
		fix.Edits = append(fix.Edits, diag.Edit{Location: diag.Location{File: e.file, Span: e.span}, Text: text})
	}
	slices.SortStableFunc(fix.Edits, inOrder)
}

// spared notes that something changes, and reports whether that is all that is wanted.
func (p *Plan) spared() bool {
	p.changed = p.changed || p.m.opts.Unedited
	return p.changed
}

// inOrder sorts edits by file and place.
func inOrder(a, b diag.Edit) int {
	return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
}

// replace changes a span; the same change twice is one.
func (p *Plan) replace(file *syntax.File, span source.Span, text string) {
	if file.Slice(span) == text || p.spared() {
		return
	}
	for _, e := range p.edits {
		if e.file == file.File && e.span == span {
			if span.Len() == 0 && !slices.Contains(e.texts, text) {
				e.texts = append(e.texts, text)
			}
			return
		}
	}
	p.edits = append(p.edits, &edit{file.File, span, []string{text}})
}

// has reports whether a block is one of those that have the finding; an if or limit_except counts as its location.
func (p *Plan) has(block *config.Directive) bool {
	return slices.ContainsFunc(p.sites, func(s *config.Directive) bool { return home(s) == home(block) })
}

// only reports whether all of these blocks have the finding.
func (p *Plan) only(blocks []*config.Directive) bool {
	return !slices.ContainsFunc(blocks, func(b *config.Directive) bool { return !p.has(b) })
}

// home returns the location that a block is or stands in, or the block where it is in none.
func home(block *config.Directive) *config.Directive {
	if location := block.Within("location"); location != nil {
		return location
	}
	return block
}
