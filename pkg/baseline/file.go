package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// formatVersion is the version of the file's format.
const formatVersion = 1

// Text returns the file of the baseline: JSON, sorted, each entry on a line of its own, so that a change of one finding
// is a change of one line.
func (b *Baseline) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "{\n  \"version\": %d,\n  \"findings\": [", formatVersion)
	for i, e := range b.Entries {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    " + line(e))
	}
	if len(b.Entries) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteString("]\n}\n")
	return out.String()
}

func line(e Entry) string {
	e.File, e.Message = source.Printable(e.File), source.Printable(e.Message)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic(err) // strings and a number only
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// Parse reads what Text writes. The error says where the file is wrong.
func Parse(file *source.File) (*Baseline, error) {
	var doc struct {
		Version  int      `json:"version"`
		Findings *[]Entry `json:"findings"`
	}
	d := json.NewDecoder(strings.NewReader(file.Text))
	d.DisallowUnknownFields()
	err := d.Decode(&doc)
	if err == nil && d.Decode(new(json.RawMessage)) != io.EOF {
		err = errors.New("something follows the end of the document")
	}
	switch {
	case err != nil:
		return nil, wrong(file, d.InputOffset(), err)
	case doc.Version != formatVersion:
		return nil, fmt.Errorf("%s: this is version %d of the baseline's format; this ngxproof reads version %d", source.Printable(file.Name), doc.Version, formatVersion)
	case doc.Findings == nil:
		return nil, fmt.Errorf("%s: the key `findings` is missing", source.Printable(file.Name))
	}
	for i, e := range *doc.Findings {
		if len(e.Fingerprint) != keyLength || strings.Trim(e.Fingerprint, "0123456789abcdef") != "" || e.Count < 1 || e.Rule == "" {
			return nil, fmt.Errorf("%s: finding %d is none: it needs a fingerprint of %d hexadecimal digits, a count and a rule", source.Printable(file.Name), i+1, keyLength)
		}
	}
	return (&Baseline{}).With(&Baseline{Entries: *doc.Findings}), nil
}

// wrong says where JSON could not be read; git's conflict marks are the usual reason.
func wrong(file *source.File, offset int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = max(0, syntax.Offset-1)
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	at := file.Position(int(offset))
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty")
	}
	text := strings.TrimPrefix(err.Error(), "json: ") + "; "
	if strings.Contains(file.Text, "\n<<<<<<< ") {
		text += "resolve the conflict, or "
	}
	text += "remove the file and write it anew with `ngxproof baseline write`"
	return fmt.Errorf("%s:%d:%d: %s", source.Printable(file.Name), at.Line, at.Column, text)
}
