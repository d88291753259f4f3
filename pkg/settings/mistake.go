package settings

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// Mistake is one thing that is wrong with a settings file.
type Mistake struct {
	File *source.File
	// Line and Column start at 1; columns count code points.
	Line, Column int
	// Message says what is wrong, without a final period.
	Message string
}

// Error says where the mistake is, and which.
func (m *Mistake) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", source.Printable(m.File.Name), m.Line, m.Column, source.Printable(m.Message))
}

// Mistakes are all that is wrong with a settings file, in order; there is at least one.
type Mistakes []*Mistake

// Error lists the mistakes, each on a line.
func (m Mistakes) Error() string {
	var lines []string
	for _, one := range m {
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes one by one.
func (m Mistakes) Unwrap() []error {
	var errs []error
	for _, one := range m {
		errs = append(errs, one)
	}
	return errs
}

// maxMistakes is how many mistakes are told.
const maxMistakes = 100

// wrong notes a mistake at a node.
func (r *reader) wrong(n *yaml.Node, format string, args ...any) {
	if len(r.mistakes) < maxMistakes {
		r.mistakes = append(r.mistakes, &Mistake{r.file, max(1, n.Line), max(1, n.Column), fmt.Sprintf(format, args...)})
	}
}

// broken returns the mistake of a file that is no YAML. The library gives at most a line.
func broken(file *source.File, err error) Mistakes {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if n, err := fmt.Sscanf(rest, "%d:", &line); n == 1 && err == nil {
			_, message, _ = strings.Cut(rest, ": ")
		}
	}
	line = max(1, min(line, file.Lines()))
	text := file.Slice(file.LineSpan(line))
	column := utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeft(text, " \t")) + 1
	return Mistakes{{file, line, column, "this is no YAML: " + message}}
}

// didYouMean returns the end of a message with the name that word is most likely a slip of, or "".
func didYouMean(word string, names []string) string {
	best, limit := "", min(2, len(word)-1)
	for _, name := range slices.Sorted(slices.Values(names)) {
		if d := catalog.Distance(strings.ToLower(strings.ReplaceAll(word, "_", "-")), strings.ToLower(name), limit); d <= limit {
			best, limit = name, d-1
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean `" + best + "`?"
}
