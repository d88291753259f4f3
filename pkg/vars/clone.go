package vars

import (
	"maps"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// Clone returns a run that stands where r does and goes on without changing r. Its World answers as r's did until now.
func (r *Run) Clone() *Run {
	c := *r
	c.slots = slices.Clone(r.slots)
	c.index = maps.Clone(r.index)
	c.World = r.World.Frozen()
	return &c
}

// Frozen returns a World of its own that gives the answers that w gave until now, and to every new question the first.
// Its Choices counts the new questions only. It is nil for nil.
func (w *World) Frozen() *World {
	if w == nil {
		return nil
	}
	return &World{answers: maps.Clone(w.answers)}
}

// Restart makes r a run of another request before its first step, as NewRun does, in the memory that it has.
func (t *Table) Restart(r *Run, req *Request, v catalog.Version, w *World) {
	slots := r.slots[:0]
	*r = Run{Table: t, Version: v, Request: req, World: w, Method: req.Method, Headers: req.Headers}
	r.slots = slots
}

// Untouched reports whether the run got where it stands without looking at a variable, its nginx's version or its World,
// so that a request that differs in nothing else than header lines would stand there too.
func (r *Run) Untouched() bool {
	return len(r.slots) == 0 && !r.usesVersion && !r.failed && r.World.Choices() == 0
}

// Resume makes r stand where from does, which is Untouched, with another request.
func (r *Run) Resume(from *Run, req *Request, w *World) {
	slots := r.slots[:0]
	*r = *from
	r.slots, r.index = slots, nil
	r.Request, r.Headers, r.World = req, req.Headers, w
}
