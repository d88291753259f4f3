package scaffold

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/signals"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Preset is what an application's documentation asks for.
//
// Each is a file of statements in nginx's grammar, presets/NAME.preset: product, source, confidence, path (one location
// each), upstream, host, read_timeout, sticky, rest, and a location block with further directives. Comments above those
// are printed with them.
type Preset struct {
	// Name is what a user calls it.
	Name string
	// Product is its row in the table of products (pkg/signals).
	Product string
	// Source is where it was read, Confidence how well: "H" in the product's documentation or configuration.
	Source, Confidence string
	// Paths are its locations, written as in Spec.Path.
	Paths []string
	// Upstream is where the application usually listens.
	Upstream string
	// Rest is what serves all other paths: "same" for the same backend, "none" where something else does, or an address.
	Rest string
	// Host is what it wants as Host: "$host" or "$http_host".
	Host string
	// ReadTimeout is the one that its documentation names; 0 for none.
	ReadTimeout time.Duration
	// Heartbeat is how often it sends something while idle; 0 where that is not known.
	Heartbeat time.Duration
	// Sticky says that a client has to stay with one backend.
	Sticky bool

	extras []extra
}

// extra is a directive that a location of the application has beyond the usual.
type extra struct {
	comments []string // without `#`
	words    []string
}

//go:embed presets
var presetFiles embed.FS

// Presets returns all presets, sorted by name. They are not to be changed. The error is that of a file of ours which is
// malformed: a test reads them all.
var Presets = sync.OnceValues(func() ([]*Preset, error) {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil, err
	}
	var all []*Preset
	for _, entry := range entries {
		text, err := presetFiles.ReadFile("presets/" + entry.Name())
		if err != nil {
			return nil, err
		}
		preset, err := parsePreset(strings.TrimSuffix(entry.Name(), ".preset"), string(text))
		if err != nil {
			return nil, fmt.Errorf("preset %s: %w", entry.Name(), err)
		}
		all = append(all, preset)
	}
	return all, nil
})

// LookupPreset returns the preset of that name, or nil.
func LookupPreset(name string) *Preset {
	all, _ := Presets()
	for _, p := range all {
		if strings.EqualFold(p.Name, name) {
			return p
		}
	}
	return nil
}

func parsePreset(name, text string) (*Preset, error) {
	f := syntax.Parse(source.NewFile(name, name, text))
	if len(f.Errors) > 0 {
		return nil, fmt.Errorf("%s", f.Errors[0].Message)
	}
	p := &Preset{Name: name, Rest: "same", Host: "$host"}
	for _, d := range f.Directives {
		if err := p.set(f, d); err != nil {
			return nil, fmt.Errorf("line %d: %w", f.Line(int(d.Words[0].Start)), err)
		}
	}
	at := slices.IndexFunc(signals.Products(), func(row signals.Product) bool { return row.Name == p.Product })
	if at < 0 {
		return nil, fmt.Errorf("there is no product `%s`", p.Product)
	}
	p.Heartbeat = signals.Products()[at].Heartbeat
	return p, nil
}

// set reads one statement of a preset.
func (p *Preset) set(f *syntax.File, d *syntax.Directive) error {
	texts := map[string]*string{
		"product": &p.Product, "source": &p.Source, "confidence": &p.Confidence,
		"upstream": &p.Upstream, "rest": &p.Rest, "host": &p.Host,
	}
	switch name := d.Name(); {
	case name == "location" && d.Block != nil:
		for _, child := range d.Block.Directives {
			p.extras = append(p.extras, extraOf(f, child))
		}
	case len(d.Words) != 2 && name != "path":
		return fmt.Errorf("`%s` takes one argument", name)
	case texts[name] != nil:
		*texts[name] = d.Arg(1)
	case name == "path":
		p.Paths = append(p.Paths, strings.TrimSpace(d.Arg(1)+" "+d.Arg(2)))
	case name == "sticky":
		p.Sticky = d.Arg(1) == "on"
	case name == "read_timeout":
		after, ok := eval.ParseTime(d.Arg(1))
		if !ok {
			return fmt.Errorf("`%s` is no time", d.Arg(1))
		}
		p.ReadTimeout = after
	default:
		return fmt.Errorf("there is no `%s`", name)
	}
	return nil
}

// extraOf reads a directive with the comments above it.
func extraOf(f *syntax.File, d *syntax.Directive) extra {
	var e extra
	for _, span := range f.CommentsAbove(d) {
		e.comments = append(e.comments, strings.TrimSpace(strings.TrimLeft(f.Slice(span), "#")))
	}
	for _, word := range d.Words {
		e.words = append(e.words, word.Value)
	}
	return e
}
