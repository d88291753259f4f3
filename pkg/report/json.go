package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// JSON writes the whole result as one JSON document of the schema ngxproof-v1.json, with all keys and in a fixed order.
// Offsets are bytes, columns count code points. Bytes that are not UTF-8 are written as `\xff`.
func JSON(w io.Writer, r Result, _ Options) error {
	c := count(r.Diagnostics)
	doc := document{
		Version: 1,
		Tool:    jsonTool(r.Tool),
		Summary: jsonSummary{r.Files, c.level[diag.Error], c.level[diag.Warning], c.level[diag.Info], c.safe, c.suppressed + c.known, r.Skipped},
	}
	prints := diag.Fingerprints(r.Diagnostics)
	doc.Diagnostics = make([]jsonDiagnostic, len(r.Diagnostics))
	for i := range r.Diagnostics {
		doc.Diagnostics[i] = newDiagnostic(&r.Diagnostics[i], prints[i])
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(doc)
}

type document struct {
	Version     int              `json:"version"`
	Tool        jsonTool         `json:"tool"`
	Summary     jsonSummary      `json:"summary"`
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonSummary struct {
	Files   int `json:"files"`
	Error   int `json:"error"`
	Warning int `json:"warning"`
	Info    int `json:"info"`
	Fixable int `json:"fixable"`

	Suppressed int `json:"suppressed"`
	Skipped    int `json:"skipped"`
}

type jsonDiagnostic struct {
	Rule         text             `json:"rule"`
	Code         text             `json:"code"`
	Category     text             `json:"category"`
	Tags         []text           `json:"tags"`
	Level        string           `json:"level"`
	Confidence   string           `json:"confidence"`
	Nginx        []text           `json:"nginx"`
	Message      text             `json:"message"`
	Help         text             `json:"help"`
	File         *text            `json:"file"`
	Range        *jsonRange       `json:"range"`
	Labels       []jsonLabel      `json:"labels"`
	IncludeChain []jsonLocation   `json:"include_chain"`
	Fix          *jsonFix         `json:"fix"`
	Evidence     *jsonEvidence    `json:"evidence"`
	Proof        *jsonProof       `json:"proof,omitempty"`
	Fingerprint  string           `json:"fingerprint"`
	Suppressed   *jsonSuppression `json:"suppressed"`
}

type jsonLocation struct {
	File  *text      `json:"file"`
	Range *jsonRange `json:"range"`
}

type jsonLabel struct {
	jsonLocation
	Message text `json:"message"`
}

type jsonRange struct {
	Start jsonPosition `json:"start"`
	End   jsonPosition `json:"end"`
}

type jsonPosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
}

type jsonFix struct {
	Safety string     `json:"safety"`
	Title  text       `json:"title"`
	Risk   text       `json:"risk"`
	Edits  []jsonEdit `json:"edits"`
}

type jsonEdit struct {
	File  *text `json:"file"`
	Start int   `json:"start"`
	End   int   `json:"end"`
	Text  text  `json:"text"`
}

type jsonEvidence struct {
	Client text               `json:"client"`
	Head   text               `json:"head"`
	Lines  []jsonEvidenceLine `json:"lines"`
	Kind   string             `json:"kind"`
}

type jsonEvidenceLine struct {
	Text      text  `json:"text"`
	Origin    text  `json:"origin"`
	File      *text `json:"file"`
	Line      *int  `json:"line"`
	DroppedBy *text `json:"dropped_by"`
}

type jsonProof struct {
	Engine    text           `json:"engine"`
	Nginx     text           `json:"nginx"`
	URL       text           `json:"url"`
	Scenarios []jsonScenario `json:"scenarios"`
}

type jsonScenario struct {
	Name   text `json:"name"`
	State  text `json:"state"`
	Reason text `json:"reason"`
}

type jsonSuppression struct {
	By     text       `json:"by"`
	Reason text       `json:"reason"`
	File   *text      `json:"file"`
	Range  *jsonRange `json:"range"`
}

func newDiagnostic(d *diag.Diagnostic, fingerprint string) jsonDiagnostic {
	j := jsonDiagnostic{
		Rule: text(d.Rule), Code: text(d.Code), Category: text(d.Category), Tags: texts(d.Tags),
		Level: d.Level.String(), Confidence: d.Confidence.String(), Nginx: texts(d.Nginx),
		Message: text(d.Message), Help: text(d.Help),
		Labels: make([]jsonLabel, len(d.Labels)), IncludeChain: make([]jsonLocation, len(d.Chain)),
		Fix: newFix(d.Fix), Evidence: newEvidence(d.Evidence), Proof: newProof(d.Proof), Fingerprint: fingerprint,
	}
	at := newLocation(d.At)
	j.File, j.Range = at.File, at.Range
	for i, label := range d.Labels {
		j.Labels[i] = jsonLabel{newLocation(label.Location), text(label.Message)}
	}
	for i, include := range d.Chain {
		j.IncludeChain[i] = newLocation(include.Location)
	}
	if by := d.Suppressed; by != nil {
		at := newLocation(by.At)
		j.Suppressed = &jsonSuppression{text(by.By), text(by.Reason), at.File, at.Range}
	}
	return j
}

// newLocation returns nulls for a location without a file.
func newLocation(at diag.Location) jsonLocation {
	if at.File == nil {
		return jsonLocation{}
	}
	return jsonLocation{fileName(at), &jsonRange{position(at.File, at.Span.Start), position(at.File, at.Span.End)}}
}

func fileName(at diag.Location) *text {
	if at.File == nil {
		return nil
	}
	name := text(at.File.Name)
	return &name
}

func position(f *source.File, offset int) jsonPosition {
	p := f.Position(offset)
	return jsonPosition{p.Line, p.Column, p.Offset}
}

func newFix(f *diag.Fix) *jsonFix {
	if f == nil {
		return nil
	}
	j := &jsonFix{f.Safety.String(), text(f.Title), text(f.Risk), make([]jsonEdit, len(f.Edits))}
	for i, edit := range f.Edits {
		j.Edits[i] = jsonEdit{fileName(edit.Location), edit.Span.Start, edit.Span.End, text(edit.Text)}
	}
	return j
}

func newEvidence(e *diag.Evidence) *jsonEvidence {
	if e == nil {
		return nil
	}
	j := &jsonEvidence{text(e.Client), text(e.Head), make([]jsonEvidenceLine, len(e.Lines)), e.Kind.String()}
	for i, line := range e.Lines {
		j.Lines[i] = jsonEvidenceLine{Text: text(line.Text), Origin: text(line.Origin), File: fileName(line.At)}
		if line.At.File != nil {
			n := line.At.File.Line(line.At.Span.Start)
			j.Lines[i].Line = &n
		}
		if line.DroppedBy != "" {
			by := text(line.DroppedBy)
			j.Lines[i].DroppedBy = &by
		}
	}
	return j
}

func newProof(p *diag.Proof) *jsonProof {
	if p == nil {
		return nil
	}
	j := &jsonProof{text(p.Engine), text(p.Nginx), text(p.URL), make([]jsonScenario, len(p.Scenarios))}
	for i, s := range p.Scenarios {
		j.Scenarios[i] = jsonScenario{text(s.Name), text(s.State), text(s.Reason)}
	}
	return j
}

// text is a string that may hold any bytes.
type text string

// MarshalText makes each byte that is not UTF-8 visible, which encoding/json would turn into U+FFFD.
func (t text) MarshalText() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return []byte(t), nil
	}
	var b strings.Builder
	for rest := string(t); rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return []byte(b.String()), nil
}

// texts turns a list, which may be nil, into one that is written as an array.
func texts(list []string) []text {
	all := make([]text, len(list))
	for i, s := range list {
		all[i] = text(s)
	}
	return all
}
