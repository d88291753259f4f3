package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// srcRoot is what GitHub calls the root of the repository.
const srcRoot = "%SRCROOT%"

// maxRelated is how many further places GitHub takes of one result, less the result's own.
const maxRelated = 99

// sarifWriter turns findings into results.
type sarifWriter struct {
	o      Options
	rules  map[string]int // where each rule is
	hashes map[*source.File][]string
	fixes  bool // whether fixes are written
}

func (s *sarifWriter) result(d hosted) sarifResult {
	message, related := s.message(d.Diagnostic)
	r := sarifResult{
		RuleID: text(d.Rule), Level: sarifLevels[d.Level], Message: message,
		Locations: []sarifLocation{}, RelatedLocations: related,
		PartialFingerprints: sarifFingerprints{s.lineHash(d.At), d.print},
		Properties:          sarifResultProperties{d.Confidence.String(), texts(d.Nginx)},
	}
	if i, ok := s.rules[d.Rule]; ok {
		r.RuleIndex = &i
	}
	if d.At.File != nil {
		r.Locations = append(r.Locations, s.location(d.At))
	}
	if d.Fix != nil && d.Fix.Safety != diag.Display && s.fixes {
		r.Fixes = []sarifFix{s.fix(d.Fix)}
	}
	if d.Suppressed != nil {
		r.Suppressions = []sarifSuppression{s.suppression(d.Suppressed)}
	}
	return r
}

// lineHash returns the hash of the line that a finding starts on, "" for none.
func (s *sarifWriter) lineHash(at diag.Location) string {
	if at.File == nil {
		return ""
	}
	hashes, ok := s.hashes[at.File]
	if !ok {
		hashes = lineHashes(at.File.Text)
		s.hashes[at.File] = hashes
	}
	start, _ := shown(at)
	return hashes[min(start.Line, len(hashes))-1]
}

// message returns what GitHub shows of a result, whose first sentence is the title, and the places that it links to: GitHub
// shows no others.
func (s *sarifWriter) message(d *diag.Diagnostic) (sarifText, []sarifLocation) {
	message := sentence(d.Message)
	for _, more := range []string{d.Note, d.Help} {
		if more != "" {
			message += " " + sentence(more)
		}
	}
	if len(d.Nginx) > 0 {
		message += " Holds for nginx " + strings.Join(d.Nginx, " and ") + "."
	}
	var related []sarifLocation
	var links []string
	for _, label := range slices.Concat(d.Labels, d.Chain) {
		if label.File == nil || label.Message == "" || len(related) == maxRelated {
			continue
		}
		at := s.location(label.Location)
		at.ID = len(related) + 1
		at.Message = &sarifText{text(label.Message)}
		related = append(related, at)
		links = append(links, "["+bracketEscaper.Replace(label.Message)+"]("+strconv.Itoa(at.ID)+")")
	}
	message = unlinked(message)
	if len(links) > 0 {
		message += " See " + strings.Join(links, ", ") + "."
	}
	return sarifText{text(strings.TrimSpace(message))}, related
}

// sentence makes a sentence of a message: a capital at the start, a period at the end unless it has its own mark.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if c := s[0]; c >= 'a' && c <= 'z' {
		s = string(c-'a'+'A') + s[1:]
	}
	if strings.ContainsRune(".?!", rune(s[len(s)-1])) {
		return s
	}
	return s + "."
}

// bracketEscaper writes brackets so that they are no link.
var bracketEscaper = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`)

// unlinked escapes the brackets of a text, a regular expression's say, where they would begin or end a link: hosts that
// know no escapes show the others as they are.
func unlinked(s string) string {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 || strings.Contains(s, "](") {
		return bracketEscaper.Replace(s)
	}
	return s
}

func (s *sarifWriter) location(at diag.Location) sarifLocation {
	start, end := shown(at)
	return sarifLocation{Physical: sarifPhysical{s.artifact(at.File), sarifRegionOf(start, end)}}
}

// sarifRegionOf counts columns in UTF-16 units, which the run's columnKind says.
func sarifRegionOf(start, end source.Position) sarifRegion {
	return sarifRegion{start.Line, start.UTF16, end.Line, end.UTF16}
}

// artifact names a file by a URI: one of the repository from its root, any other absolutely.
func (s *sarifWriter) artifact(f *source.File) sarifArtifact {
	path := s.o.path(f.Name)
	switch {
	case strings.HasPrefix(path, "/"):
		return sarifArtifact{URI: "file://" + escapeURI(path)}
	case len(path) > 2 && isLetter(path[0]) && path[1] == ':' && path[2] == '/':
		return sarifArtifact{URI: "file:///" + path[:2] + escapeURI(path[2:])}
	default:
		return sarifArtifact{escapeURI(path), srcRoot}
	}
}

// isLetter reports whether a byte can name a drive.
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// escapeURI writes a path as the path of a URI: every byte that is not unreserved (RFC 3986, 2.3) by its number.
func escapeURI(path string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// fix writes a fix as replacements of text, those of one file together, in the order of their places.
func (s *sarifWriter) fix(f *diag.Fix) sarifFix {
	title := f.Title
	if title == "" {
		title = "change it"
	}
	title = sentence(title)
	if f.Safety == diag.Unsafe {
		title += " Unsafe: " + strings.TrimSuffix(f.Risk, ".") + "."
	}
	fix := sarifFix{Description: sarifText{text(title)}, Properties: sarifFixProperties{f.Safety.String()}, Changes: []sarifChange{}}
	edits := slices.Clone(f.Edits)
	slices.SortStableFunc(edits, func(a, b diag.Edit) int { return a.Span.Start - b.Span.Start })
	at := map[*source.File]int{}
	for _, edit := range edits {
		if edit.File == nil {
			continue
		}
		i, ok := at[edit.File]
		if !ok {
			i = len(fix.Changes)
			at[edit.File] = i
			fix.Changes = append(fix.Changes, sarifChange{Artifact: s.artifact(edit.File)})
		}
		fix.Changes[i].Replacements = append(fix.Changes[i].Replacements, replacement(edit))
	}
	return fix
}

// replacement writes one edit exactly: its place is not moved.
func replacement(e diag.Edit) sarifReplacement {
	start, end := e.File.Position(e.Span.Start), e.File.Position(max(e.Span.Start, e.Span.End))
	r := sarifReplacement{Deleted: sarifRegionOf(start, end)}
	switch {
	case e.Text == "":
	case utf8.ValidString(e.Text):
		r.Inserted = &sarifContent{Text: e.Text}
	default:
		r.Inserted = &sarifContent{Binary: []byte(e.Text)}
	}
	return r
}

// suppression says what silenced a finding: a comment in the source, or a baseline beside it.
func (s *sarifWriter) suppression(by *diag.Suppression) sarifSuppression {
	out := sarifSuppression{Kind: "external", Justification: text(by.Reason)}
	if by.At.File != nil {
		at := s.location(by.At)
		out.Kind, out.Location = "inSource", &at
	}
	return out
}
