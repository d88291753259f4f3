package lint

import (
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Pass is one rule's view of one configuration.
type Pass struct {
	// Rule is the rule that runs.
	Rule *Rule
	// Config is what it looks at.
	Config *config.Config
	// Target is the versions aimed at.
	Target Target
	// Modules are the third-party modules that the user says are in the build, as the user names them.
	Modules []string
	// WebSockets are the paths that the user says WebSockets are opened at.
	WebSockets []WebSocket
	// AnyUpgrade says that fixes are to pass every Upgrade on, h2c too.
	AnyUpgrade bool
	// Bare says that findings need no Evidence.
	Bare bool
	// Unedited says that fixes need no edits.
	Unedited bool

	chosen   *chosen
	run      *run
	current  *config.Directive // what OnDirective or OnVerdict is called for
	broken   bool              // it panicked
	err      error             // its *PanicError
	findings []finding
	dropped  int          // findings beyond MaxFindings
	asked    map[any]bool // the keys of First
}

// Report adds a finding. What the rule leaves out is filled in: Rule, Code, Category, Tags, and, where they are zero,
// Level, Confidence and Chain.
//
// About are the directives that the finding is about: a finding of a rule that supersedes this one, about any of the
// same directives, takes its place. Without any it is about the directive that the rule was called for. A rule about a
// location names the location's block, one about a variable the directive that uses it. The first one's include chain
// is the finding's.
func (p *Pass) Report(d diag.Diagnostic, about ...*config.Directive) { p.report(d, false, about) }

// ReportOptional is Report for a finding that is off by default: it is kept only where the user selects the rule by its
// name or code or gives it a level.
func (p *Pass) ReportOptional(d diag.Diagnostic, about ...*config.Directive) {
	p.report(d, true, about)
}

func (p *Pass) report(d diag.Diagnostic, optional bool, about []*config.Directive) {
	if len(about) == 0 && p.current != nil {
		about = []*config.Directive{p.current}
	}
	wish := p.chosen.wish
	if len(p.chosen.overrides) > 0 {
		var first *config.Directive
		if len(about) > 0 {
			first = about[0]
		}
		wish = p.chosen.at(d.At.File, first)
	}
	if !p.chosen.on(wish) || optional && !p.chosen.named(wish) {
		return
	}
	if len(p.findings) == MaxFindings {
		p.dropped++
		return
	}
	d.Rule, d.Code, d.Category, d.Tags = p.Rule.Name, p.Rule.Code, p.Rule.Category, slices.Clone(p.Rule.Tags)
	switch {
	case wish.level != diag.Off:
		d.Level = wish.level
	case d.Level == diag.Off:
		d.Level = p.Rule.Level
	}
	if d.Confidence == diag.Low {
		d.Confidence = p.Rule.Confidence
	}
	if len(about) > 0 {
		d.Scope = scope(about[0])
	}
	if d.Chain == nil && len(about) > 0 {
		d.Chain = Chain(about[0])
	}
	p.findings = append(p.findings, finding{&d, statements(about)})
}

// statements returns the statements of directives.
func statements(about []*config.Directive) []*syntax.Directive {
	list := make([]*syntax.Directive, len(about))
	for i, a := range about {
		list[i] = a.Directive
	}
	return list
}

// Optionals reports whether ReportOptional keeps findings anywhere, so that it is worth looking for them.
func (p *Pass) Optionals() bool {
	return p.chosen.named(p.chosen.wish) ||
		slices.ContainsFunc(p.chosen.overrides, func(o placed) bool { return p.chosen.named(o.wish) })
}

// First reports whether this is the first time that the rule asks with this key in this configuration, for a rule that
// says a thing once. The key is comparable.
func (p *Pass) First(key any) bool {
	if p.asked[key] {
		return false
	}
	if p.asked == nil {
		p.asked = map[any]bool{}
	}
	p.asked[key] = true
	return true
}

// LoadsModules reports whether the configuration has a load_module directive, so that nginx may know directives and
// variables that no catalog lists.
func (p *Pass) LoadsModules() bool { return p.run.loadsModules() }

// finding is a diagnostic and what it is about.
type finding struct {
	diagnostic *diag.Diagnostic
	about      []*syntax.Directive
}

// Chain returns the include directives that brought d's file in, the entry file's first; nil in the entry file.
func Chain(d *config.Directive) []diag.Label {
	var chain []diag.Label
	for _, include := range d.Chain() {
		chain = append(chain, Included(include))
	}
	return chain
}

// Included returns the include directive as a link of a chain.
func Included(include *config.Directive) diag.Label {
	message := "included here"
	if block := include.Parent; block.Directive != nil {
		message += ", in `" + block.Name() + "`"
	}
	return diag.Label{Location: Head(include), Message: message}
}

// scope returns a directive's place as diag.Diagnostic.Scope has it.
func scope(d *config.Directive) string {
	var room [256]byte
	return string(appendScope(room[:0], d))
}

// appendScope appends a directive's place to text.
func appendScope(text []byte, d *config.Directive) []byte {
	if d.Directive == nil {
		return text
	}
	if text = appendScope(text, d.Parent); len(text) > 0 {
		text = append(text, '/')
	}
	text = append(text, d.Name()...)
	open := byte('[')
	step := func(arg string) {
		text = append(append(text, open), arg...)
		open = ' '
	}
	if d.Name() == "server" && d.Block != nil {
		if name, ok := serverName(d); ok {
			step(name)
		}
	} else {
		for _, word := range d.Args() {
			step(word.Value)
		}
	}
	if open == ' ' {
		text = append(text, ']')
	}
	return text
}

// serverName returns the first name of a server block, if it has one.
func serverName(server *config.Directive) (name string, ok bool) {
	for _, child := range server.Children {
		if child.Name() == "server_name" && len(child.Words) > 1 {
			return child.Arg(1), true
		}
	}
	return "", false
}

// Head returns where the directive's name and arguments stand.
func Head(d *config.Directive) diag.Location {
	return diag.Location{File: d.File.File, Span: d.Directive.Head()}
}

// Word returns where word i of the directive stands, quotes included: 0 is the name, 1 the first argument.
func Word(d *config.Directive, i int) diag.Location {
	return diag.Location{File: d.File.File, Span: d.Words[i].Span()}
}
