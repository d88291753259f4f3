package settings

import "strings"

// Value is one value that holds, and where it comes from.
type Value struct {
	// Path names it: "rules.WS033", "roots[0]".
	Path string
	// Text is the value as the file has it, or in words what holds without one.
	Text string
	// File and Line are where it stands; "" and 0 where it is the default.
	File string
	Line int
}

// Values returns every value in the order of the keys: those that the file sets, and for each key that it does not set
// what holds instead.
func (s *Settings) Values() []Value {
	var all []Value
	for _, f := range keys() {
		n := len(all)
		for _, leaf := range s.leaves {
			if rest, ok := strings.CutPrefix(leaf.Path, f.name); ok && (rest == "" || strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "[")) {
				all = append(all, leaf)
			}
		}
		if len(all) == n {
			all = append(all, Value{Path: f.name, Text: f.fallback})
		}
	}
	return all
}

// Template returns a settings file in which every key stands as a comment that says what it is for, but for the roots
// given, which are set.
func Template(roots []string) string {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=" + SchemaURL + "\n")
	b.WriteString("# Settings of ngxproof. Paths are relative to this file; `ngxproof config show` says what holds.\n")
	for _, f := range keys() {
		b.WriteString("\n# " + f.about)
		if f.fallback != "" {
			b.WriteString(" Default: " + f.fallback + ".")
		}
		b.WriteString("\n")
		if f.name == "roots" && len(roots) > 0 {
			b.WriteString("roots:\n")
			for _, root := range roots {
				b.WriteString("  - " + quoted(root) + "\n")
			}
			continue
		}
		b.WriteString("# " + f.name + ": " + samples[f.name] + "\n")
	}
	return b.String()
}

// samples are examples of the keys' values, as flow values of one line.
var samples = map[string]string{
	"roots":         "[nginx/nginx.conf]",
	"prefix":        "nginx",
	"include-map":   "{/etc/nginx: nginx}",
	"nginx-version": `"1.26"`,
	"modules":       "[headers-more, lua]",
	"directives":    `[{name: my_directive, contexts: [http, server], arguments: "1"}]`,
	"websocket":     "[/feed, {path: /live, heartbeat: 25s}]",
	"rules":         "{short-read-timeout: error, correctness: warning, SUP003: off}",
	"overrides":     `[{files: ["snippets/**"], context: [http, server]}, {server-name: ["*.internal"], rules: {unknown-directive: info}}]`,
	"fix":           "{promote: [], demote: [], disable: []}",
	"baseline":      ".ngxproof-baseline.json",
	"fail-level":    "warning",
}

// quoted writes a text as a YAML string.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
