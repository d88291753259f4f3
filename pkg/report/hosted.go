package report

import (
	"path"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// project is where ngxproof and its rule pages are.
const project = "https://github.com/ngxproof/ngxproof"

// pageURL is where a rule's page is read.
func pageURL(category, rule string) string {
	return project + "/blob/main/rules/" + category + "/" + rule + ".md"
}

// hosted is a finding as a host gets it.
type hosted struct {
	*diag.Diagnostic
	print string // what identifies it from one run to the next
}

// file returns the name of the finding's file, "" for none.
func (d hosted) file() string {
	if d.At.File == nil {
		return ""
	}
	return d.At.File.Name
}

// hostedFindings returns the findings in order, suppressed ones where they are asked for. Those count for the numbers in
// the fingerprints of equals either way.
func hostedFindings(r Result, o Options) []hosted {
	prints := diag.Fingerprints(r.Diagnostics)
	found := make([]hosted, 0, len(prints))
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.Suppressed == nil || o.Suppressed {
			found = append(found, hosted{d, prints[i]})
		}
	}
	return found
}

// path returns what a host calls a file, "" for none.
func (o Options) path(name string) string {
	if o.Repository != nil {
		name = o.Repository(name)
	}
	if name == "" {
		return ""
	}
	return path.Clean(name)
}

// shown returns where a location starts and ends as a host counts, the end exclusive. What comes after the last line's LF
// is on no line that a host knows: it is moved to the end of that line. A location without a file is all ones.
func shown(at diag.Location) (start, end source.Position) {
	if at.File == nil {
		first := source.Position{Line: 1, Column: 1, Byte: 1, UTF16: 1}
		return first, first
	}
	start = onLine(at.File, at.Span.Start)
	return start, onLine(at.File, max(at.Span.Start, at.Span.End))
}

// onLine returns the position of an offset, or the end of the last line for one after its LF.
func onLine(f *source.File, offset int) source.Position {
	p := f.Position(offset)
	if p.Offset == len(f.Text) && p.Byte == 1 && p.Line > 1 {
		return f.Position(f.LineSpan(p.Line - 1).End)
	}
	return p
}

// worstFirst orders findings by level; those of one level stay in order.
func worstFirst(a, b hosted) int { return int(b.Level) - int(a.Level) }
