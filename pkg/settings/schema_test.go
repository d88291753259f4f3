package settings_test

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/ngxproof/ngxproof/pkg/settings"
	"github.com/ngxproof/ngxproof/rules"
)

// beyondSchema are the mistakes that a schema cannot express, and the files that never become values to check.
var beyondSchema = map[string]bool{
	"a module": true, "a key twice": true, "a branch": true, "no YAML": true, "a tab": true, "two documents": true, "an open pattern": true,
	"an override nowhere": true, "an override of what": true, "a context of servers": true, "a mapping as a key": true,
}

// TestSchemaAgrees holds the schema against Parse: what Parse takes it takes, and what Parse refuses it refuses but for
// what a schema can't say.
func TestSchemaAgrees(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings.Schema(rules.All())))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("settings.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("settings.json")
	if err != nil {
		t.Fatal(err)
	}
	accepts := func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	for _, text := range []string{everyKey, uncommented(settings.Template(nil))} {
		if err := accepts(text); err != nil {
			t.Error(err)
		}
	}
	for name, test := range mistakes {
		if !beyondSchema[name] && accepts(test.text) == nil {
			t.Errorf("%s: the schema accepts %q", name, test.text)
		}
	}
}
