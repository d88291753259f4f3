package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// insert puts a location into the configuration that has the file.
func (a *app) insert(k *newAsk, spec scaffold.Spec) error {
	switch {
	case k.into == "-":
		return errors.New("--into takes a file; standard input can't be changed")
	case isFolder(k.into):
		return fmt.Errorf("--into: %s is a folder", source.Printable(k.into))
	}
	jobs, err := a.jobs(&k.ask, []string{k.into})
	if err != nil {
		return err
	}
	j := jobs[0]
	if err := errors.Join(append(j.targets.errs, j.targets.limits()...)...); err != nil {
		return err
	}
	place, err := placeIn(j, k)
	if err != nil {
		return err
	}
	spec.Profiles = j.opts.lint.Target.Profiles
	done, err := scaffold.Into(place, spec)
	if err != nil {
		return fmt.Errorf("--into %s: %w", source.Printable(k.into), err)
	}
	var all []fix.Change
	editable := j.targets.editable(false)
	for _, c := range done.Changed {
		if !editable(c.Before.Path) {
			return fmt.Errorf("--into: %s would change, but it lies outside of the root's folder", source.Printable(c.Before.Name))
		}
		all = append(all, fix.Change(c))
	}
	if err := rewrite(all); err != nil {
		return err
	}
	a.inserted(done)
	return a.judgeNew(j, done)
}

// placeIn says where a location goes: into a server that stands in the file, or, where nginx starts from the file, in any
// that it includes.
func placeIn(j *job, k *newAsk) (scaffold.Place, error) {
	if len(j.targets.configs) == 0 {
		return scaffold.Place{}, fmt.Errorf("--into: %s holds no configuration", source.Printable(k.into))
	}
	entry := j.targets.configs[:1]
	place := scaffold.Place{
		Reader: j.targets.reader, Dir: j.targets.dir, Server: k.server,
		Load: func(r source.Reader) (*config.Config, error) {
			all, err := j.targets.reload(r, entry)
			if err != nil {
				return nil, err
			}
			return all[0], nil
		},
	}
	if id := identity(k.into); identity(entry[0].Entry.Path) != id {
		place.In = func(path string) bool { return identity(path) == id }
	}
	return place, nil
}

// inserted says what was added where.
func (a *app) inserted(done *scaffold.Insertion) {
	for _, l := range done.Locations {
		fmt.Fprintf(a.out, "%s:%d: added `%s`\n", source.Printable(l.File.Name), l.File.Line(l.Head().Start), source.Printable(l.File.Slice(l.Head())))
	}
	for _, c := range done.Changed {
		if newMaps(fix.Change(c)) > 0 {
			fmt.Fprintf(a.out, "%s: added the maps %s\n", source.Printable(c.Before.Name), strings.Join(done.Maps, " and "))
		}
	}
	for _, note := range done.Notes {
		a.warn(note)
	}
}

// judgeNew says what the rules find in the new locations: what the configuration around them makes of them.
func (a *app) judgeNew(j *job, done *scaffold.Insertion) error {
	found, err := j.linter.Run(done.Config)
	for i := range found {
		d := &found[i]
		for _, l := range done.Locations {
			if d.At.File != nil && d.At.File.Path == l.File.Path && l.Directive.Span().Contains(d.At.Span.Start) {
				a.warn(fmt.Sprintf("%s:%d: %s[%s]: %s", source.Printable(d.At.File.Name), d.At.File.Line(d.At.Span.Start), d.Level, d.Rule, source.Printable(d.Message)))
				break
			}
		}
	}
	return err
}
