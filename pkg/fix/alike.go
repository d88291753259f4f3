package fix

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// comparer compares heads, one after the other. It has room for the lines of two.
type comparer struct{ lines, others []eval.Line }

// alike reports whether requests end in the same way; in a location with the finding the request line's version and the
// lines Upgrade and Connection may differ, but no upgrade other than a WebSocket's is asked for where none was, and a
// line that was sent twice may be sent once.
func (c *comparer) alike(before, after eval.Outcomes, site, websocket bool) bool {
	return before.Complete == after.Complete && slices.EqualFunc(before.All, after.All, func(a, b *eval.Outcome) bool {
		return a.Status == b.Status && a.Unknown == b.Unknown && (a.Upstream == nil) == (b.Upstream == nil) &&
			a.Decision.Kind == b.Decision.Kind && a.Decision.Redirect == b.Decision.Redirect &&
			(a.Upstream == nil || c.sameHead(a.Upstream, b.Upstream, site) && (!site || websocket || c.upgrades(a.Upstream) || !c.upgrades(b.Upstream)))
	})
}

// sameHead reports whether two heads are byte by byte the same and go to the same place.
func (c *comparer) sameHead(a, b *eval.Upstream, site bool) bool {
	if a.Scheme != b.Scheme || a.Host != b.Host || a.Port != b.Port || a.Socket != b.Socket || a.Method != b.Method || a.URI != b.URI || a.Open != b.Open {
		return false
	}
	if !site && a.Version != b.Version {
		return false
	}
	c.lines, c.others = a.AppendLines(c.lines[:0]), b.AppendLines(c.others[:0])
	if !site {
		return slices.EqualFunc(c.lines, c.others, sameLine)
	}
	return slices.EqualFunc(others(c.lines), others(c.others), sameLine)
}

// upgrades reports whether a head asks for another protocol, or half of it: some backends refuse that, as they do a name
// with a colon too many.
func (c *comparer) upgrades(u *eval.Upstream) bool {
	c.lines = u.AppendLines(c.lines[:0])
	return slices.ContainsFunc(c.lines, func(line eval.Line) bool {
		return strings.EqualFold(strings.TrimRight(line.Name, ":"), "Upgrade") || strings.EqualFold(line.Name, "Connection") && eval.HasToken(line.Value.Text, "upgrade")
	})
}

func sameLine(a, b eval.Line) bool { return a.Name == b.Name && a.Value == b.Value }

// others keeps, in the same room, the lines that no fix may change: not Upgrade and Connection, and each once. One whose
// name ends with a colon, `Upgrade:: websocket`, is a line of that name for who reads it.
func others(lines []eval.Line) []eval.Line {
	kept := lines[:0]
	for _, line := range lines {
		name := strings.TrimSuffix(line.Name, ":")
		free := strings.EqualFold(name, "Upgrade") || strings.EqualFold(name, "Connection")
		again := slices.ContainsFunc(kept, func(k eval.Line) bool { return strings.EqualFold(k.Name, line.Name) && k.Value == line.Value })
		if !free && !again {
			kept = append(kept, line)
		}
	}
	return kept
}
