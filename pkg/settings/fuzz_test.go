package settings_test

import (
	"errors"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// FuzzParse: no settings file makes the reader panic, hang or point outside of the file; what is sound has values.
func FuzzParse(f *testing.F) {
	f.Add(everyKey)
	f.Add("a: &a [*a]\nrules: *a")
	f.Add("<<: &x {rules: {NGX001: off}}\noverrides: [{<<: *x}]")
	for _, test := range mistakes {
		f.Add(test.text)
	}
	all := rules.All()
	f.Fuzz(func(t *testing.T, text string) {
		file := source.NewFile("s", "s", text)
		s, err := settings.Parse(file, all)
		var wrong settings.Mistakes
		if err != nil && (!errors.As(err, &wrong) || len(wrong) == 0) {
			t.Fatalf("%q: %v", text, err)
		}
		for _, m := range wrong {
			if m.Line < 1 || m.Column < 1 || m.Message == "" {
				t.Fatalf("%q: %+v", text, m)
			}
		}
		if len(s.Values()) == 0 {
			t.Fatalf("%q has no values", text)
		}
	})
}
