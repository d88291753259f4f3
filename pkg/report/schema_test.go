package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ngxproof-v1.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("ngxproof-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchema(t *testing.T) {
	schema := compileSchema(t)
	baselined := Result{Diagnostics: []diag.Diagnostic{websocket()}}
	baselined.Diagnostics[0].Suppressed = &diag.Suppression{By: "baseline"}
	for _, r := range []Result{{}, result(), {Diagnostics: hard()}, baselined} {
		var out bytes.Buffer
		if err := JSON(&out, r, Options{}); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Error(err)
		}
	}
}

// TestSchemaRefuses makes sure that the schema says something: no key may be missing anywhere, no level be unknown.
func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	var out bytes.Buffer
	if err := JSON(&out, Result{Diagnostics: []diag.Diagnostic{websocket()}}, Options{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	tried := 0
	for _, key := range keys(reflect.TypeFor[document]()) {
		old := `"` + key + `":`
		if !strings.Contains(text, old) {
			continue
		}
		tried++
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(text, old, `"other":`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(doc) == nil {
			t.Errorf("valid without %s", key)
		}
	}
	if tried < 30 {
		t.Errorf("only %d keys tried", tried)
	}
}

// keys lists the JSON keys of a struct and of those below it.
func keys(t reflect.Type) []string {
	var all []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("json"); tag != "" {
				all = append(all, tag)
			}
			all = append(all, keys(t.Field(i).Type)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestOrder holds the keys to the order of the interface's description.
func TestOrder(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, Result{Diagnostics: []diag.Diagnostic{alias()}}, Options{}); err != nil {
		t.Fatal(err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, out.Bytes()); err != nil {
		t.Fatal(err)
	}
	rest := line.String()
	for _, key := range strings.Fields("version tool name version summary files error warning info fixable diagnostics rule code " +
		"category tags level confidence nginx message help file range start line column offset end labels file range message " +
		"include_chain file range fix safety title risk edits file start end text evidence fingerprint suppressed") {
		at := strings.Index(rest, `"`+key+`":`)
		if at < 0 {
			t.Fatalf("no %q in %s", key, rest)
		}
		rest = rest[at+1:]
	}
}
