package difftest

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// halves are the files of a case, divided for a process that it shares: what its neighbours must say too, and its own.
type halves struct {
	head, settings, tail string // the root up to `http {`, the http level's settings, and the rest of the root
	own                  string // servers, upstreams, and what else at http level is named with the case's ID
}

// Shared lets a case with files of its own run in one process with those that say the same at http level, apart from
// servers, upstreams and what is named with the case's ID. A case that cannot stays alone.
func (c *Case) Shared() *Case {
	h := c.halved()
	if h == nil {
		return c
	}
	d := c.Clone()
	d.halves, d.Alone = h, false
	return d
}

// around is the root of a process that the case shares with others: its settings, and what includes them all.
func (c *Case) around(includes []*Directive, prefix string) string {
	p := &printer{files: map[string]string{}}
	if h := c.halves; h != nil {
		return c.fromCanonical(h.head+"\n"+h.settings+p.print(includes, 1)+h.tail, Addresses{Prefix: prefix})
	}
	return strings.ReplaceAll(p.print(preamble(slices.Concat(c.HTTP, includes)), 0), "{PREFIX}", prefix)
}

// halved divides the files; nil where they cannot be.
func (c *Case) halved() *halves {
	root := parseText(c.Text["nginx.conf"])
	i := slices.IndexFunc(root.Directives, func(d *syntax.Directive) bool { return d.Name() == "http" && d.Block != nil })
	if i < 0 || len(root.Errors) > 0 {
		return nil
	}
	block := root.Directives[i].Block
	h := &halves{head: root.Text[:block.Open+1], tail: root.Text[block.Close:]}
	if !c.divide(h, root, block.Directives) {
		return nil
	}
	elsewhere := Addresses{Front: 1, Backends: [3]int{2, 3, 4}, Down: 5, Prefix: Canonical.Prefix}
	common := h.head + h.settings + h.tail
	if strings.Contains(common, c.ID) || c.fromCanonical(common, elsewhere) != common {
		return nil
	}
	return h
}

// divide sorts the directives of the http level, and of what it includes, into the halves.
func (c *Case) divide(h *halves, f *syntax.File, directives []*syntax.Directive) bool {
	for _, d := range directives {
		text := f.Text[d.Span().Start:d.Span().End] + "\n"
		switch d.Name() {
		case "include":
			if !c.divideIncluded(h, d.Arg(1)) {
				return false
			}
		case "server", "upstream":
			h.own += text
		case "map", "geo", "split_clients":
			if strings.Contains(text, c.ID) {
				h.own += text
			} else {
				h.settings += text
			}
		default:
			h.settings += text
		}
	}
	return true
}

func (c *Case) divideIncluded(h *halves, pattern string) bool {
	for _, name := range slices.Sorted(maps.Keys(c.Text)) {
		if match, err := path.Match(pattern, name); err != nil || !match {
			continue
		}
		f := parseText(c.Text[name])
		if len(f.Errors) > 0 || !c.divide(h, f, f.Directives) {
			return false
		}
	}
	return true
}

func parseText(text string) *syntax.File {
	return syntax.Parse(source.NewFile("nginx.conf", "nginx.conf", text))
}
