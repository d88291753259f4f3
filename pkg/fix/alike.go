package fix

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// alike reports whether requests end in the same way; in a location with the finding the request line's version and the
// lines Upgrade and Connection may differ, but no upgrade other than a WebSocket's is asked for where none was, and a
// line that was sent twice may be sent once.
func alike(before, after eval.Outcomes, site, websocket bool) bool {
	return before.Complete == after.Complete && slices.EqualFunc(before.All, after.All, func(a, b *eval.Outcome) bool {
		return a.Status == b.Status && a.Unknown == b.Unknown && (a.Upstream == nil) == (b.Upstream == nil) &&
			a.Decision.Kind == b.Decision.Kind && a.Decision.Redirect == b.Decision.Redirect &&
			(a.Upstream == nil || sameHead(a.Upstream, b.Upstream, site) && (!site || websocket || upgrades(a.Upstream) || !upgrades(b.Upstream)))
	})
}

// sameHead reports whether two heads are byte by byte the same and go to the same place.
func sameHead(a, b *eval.Upstream, site bool) bool {
	if a.Scheme != b.Scheme || a.Host != b.Host || a.Port != b.Port || a.Socket != b.Socket || a.Method != b.Method || a.URI != b.URI || a.Open != b.Open {
		return false
	}
	if !site {
		return a.Version == b.Version && slices.EqualFunc(a.Lines(), b.Lines(), sameLine)
	}
	return slices.EqualFunc(others(a.Lines()), others(b.Lines()), sameLine)
}

// upgrades reports whether a head asks for another protocol, or half of it: some backends refuse that, as they do a name
// with a colon too many.
func upgrades(u *eval.Upstream) bool {
	return slices.ContainsFunc(u.Lines(), func(line eval.Line) bool {
		return strings.EqualFold(strings.TrimRight(line.Name, ":"), "Upgrade") || strings.EqualFold(line.Name, "Connection") && token(line.Value.Text, "upgrade")
	})
}

func sameLine(a, b eval.Line) bool { return a.Name == b.Name && a.Value == b.Value }

// others returns the lines that no fix may change: not Upgrade and Connection, and each once. One whose name ends with a
// colon, `Upgrade:: websocket`, is a line of that name for who reads it.
func others(lines []eval.Line) []eval.Line {
	var kept []eval.Line
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
