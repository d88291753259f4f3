// Package mend answers: which bytes change to set a directive, a header set or a map?
//
// It chooses and reuses maps, copies inherited header sets, builds and merges edits and shows them as a unified diff. It
// decides nothing about harm: that is pkg/fix's question.
//
// A rule makes one Mender for a configuration (New), and for each finding a Plan of the places that have the finding:
//
//	plan := mender.Plan(site.level)          // every location (or if, server, ...) that has the finding
//	plan.HTTPVersion()                       // proxy_http_version 1.1 where the handshake would be HTTP/1.0
//	plan.UpgradePair()                       // Upgrade and Connection, with maps per "Which map"
//	diagnostic.Fix = plan.Fix(diag.Safe, "forward the handshake")
//
// Steps may be put together: SetDirective, SetHeader, RemoveHeader, AddToList, Remove, ReplaceWord, SetEntry, Upgrade,
// Connection. A step that can't be done (a header set that is not fully known, a map that has no place) makes the plan
// refuse: its Fix is Display, with the reason as its risk.
package mend

import (
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Options are what a user decides about fixes.
type Options struct {
	// Profiles are the ranges of nginx versions aimed at; none for all.
	Profiles []catalog.Profile
	// AnyUpgrade passes every Upgrade on, h2c too: the classic map.
	AnyUpgrade bool
	// Unedited says that nobody will look at the edits of fixes, only at their class: then none are made.
	Unedited bool
}

// Mender plans the edits of one configuration. What it finds out is kept. It is safe for concurrent use.
type Mender struct {
	eval     *eval.Evaluator
	config   *config.Config
	opts     Options
	versions []catalog.Version // those aimed at whose heads differ

	mu        sync.Mutex
	reached   map[string]map[*syntax.Directive][]*config.Directive // by directive name and block: who takes it from there
	includes  bool                                                 // there are files besides the entry file
	owners    map[*syntax.Directive][]*config.Directive            // a statement's places, which are several where a file is included twice
	pairs     map[pairKey]string                                   // the map that gives these results; "" for none
	layouts   map[*syntax.File]string                              // one step of indentation
	variables map[string]variableUse                               // what variableUsers was asked
	passes    []*config.Directive                                  // the blocks with a proxy_pass
	mentions  map[string]bool                                      // the variables that the files mention, in lower case
}

// differing returns a version of each profile whose heads differ from those of the one before.
func differing(profiles []catalog.Profile) []catalog.Version {
	var versions []catalog.Version
	for _, p := range profiles {
		if n := len(versions); n == 0 || !eval.Alike(versions[n-1], p.Representative) {
			versions = append(versions, p.Representative)
		}
	}
	return versions
}

// New returns a mender for the evaluator's configuration.
func New(e *eval.Evaluator, opts Options) *Mender {
	if len(opts.Profiles) == 0 {
		opts.Profiles = catalog.Profiles()
	}
	return &Mender{
		versions: differing(opts.Profiles), eval: e, config: e.Config(), opts: opts,
		reached: map[string]map[*syntax.Directive][]*config.Directive{}, pairs: map[pairKey]string{}, layouts: map[*syntax.File]string{},
		variables: map[string]variableUse{},
	}
}
