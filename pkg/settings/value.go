package settings

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// value is a kind of value that a key may have: how it is read, and how a JSON schema describes it. What reads it and
// what describes it are one thing, so that they cannot drift apart.
type value[T any] struct {
	read   func(r *reader, n *yaml.Node) (T, bool)
	schema func(rules *lint.Registry) schema
}

// schema is a part of a JSON schema.
type schema map[string]any

// reader is the state of reading one settings file.
type reader struct {
	file     *source.File
	rules    *lint.Registry
	mistakes Mistakes
	origins  map[string]int
	leaves   []Value
	path     string
	nodes    int
}

// maxNodes is how many values are read: aliases let a small file stand for many.
const maxNodes = 100_000

// at reads a part of a value under its own path.
func (r *reader) at(step string, n *yaml.Node, read func()) {
	outer := r.path
	r.path += step
	if step != "" {
		r.origins[strings.TrimPrefix(r.path, ".")] = n.Line
	}
	read()
	r.path = outer
}

// resolve follows an alias and counts what is read.
func (r *reader) resolve(n *yaml.Node) *yaml.Node {
	r.nodes++
	if r.nodes == maxNodes {
		r.wrong(n, "the aliases stand for more than %d values", maxNodes)
	}
	for range 100 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

// what says what a node is, for messages.
func what(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.ShortTag() == "!!null" {
			return "nothing"
		}
		return "`" + shortened(n.Value) + "`"
	}
	return "an alias"
}

// shortened cuts what a message quotes.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// scalar is a value of one word; parse's error is the message.
func scalar[T any](s schema, wanted string, parse func(r *reader, text string) (T, error)) value[T] {
	return value[T]{
		schema: func(*lint.Registry) schema { return s },
		read: func(r *reader, n *yaml.Node) (T, bool) {
			var none T
			if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
				r.wrong(n, "%s is expected here, not %s", wanted, what(n))
				return none, false
			}
			parsed, err := parse(r, n.Value)
			if err != nil {
				r.wrong(n, "%s", err.Error())
				return none, false
			}
			r.leaves = append(r.leaves, Value{strings.TrimPrefix(r.path, "."), n.Value, r.file.Name, n.Line})
			return parsed, true
		},
	}
}

// list is a list of values; what is wrong with one leaves the others.
func list[T any](of value[T]) value[[]T] {
	return value[[]T]{
		schema: func(rules *lint.Registry) schema { return schema{"type": "array", "items": of.schema(rules)} },
		read: func(r *reader, n *yaml.Node) ([]T, bool) {
			if n.Kind != yaml.SequenceNode {
				r.wrong(n, "a list is expected here, such as `[...]`, not %s", what(n))
				return nil, false
			}
			var all []T
			for i, item := range n.Content {
				if r.nodes > maxNodes {
					break
				}
				r.at("["+strconv.Itoa(i)+"]", item, func() {
					if v, ok := of.read(r, r.resolve(item)); ok {
						all = append(all, v)
					}
				})
			}
			return all, true
		},
	}
}

// table is a mapping with keys of the user's; check says what is wrong with a key.
func table[T any](keys func(rules *lint.Registry) schema, check func(r *reader, key string) error, of value[T]) value[map[string]T] {
	return value[map[string]T]{
		schema: func(rules *lint.Registry) schema {
			s := schema{"type": "object", "additionalProperties": of.schema(rules)}
			if names := keys(rules); names != nil {
				s["propertyNames"] = names
			}
			return s
		},
		read: func(r *reader, n *yaml.Node) (map[string]T, bool) {
			all := map[string]T{}
			ok := r.mapping(n, func(key, val *yaml.Node) {
				if err := check(r, key.Value); err != nil {
					r.wrong(key, "%s", err.Error())
					return
				}
				if v, ok := of.read(r, val); ok {
					all[key.Value] = v
				}
			})
			return all, ok
		},
	}
}

// mapping calls read for each key of a mapping that is one word and comes the first time.
func (r *reader) mapping(n *yaml.Node, read func(key, val *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "a mapping is expected here, such as `{key: value}`, not %s", what(n))
		return false
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content) && r.nodes <= maxNodes; i += 2 {
		key, val := r.resolve(n.Content[i]), n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.wrong(key, "a key is one word, not %s", what(key))
			continue
		}
		if first, twice := lines[key.Value]; twice {
			r.wrong(n.Content[i], "`%s` was already given on line %d", shortened(key.Value), first)
			continue
		}
		lines[key.Value] = n.Content[i].Line
		r.at("."+key.Value, n.Content[i], func() { read(n.Content[i], r.resolve(val)) })
	}
	return true
}

// field is a key of a record.
type field[T any] struct {
	name, about string
	fallback    string // what holds where the key is missing, for people
	required    bool
	read        func(r *reader, n *yaml.Node, into *T)
	schema      func(rules *lint.Registry) schema
}

// key makes a field: its value goes into the record through set.
func key[T, V any](name, about string, of value[V], set func(into *T, v V)) field[T] {
	return field[T]{
		name: name, about: about, schema: of.schema,
		read: func(r *reader, n *yaml.Node, into *T) {
			if v, ok := of.read(r, n); ok {
				set(into, v)
			}
		},
	}
}

// or says what holds where the key is missing.
func (f field[T]) or(fallback string) field[T] {
	f.fallback = fallback
	return f
}

// must makes a missing key a mistake.
func (f field[T]) must() field[T] {
	f.required = true
	return f
}

// record is a mapping with known keys; check looks at the whole.
func record[T any](fields []field[T], check func(r *reader, n *yaml.Node, v *T)) value[T] {
	return value[T]{
		schema: func(rules *lint.Registry) schema { return recordSchema(fields, rules) },
		read: func(r *reader, n *yaml.Node) (T, bool) {
			var v T
			given := map[string]bool{}
			before := len(r.mistakes)
			ok := r.mapping(n, func(k, val *yaml.Node) {
				given[k.Value] = true
				readField(r, fields, k, val, &v)
			})
			for _, f := range fields {
				if ok && f.required && !given[f.name] {
					r.wrong(n, "the key `%s` is missing", f.name)
				}
			}
			if ok && check != nil && len(r.mistakes) == before {
				check(r, n, &v)
			}
			return v, ok && len(r.mistakes) == before
		},
	}
}

// readField reads one key of a record. A key without a value is as good as missing.
func readField[T any](r *reader, fields []field[T], k, val *yaml.Node, into *T) {
	var names []string
	for _, f := range fields {
		if f.name == k.Value {
			if val.Kind != yaml.ScalarNode || val.ShortTag() != "!!null" {
				f.read(r, val, into)
			}
			return
		}
		names = append(names, f.name)
	}
	hint := didYouMean(k.Value, names)
	if hint == "" {
		hint = "; the keys here are " + strings.Join(names, ", ")
	}
	r.wrong(k, "there is no key `%s`%s", shortened(k.Value), hint)
}

func recordSchema[T any](fields []field[T], rules *lint.Registry) schema {
	properties, required := schema{}, []string{}
	for _, f := range fields {
		s := schema{"description": f.about}
		for k, v := range f.schema(rules) {
			s[k] = v
		}
		if f.fallback != "" {
			s["description"] = fmt.Sprintf("%s Default: %s.", f.about, f.fallback)
		}
		properties[f.name] = s
		if f.required {
			required = append(required, f.name)
		}
	}
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// either is a value that is one word or a mapping.
func either[T any](word, mapping value[T]) value[T] {
	return value[T]{
		schema: func(rules *lint.Registry) schema {
			return schema{"anyOf": []schema{word.schema(rules), mapping.schema(rules)}}
		},
		read: func(r *reader, n *yaml.Node) (T, bool) {
			if n.Kind == yaml.MappingNode {
				return mapping.read(r, n)
			}
			return word.read(r, n)
		},
	}
}
