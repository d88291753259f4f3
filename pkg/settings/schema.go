package settings

import (
	"bytes"
	"encoding/json"

	"github.com/ngxproof/ngxproof/pkg/lint"
)

// SchemaURL is where the schema of the settings can be fetched.
const SchemaURL = "https://raw.githubusercontent.com/ngxproof/ngxproof/main/pkg/settings/schema/ngxproof-settings.json"

// Schema returns the JSON schema of a settings file that may name these rules, for editors. It accepts whatever Parse
// accepts, and refuses most of what Parse refuses.
func Schema(rules *lint.Registry) []byte {
	s := recordSchema(keys(), rules)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$defs"] = schema{"rule": allSelectors(rules)}
	s["$id"] = SchemaURL
	s["title"] = "Settings of ngxproof (" + FileName + ")"
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		panic(err) // maps, lists and strings only
	}
	return out.Bytes()
}
