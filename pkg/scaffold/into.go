package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Place is where a location is to be put.
type Place struct {
	// Reader is where the files are, and Dir the folder that relative paths start from ("" where there is none).
	Reader source.Reader
	Dir    string
	// Load loads the configuration through a reader.
	Load func(source.Reader) (*config.Config, error)
	// In says whether a server in the file at a path may be meant; nil for all.
	In func(path string) bool
	// Server is a name of the server that is meant; "" where there is one only. Spec.Listen tells servers of one name
	// apart.
	Server string
}

// Insertion is a configuration with a location in it that was not there.
type Insertion struct {
	// Changed are the files that have another text now, those with nothing but the maps first. Nothing is written yet.
	Changed []Change
	// Config is the configuration as it is now, Locations are the new ones in it.
	Config    *config.Config
	Locations []*config.Directive
	// Maps are the variables (with `$`) of the maps that were added, sorted.
	Maps []string
	// Notes say what could not be found out, one sentence each.
	Notes []string
}

// Change is a file with another text.
type Change struct {
	// Before is the file as it was read.
	Before *source.File
	After  string
}

// Into puts the location that the spec wants into a server of a configuration, the maps that it needs once at http
// level, and an upstream block, where there are several backends, above the server. Nothing else changes. It fails where
// no server is meant, or several may be, where the path is taken, where requests would not get to the new location, and
// where the server would keep it from working.
func Into(place Place, spec Spec) (*Insertion, error) {
	cfg, err := place.Load(place.Reader)
	if err != nil {
		return nil, err
	}
	listen := spec.Listen
	spec.Listen = nil
	w, err := spec.resolve(Location)
	if err != nil {
		return nil, err
	}
	for _, f := range cfg.Files {
		if len(f.Errors) > 0 {
			return nil, fmt.Errorf("%s: %s; `ngxproof lint` says more", spot(f.File, f.Errors[0].Span.Start), f.Errors[0].Message)
		}
	}
	servers, err := place.servers(cfg, listen)
	if err != nil {
		return nil, err
	}
	if len(servers) > maxTried {
		return nil, several(servers)
	}
	var tries []*try
	for _, server := range servers {
		t := &try{place: place, config: cfg, server: server, index: slices.Index(cfg.Servers(), server), want: *w}
		if err := t.probe(); err != nil {
			return nil, err
		}
		tries = append(tries, t)
	}
	t, err := choose(tries)
	if err != nil {
		return nil, err
	}
	return t.insert()
}

// try is a location in one of the servers that may be meant.
type try struct {
	place   Place
	config  *config.Config
	server  *config.Directive
	index   int // of the server among all
	want    want
	probed  *config.Config // with a location that has no Upgrade and Connection yet
	bare    []diag.Edit    // what was edited for it
	refused error          // why it can't be there
	notes   []string
}

// choose returns the one try that can be: a server that answers everything by itself is not meant.
func choose(tries []*try) (*try, error) {
	var open []*try
	for _, t := range tries {
		if !errors.Is(t.refused, errAnswers) {
			open = append(open, t)
		}
	}
	switch {
	case len(open) == 0:
		return nil, tries[0].refused
	case len(open) > 1:
		var servers []*config.Directive
		for _, t := range open {
			servers = append(servers, t.server)
		}
		return nil, several(servers)
	}
	return open[0], open[0].refused
}

// maxTried is in how many servers the location is tried, each time with the whole configuration.
const maxTried = 16

// several asks the user to choose.
func several(servers []*config.Directive) error {
	return fmt.Errorf("several servers may be meant; choose by --server NAME, and by --listen PORT where names are the same: %s", listed(servers))
}

// probe puts the location there without its two headers and looks whether requests get to it.
func (t *try) probe() error {
	for _, p := range t.want.paths {
		if other := taken(t.server, p); other != nil {
			t.refused = fmt.Errorf("`%s` is taken: %s", p, spot(other.File.File, other.Head().Start))
			return nil
		}
	}
	t.adapt()
	bare := t.want
	bare.upgrade = ""
	edits, err := t.edits(&bare)
	if err != nil {
		return err
	}
	if t.probed, _, err = t.load(edits); err != nil {
		return err
	}
	t.bare = edits
	t.refused = t.reach()
	return nil
}

// edits returns what changes in the files as they were read.
func (t *try) edits(w *want) ([]diag.Edit, error) {
	plan := mend.New(eval.New(t.config), mend.Options{Profiles: w.spec.Profiles}).Plan()
	if pool := w.upstreams(); pool != nil {
		lines, err := printed(blockOf(pool...))
		if err != nil {
			return nil, err
		}
		plan.AddBlockBefore(t.server, lines)
	}
	lines, err := printed(blockOf(w.locations()...))
	if err != nil {
		return nil, err
	}
	plan.AddBlock(t.server, lines)
	if reason := plan.Refused(); reason != "" {
		return nil, fmt.Errorf("%s: %s", describe(t.server), reason)
	}
	return plan.Fix(diag.Safe, "").Edits, nil
}

// load loads the configuration with edits made.
func (t *try) load(edits []diag.Edit) (*config.Config, []Change, error) {
	var changed []Change
	var over []*source.File
	for _, f := range t.config.Files {
		own := slices.DeleteFunc(slices.Clone(edits), func(e diag.Edit) bool { return e.File.Path != f.Path })
		if len(own) == 0 {
			continue
		}
		slices.SortStableFunc(own, func(a, b diag.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
		after := mend.Apply(f.Text, own)
		changed = append(changed, Change{f.File, after})
		over = append(over, source.NewFile(f.Name, f.Path, after))
	}
	cfg, err := t.place.Load(source.NewOverlay(t.place.Reader, t.place.Dir, over...))
	return cfg, changed, err
}

// insert makes the maps, gives the location its two headers and looks whether it then works.
func (t *try) insert() (*Insertion, error) {
	locations := t.found(t.probed)
	plan := mend.New(eval.New(t.probed), mend.Options{Profiles: t.want.spec.Profiles, AnyUpgrade: t.want.spec.AnyUpgrade}).Plan(locations...)
	t.want.upgrade, t.want.connection = plan.UpgradeVariable(), plan.ConnectionVariable()
	var maps []diag.Edit
	if fix := plan.Fix(diag.Safe, ""); fix != nil {
		maps = fix.Edits
	}
	if reason := plan.Refused(); reason != "" {
		return nil, errors.New(reason)
	}
	own, err := t.edits(&t.want)
	if err != nil {
		return nil, err
	}
	if maps, err = unprobed(maps, t.bare); err != nil {
		return nil, err
	}
	after, changed, err := t.load(append(maps, own...))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(changed, func(a, b Change) int { return t.order(a) - t.order(b) })
	done := &Insertion{Changed: changed, Config: after, Locations: t.found(after), Notes: t.notes}
	for _, variable := range []string{t.want.connection, t.want.upgrade} {
		if len(after.Definitions(variable[1:])) > len(t.config.Definitions(variable[1:])) {
			done.Maps = append(done.Maps, variable)
		}
	}
	return done, t.works(done)
}

// order puts the file that the location comes to last: what it uses is then there.
func (t *try) order(c Change) int {
	if c.Before.Path == t.server.File.Path {
		return 1
	}
	return 0
}

// unprobed moves edits of the probed configuration to where they belong in the files as they were read: probe is what
// was edited there.
func unprobed(edits, probe []diag.Edit) ([]diag.Edit, error) {
	var all []diag.Edit
	for _, e := range edits {
		shift := 0
		for _, p := range probe { // in order of their places
			if p.File.Path != e.File.Path || p.Span.Start+shift >= e.Span.End {
				continue
			}
			if p.Span.Start+shift+len(p.Text) > e.Span.Start {
				return nil, fmt.Errorf("%s: the maps would stand in their location", source.Printable(e.File.Name))
			}
			shift += len(p.Text) - p.Span.Len()
		}
		e.Span.Start, e.Span.End = e.Span.Start-shift, e.Span.End-shift
		all = append(all, e)
	}
	return all, nil
}

// found returns the new locations in a configuration that has them: the last of their names in the server.
func (t *try) found(c *config.Config) []*config.Directive {
	var all []*config.Directive
	server := c.Servers()[t.index]
	for _, p := range t.want.paths {
		for i := len(server.Children) - 1; i >= 0; i-- {
			if d := server.Children[i]; d.File.Path == t.server.File.Path && d.Name() == "location" && named(d) == p {
				all = append(all, d)
				break
			}
		}
	}
	return all
}
