package difftest

import (
	"maps"
	"slices"
	"strings"
)

// Shrink gives a smaller case that still disagrees: one request, the fewest statements, header lines, answer lines and
// the plainest layout that do. disagree must be true for the case given; it is asked two thousand times at most, with
// copies it may keep.
func Shrink(c *Case, disagree func(*Case) bool) *Case {
	s := &shrinker{best: c.Clone(), disagree: disagree}
	for s.asked < shrinkLimit && s.pass() {
	}
	return s.best
}

// shrinkLimit bounds how often a disagreement is asked for.
const shrinkLimit = 2000

type shrinker struct {
	best     *Case
	disagree func(*Case) bool
	asked    int
}

// pass tries everything once and says whether something helped.
func (s *shrinker) pass() bool {
	before := s.best
	s.requests()
	s.try(func(c *Case) { c.Layout = Layout{} })
	s.try(func(c *Case) { c.HTTP, c.Named, c.Servers = inline(c.HTTP), inline(c.Named), inline(c.Servers) })
	for _, list := range []func(*Case) *[]*Directive{
		func(c *Case) *[]*Directive { return &c.Servers },
		func(c *Case) *[]*Directive { return &c.Named },
		func(c *Case) *[]*Directive { return &c.HTTP },
	} {
		s.directives(list)
	}
	for i := range s.best.Requests {
		s.lines(i)
	}
	return s.best != before
}

// try keeps a changed copy if it disagrees still.
func (s *shrinker) try(change func(*Case)) bool {
	c := s.best.Clone()
	change(c)
	s.asked++
	if s.asked > shrinkLimit || same(c, s.best) || !s.disagree(c.Clone()) {
		return false
	}
	s.best = c
	return true
}

// same says whether a change changed nothing.
func same(a, b *Case) bool {
	if a.Layout != b.Layout || len(a.Requests) != len(b.Requests) || !maps.Equal(a.Files(Canonical), b.Files(Canonical)) {
		return false
	}
	return slices.EqualFunc(a.Requests, b.Requests, func(x, y Request) bool {
		return x.Raw == y.Raw && x.Answer.Body == y.Answer.Body && slices.Equal(x.Answer.Headers, y.Answer.Headers)
	})
}

// requests keeps one alone if that will do, else drops one after the other.
func (s *shrinker) requests() {
	for i := range s.best.Requests {
		if len(s.best.Requests) > 1 && s.try(func(c *Case) { c.Requests = c.Requests[i : i+1] }) {
			return
		}
	}
	for i := len(s.best.Requests) - 1; i >= 0 && len(s.best.Requests) > 1; i-- {
		s.try(func(c *Case) { c.Requests = slices.Delete(c.Requests, i, i+1) })
	}
}

// directives drops statements of a list and of the blocks in it, then puts the inside of a block in its place.
func (s *shrinker) directives(list func(*Case) *[]*Directive) {
	for at := count(*list(s.best)) - 1; at >= 0; at-- {
		if !s.try(func(c *Case) { edit(list(c), at, func(*Directive) []*Directive { return nil }) }) {
			s.try(func(c *Case) { edit(list(c), at, func(d *Directive) []*Directive { return d.Block }) })
		}
		s.try(func(c *Case) {
			edit(list(c), at, func(d *Directive) []*Directive { d.Comment = ""; return []*Directive{d} })
		})
	}
}

func count(list []*Directive) int {
	n := 0
	walk(list, func(*Directive) { n++ })
	return n
}

// edit replaces the statement of that number, outer before inner, and says how many numbers it passed.
func edit(list *[]*Directive, at int, replace func(*Directive) []*Directive) int {
	passed := 0
	for i, d := range *list {
		if passed == at {
			*list = slices.Replace(*list, i, i+1, replace(d)...)
			return passed + 1
		}
		passed++
		inside := count(d.Block)
		if at < passed+inside {
			edit(&d.Block, at-passed, replace)
			return passed + inside
		}
		passed += inside
	}
	return passed
}

// inline puts the statements of included files where the include stands.
func inline(list []*Directive) []*Directive {
	var out []*Directive
	for _, d := range list {
		d.Block = inline(d.Block)
		if d.File != "" {
			out = append(out, d.Block...)
			continue
		}
		out = append(out, d)
	}
	return out
}

// lines drops lines of a request's head, its body, and lines and body of the answer.
func (s *shrinker) lines(i int) {
	lines := strings.SplitAfter(string(s.best.Requests[i].Raw), "\n")
	for at := len(lines) - 1; at > 0; at-- {
		if strings.Trim(lines[at], "\r\n") == "" {
			continue
		}
		without := slices.Delete(slices.Clone(lines), at, at+1)
		if s.try(func(c *Case) { c.Requests[i].Raw = Bytes(strings.Join(without, "")) }) {
			lines = without
		}
	}
	for at := len(s.best.Requests[i].Answer.Headers) - 1; at >= 0; at-- {
		s.try(func(c *Case) {
			a := &c.Requests[i].Answer
			a.Headers = slices.Delete(slices.Clone(a.Headers), at, at+1)
		})
	}
	s.try(func(c *Case) { c.Requests[i].Answer.Body = "" })
}

// String shows the case as a person would try it: its files, then each request with its answer.
func (c *Case) String() string {
	var b strings.Builder
	files := c.Files(Canonical)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.WriteString("-- " + name + " --\n" + files[name])
	}
	for i, r := range c.Requests {
		b.WriteString("-- request --\n" + quoteLines(string(c.Raw(i, Canonical))))
		answer := r.Answer.filled(c, Canonical)
		if r.Answer.Strict {
			b.WriteString("-- answer of a strict backend --\n")
			continue
		}
		b.WriteString("-- answer --\n" + quoteLines(string(answer.bytes("GET", ""))))
	}
	return b.String()
}

// quoteLines makes every byte visible, a line a line.
func quoteLines(text string) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if line != "" {
			b.WriteString(quoted(line) + "\n")
		}
	}
	return b.String()
}
