package config

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// inside returns what the block of a directive holds where the directive itself stands in ctx; a set where several are
// possible, 0 where it is not known.
func inside(d *syntax.Directive, ctx catalog.Context) catalog.Context {
	var in catalog.Context
	name := d.Name()
	for _, b := range blocks {
		if b.name == name && (b.from&ctx != 0 || ctx == 0) {
			in |= b.in
		}
	}
	switch {
	case in != 0:
		return in
	case misplaced[name] != 0:
		return misplaced[name]
	}
	return misplaced[swallowed(d)]
}

// swallowed returns the block directive that a missing `;` made a part of the simple directive d, as in
// `listen 80 location / {`; "" where there is none.
func swallowed(d *syntax.Directive) string {
	known := catalog.Lookup(d.Name())
	if d.Block == nil || known == nil || known.Entries[0].Block != catalog.No {
		return ""
	}
	for i := len(d.Words) - 1; i > 0; i-- {
		if word := d.Words[i]; word.Quote == syntax.Bare && misplaced[word.Value] != 0 {
			return word.Value
		}
	}
	return ""
}

// opens reports whether the block directive of that name may stand in ctx.
func opens(name string, ctx catalog.Context) bool {
	for _, b := range blocks {
		if b.name == name && b.from&ctx != 0 {
			return true
		}
	}
	return false
}

// blocks says what each block directive's block is, by where the directive stands.
var blocks = []struct {
	name     string
	from, in catalog.Context
}{
	{"location", catalog.Server | catalog.Location, catalog.Location},
	{"server", catalog.HTTP, catalog.Server},
	{"server", catalog.Stream, catalog.StreamServer},
	{"server", catalog.Mail, catalog.MailServer},
	{"if", catalog.Server, catalog.IfInServer},
	{"if", catalog.Location, catalog.IfInLocation},
	{"limit_except", catalog.Location, catalog.LimitExcept},
	{"upstream", catalog.HTTP, catalog.Upstream},
	{"upstream", catalog.Stream, catalog.StreamUpstream},
	{"http", catalog.Main, catalog.HTTP},
	{"stream", catalog.Main, catalog.Stream},
	{"mail", catalog.Main, catalog.Mail},
	{"events", catalog.Main, catalog.Events},
	{"mgmt", catalog.Main, catalog.Mgmt},
	{"acme_issuer", catalog.HTTP, catalog.ACMEIssuer},
	{"oidc_provider", catalog.HTTP, catalog.OIDCProvider},
}

// misplaced says what to take a block for that stands where nginx refuses it: it is reported, and what is in it was
// still meant for something.
var misplaced = map[string]catalog.Context{
	"location": catalog.Location, "server": catalog.Server, "upstream": catalog.Upstream, "http": catalog.HTTP,
	"stream": catalog.Stream, "mail": catalog.Mail, "events": catalog.Events, "limit_except": catalog.LimitExcept,
}

// entryContext returns what the top of an entry file is read in: the user's word, a comment's, or what fits best.
func entryContext(f *syntax.File, opts Options, fragment bool) catalog.Context {
	switch {
	case !fragment:
		return catalog.Main
	case opts.Contexts != 0:
		return opts.Contexts
	}
	if ctx, ok := commented(f); ok {
		return ctx
	}
	return infer(f.Directives)
}

// commented reads `# ngxproof:context http,server` before the first directive.
func commented(f *syntax.File) (catalog.Context, bool) {
	const mark = "ngxproof:context"
	for _, span := range f.Comments {
		if len(f.Directives) > 0 && span.Start > int(f.Directives[0].Words[0].Start) {
			break
		}
		text := strings.TrimLeft(f.Slice(span), "# \t")
		if rest, ok := strings.CutPrefix(text, mark); ok {
			if ctx, unknown := catalog.ParseContexts(strings.TrimSpace(rest)); unknown == "" {
				return ctx, true
			}
		}
	}
	return 0, false
}

// infer returns the contexts in which a fragment's directives fit best: all those with the fewest misfits below, if
// everything at the top fits; else 0.
func infer(top []*syntax.Directive) catalog.Context {
	var best catalog.Context
	least := -1
	for _, ctx := range catalog.Contexts() {
		if !fitsAll(top, ctx) {
			continue
		}
		switch n := misfits(top, ctx); {
		case least < 0 || n < least:
			best, least = ctx, n
		case n == least:
			best |= ctx
		}
	}
	return best
}

// fitsAll reports whether each directive that is known at all may stand in ctx.
func fitsAll(statements []*syntax.Directive, ctx catalog.Context) bool {
	for _, d := range statements {
		if !fits(d, ctx) {
			return false
		}
	}
	return true
}

// misfits counts the directives in the blocks of statements that may not stand where they would be, a block together
// with everything in it.
func misfits(statements []*syntax.Directive, ctx catalog.Context) int {
	n := 0
	for _, d := range statements {
		if d.Block == nil || d.Block.Raw || catalog.MapLike(d.Name(), ctx) {
			continue
		}
		in := inside(d, ctx)
		var sound []*syntax.Directive
		for _, child := range d.Block.Directives {
			if in == 0 || fits(child, in) {
				sound = append(sound, child)
				continue
			}
			for range child.All() {
				n++
			}
		}
		n += misfits(sound, in)
	}
	return n
}

// fits reports whether d may stand in ctx, as the simple or block directive that it is, or as the simple one that lacks
// its `;`. What is not known fits.
func fits(d *syntax.Directive, ctx catalog.Context) bool {
	known := catalog.Lookup(d.Name())
	if known == nil {
		return true
	}
	for i := range known.Entries {
		e := &known.Entries[i]
		wrongForm := e.Block == catalog.Yes && d.Block == nil || e.Block == catalog.No && d.Block != nil && !opens(swallowed(d), ctx)
		if (e.Contexts == 0 || e.Contexts&ctx != 0) && !wrongForm {
			return true
		}
	}
	return false
}
