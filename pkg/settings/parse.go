package settings

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// MaxFileSize is the largest settings file that is read, in bytes.
const MaxFileSize = 1 << 20

// Parse reads a settings file; rules are those that it may name. The error is of type Mistakes and holds everything that
// is wrong with the file; what is right is in the Settings all the same.
func Parse(file *source.File, rules *lint.Registry) (*Settings, error) {
	s := &Settings{File: file}
	if len(file.Text) > MaxFileSize {
		return s, Mistakes{{file, 1, 1, "the file is larger than 1 MiB"}}
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(file.Text)))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return s, nil // empty, or comments only
	} else if err != nil {
		return s, broken(file, err)
	}
	r := &reader{file: file, rules: rules, origins: map[string]int{}}
	r.top(&doc, s)
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		r.wrong(&second, "there is a second document; settings are one")
	} else if !errors.Is(err, io.EOF) {
		r.mistakes = append(r.mistakes, broken(file, err)...)
	}
	s.origins, s.leaves = r.origins, r.leaves
	if len(r.mistakes) > 0 {
		return s, r.mistakes
	}
	return s, nil
}

// top reads the document into s. It goes on after a mistake, so that s holds what is right.
func (r *reader) top(doc *yaml.Node, s *Settings) {
	if len(doc.Content) == 0 {
		return
	}
	n := r.resolve(doc.Content[0])
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	fields := keys()
	r.mapping(n, func(k, val *yaml.Node) { readField(r, fields, k, val, s) })
}
