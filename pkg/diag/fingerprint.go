package diag

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// Fingerprints returns what identifies each finding from one run to the next, in the order of the findings: 32
// hexadecimal digits, and for the second and later ones among equals "-2", "-3" and so on.
//
// A finding is the same one as long as the same rule says it of the same statement in the same blocks of the same file.
// So it stays the same when lines are inserted above, when a block moves within its file, when indentation, blank lines
// or line ends change, when text elsewhere in its blocks changes, and when a later release words the message
// differently. It is another one when the statement or the arguments of an enclosing block change: mending one mistake
// and making another of the same kind never adds up to nothing, as it does with counts. Equal statements in equal blocks
// can't be told apart: of those, one more is one more finding, and one less is one less.
func Fingerprints(diagnostics []Diagnostic) []string {
	prints := make([]string, len(diagnostics))
	seen := make(map[string]int, len(diagnostics))
	for i := range diagnostics {
		prints[i] = identity(&diagnostics[i])
		seen[prints[i]]++
		if n := seen[prints[i]]; n > 1 {
			prints[i] = fmt.Sprintf("%s-%d", prints[i], n)
		}
	}
	return prints
}

// identity hashes what a finding is about. Each part is led by its length, so that no two lists of parts run together.
func identity(d *Diagnostic) string {
	hash := sha256.New()
	for _, part := range []string{d.Rule, d.At.name(), d.Scope, statement(d)} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// statement returns the text that the finding stands at with blanks made single: of a span over several lines the first
// line, because what follows is the inside of a block; without a scope the whole of that line.
func statement(d *Diagnostic) string {
	if d.At.File == nil {
		return ""
	}
	file, span := d.At.File, d.At.Span
	size := len(file.Text)
	span.Start = max(0, min(span.Start, size))
	line := file.LineSpan(file.Line(span.Start))
	if d.Scope == "" {
		span.Start = line.Start
		span.End = line.End
	}
	span.End = max(span.Start, min(span.End, line.End))
	return singleBlanks(file.Slice(limited(span)))
}

// limited cuts a span after 4 KiB: many findings on one endless line must not each hash all of it.
func limited(span source.Span) source.Span {
	span.End = min(span.End, span.Start+4096)
	return span
}

// singleBlanks replaces each run of what nginx takes for blanks by one space and removes those at the ends.
func singleBlanks(text string) string {
	blank := func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }
	return strings.Join(strings.FieldsFunc(text, blank), " ")
}
