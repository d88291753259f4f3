package settings

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v3"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

// keys are all keys of a settings file, in the order in which people read them.
func keys() []field[Settings] {
	return []field[Settings]{
		key("roots", "The files that nginx starts from, relative to this file.", list(filePath),
			func(s *Settings, v []string) { s.Roots = v }).or("nginx.conf, nginx/nginx.conf or conf/nginx.conf"),
		key("prefix", "The folder that relative includes start from.", filePath,
			func(s *Settings, v string) { s.Prefix = v }).or("the root's folder"),
		key("include-map", "Where folders that absolute includes name stand in this repository.", includeMap,
			func(s *Settings, v map[string]string) { s.IncludeMap = v }).or("none"),
		key("nginx-version", "The nginx version to aim at: 1.26.3, or 1.26 for its last release.", version,
			func(s *Settings, v catalog.Version) { s.Version = v }).or("all versions"),
		key("modules", "The third-party modules in the build, such as headers-more; one that ngxproof does not know is taken too.", list(module),
			func(s *Settings, v []string) { s.Modules = v }).or("none"),
		key("directives", "Directives that the build has and ngxproof does not know.", list(record(directiveKeys(), nil)),
			func(s *Settings, v []declared) { s.Directives = byName(v) }).or("none"),
		key("websocket", "The paths at which WebSockets are opened, each alone or with its heartbeat.", list(webSocket),
			func(s *Settings, v []lint.WebSocket) { s.WebSockets = v }).or("none beside those that are recognised"),
		key("rules", "The level of rules (error, warning, info, off), by name, code, category or tag; the most specific one decides.", levels,
			func(s *Settings, v map[string]diag.Level) { s.Rules = v }).or("each rule's own level"),
		key("overrides", "Exceptions by file or server; the last one that holds decides.", list(record(overrideKeys(), checkOverride)),
			func(s *Settings, v []Override) { s.Overrides = v }).or("none"),
		key("fix", "Changes the classes of fixes.", record(fixKeys(), nil),
			func(s *Settings, v Fix) { s.Fix = v }).or("each fix's own class"),
		key("baseline", "The file of findings that are known and not reported again.", filePath,
			func(s *Settings, v string) { s.Baseline = v }).or(".ngxproof-baseline.json, where it is there"),
		key("fail-level", "The level from which on a finding makes the exit code 1.", failLevel,
			func(s *Settings, v diag.Level) { s.FailLevel = &v }).or("warning"),
	}
}

// declared is a directive that the user declares.
type declared struct {
	name  string
	entry catalog.Entry
}

func byName(all []declared) map[string]catalog.Entry {
	m := map[string]catalog.Entry{}
	for _, d := range all {
		m[d.name] = d.entry
	}
	return m
}

func directiveKeys() []field[declared] {
	return []field[declared]{
		key("name", "The directive's name.", word("a directive"), func(d *declared, v string) { d.name, d.entry.Module = v, "declared" }).must(),
		key("contexts", "Where it may stand: main, http, server, location and others.", list(context),
			func(d *declared, v []catalog.Context) {
				for _, c := range v {
					d.entry.Contexts |= c
				}
			}).or("anywhere"),
		key("arguments", "How many arguments it takes: 1, 1-3, 1+, or flag for on or off.", arity,
			func(d *declared, v catalog.Arity) { d.entry.Arity = v }).or("any number"),
	}
}

func overrideKeys() []field[Override] {
	return []field[Override]{
		key("files", "Patterns of paths relative to this file; ** stands for any folders.", list(pattern),
			func(o *Override, v []string) { o.Files = v }).or("all files"),
		key("server-name", "Patterns of server names, such as *.internal.", list(pattern),
			func(o *Override, v []string) { o.Servers = v }).or("everywhere"),
		key("context", "Where these files are included, if no root does: http, server and others.", list(context),
			func(o *Override, v []catalog.Context) {
				for _, c := range v {
					o.Contexts |= c
				}
			}).or("what a comment in the file says, or what fits"),
		key("rules", "The level of rules there.", levels, func(o *Override, v map[string]diag.Level) { o.Rules = v }).or("no change"),
	}
}

func checkOverride(r *reader, n *yaml.Node, o *Override) {
	switch {
	case len(o.Files) == 0 && len(o.Servers) == 0:
		r.wrong(n, "an override says where it holds, with `files` or `server-name`")
	case o.Contexts != 0 && len(o.Files) == 0:
		r.wrong(n, "`context` is about files, so it needs `files`")
	case o.Contexts == 0 && len(o.Rules) == 0:
		r.wrong(n, "an override says what it changes, with `rules` or `context`")
	}
}

func fixKeys() []field[Fix] {
	return []field[Fix]{
		key("promote", "Rules whose unsafe fixes are applied as safe ones.", list(selector), func(f *Fix, v []string) { f.Promote = v }).or("none"),
		key("demote", "Rules whose safe fixes count as unsafe.", list(selector), func(f *Fix, v []string) { f.Demote = v }).or("none"),
		key("disable", "Rules whose fixes are never applied.", list(selector), func(f *Fix, v []string) { f.Disable = v }).or("none"),
	}
}

// filePath is a path relative to the settings file.
var filePath = scalar(schema{"type": "string", "minLength": 1}, "a path", func(r *reader, text string) (string, error) {
	return r.joined(text)
})

func (r *reader) joined(text string) (string, error) {
	switch {
	case text == "" || strings.ContainsRune(text, 0):
		return "", errors.New("a path is expected here")
	case path.IsAbs(text) || filepath.IsAbs(text):
		return filepath.Clean(text), nil
	}
	return filepath.Join(filepath.Dir(r.file.Path), filepath.FromSlash(text)), nil
}

var includeMap = table(
	func(*lint.Registry) schema { return schema{"pattern": "^/"} },
	func(_ *reader, key string) error {
		if !path.IsAbs(key) {
			return fmt.Errorf("`%s` is no absolute folder, such as `/etc/nginx`", shortened(key))
		}
		return nil
	}, filePath)

var version = scalar(schema{"type": []string{"string", "number"}}, "a version", func(_ *reader, text string) (catalog.Version, error) {
	return catalog.ParseTarget(text)
})

// word is a name without blanks.
func word(kind string) value[string] {
	return scalar(schema{"type": "string", "pattern": `^\S+$`}, kind, func(_ *reader, text string) (string, error) {
		if text == "" || strings.ContainsAny(text, " \t\r\n\v\f") {
			return "", fmt.Errorf("`%s` is no name of %s", shortened(text), kind)
		}
		return text, nil
	})
}

// module is a name that ngxproof may not know, but no slip of one that it does.
var module = value[string]{
	schema: word("a module").schema,
	read: func(r *reader, n *yaml.Node) (string, bool) {
		name, ok := word("a module").read(r, n)
		known := catalog.Modules()
		if plain := catalog.ModuleName(name); ok && !slices.Contains(known, plain) {
			for _, near := range known {
				if most := min(2, len(plain)/4); catalog.Distance(plain, near, most) <= most {
					r.wrong(n, "no module is called `%s`; did you mean `%s`?", shortened(name), near)
					return "", false
				}
			}
		}
		return name, ok
	},
}

var context = scalar(schema{"enum": append(catalog.AnyContext.Names(), "any")}, "a context", func(_ *reader, text string) (catalog.Context, error) {
	c, ok := catalog.ParseContext(text)
	if ok {
		return c, nil
	}
	names := catalog.AnyContext.Names()
	hint := didYouMean(text, names)
	if hint == "" {
		hint = "; they are " + strings.Join(names, ", ")
	}
	return 0, fmt.Errorf("`%s` is no context%s", shortened(text), hint)
})

var arity = scalar(schema{"type": []string{"string", "integer"}, "pattern": `^(\d{1,4}([-+]|-\d{1,4})?|flag)$`}, "a number of arguments", parseArity)

// parseArity reads "2", "1-3", "1+" and "flag".
func parseArity(_ *reader, text string) (catalog.Arity, error) {
	if text == "flag" {
		return catalog.Arity{Known: true, Flag: true, Min: 1, Max: 1}, nil
	}
	a := catalog.Arity{Known: true}
	low, high, ranged := strings.Cut(text, "-")
	if least, open := strings.CutSuffix(text, "+"); open {
		low, a.Max = least, -1
	}
	var ok bool
	if a.Min, ok = small(low); ok && a.Max == 0 {
		a.Max = a.Min
		if ranged {
			a.Max, ok = small(high)
		}
	}
	if !ok || a.Max >= 0 && a.Max < a.Min {
		return a, fmt.Errorf("`%s` is no number of arguments: `1`, `1-3`, `1+` or `flag`", shortened(text))
	}
	return a, nil
}

// small reads a number of up to four digits.
func small(text string) (int, bool) {
	n := 0
	for _, digit := range text {
		if digit < '0' || digit > '9' || len(text) > 4 {
			return 0, false
		}
		n = 10*n + int(digit-'0')
	}
	return n, text != ""
}

var webSocketPath = scalar(schema{"type": "string", "pattern": "^/"}, "a path", func(_ *reader, text string) (lint.WebSocket, error) {
	if !strings.HasPrefix(text, "/") {
		return lint.WebSocket{}, fmt.Errorf("`%s` is no path of a request: it begins with a slash", shortened(text))
	}
	return lint.WebSocket{Path: text}, nil
})

var webSocket = either(webSocketPath, record([]field[lint.WebSocket]{
	key("path", "The path, or what it begins with.", webSocketPath, func(w *lint.WebSocket, v lint.WebSocket) { w.Path = v.Path }).must(),
	key("heartbeat", "How often the application sends something while idle: 25s, 1m.", heartbeat,
		func(w *lint.WebSocket, v time.Duration) { w.Heartbeat = v }).or("not known"),
}, nil))

var heartbeat = scalar(schema{"type": "string", "pattern": `^\+?[0-9.]`}, "a duration", func(_ *reader, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("`%s` is no duration, such as `25s` or `1m`", shortened(text))
	}
	return d, nil
})

var level = scalar(schema{"enum": []any{"error", "warning", "info", "off", false}}, "a level", func(_ *reader, text string) (diag.Level, error) {
	return oneOf(text, map[string]diag.Level{"error": diag.Error, "warning": diag.Warning, "info": diag.Info, "off": diag.Off})
})

var failLevel = scalar(schema{"enum": []string{"error", "warning", "info", "never"}}, "a level", func(_ *reader, text string) (diag.Level, error) {
	return oneOf(text, map[string]diag.Level{"error": diag.Error, "warning": diag.Warning, "info": diag.Info, "never": diag.Off})
})

func oneOf(text string, known map[string]diag.Level) (diag.Level, error) {
	if l, ok := known[text]; ok {
		return l, nil
	}
	names := slices.Collect(maps.Keys(known))
	hint := didYouMean(text, names)
	if hint == "" {
		slices.SortFunc(names, func(a, b string) int { return int(known[b]) - int(known[a]) })
		hint = "; it is one of " + strings.Join(names, ", ")
	}
	return diag.Off, fmt.Errorf("`%s` is no level%s", shortened(text), hint)
}

// selectors describes a name of rules by the one list in the schema.
func selectors(*lint.Registry) schema { return schema{"$ref": "#/$defs/rule"} }

// allSelectors is that list. Codes are taken in any case.
func allSelectors(rules *lint.Registry) schema {
	return schema{"anyOf": []schema{{"enum": rules.Selectors()}, {"pattern": "^[A-Za-z]{2,4}[0-9]{3}$"}}}
}

func checkSelector(r *reader, text string) error {
	err := r.rules.Check(text)
	var unknown *lint.SelectorError
	if !errors.As(err, &unknown) {
		return err
	}
	message := fmt.Sprintf("no rule, code, category or tag is called `%s`", shortened(text))
	if unknown.Suggestion != "" {
		message += fmt.Sprintf("; did you mean `%s`?", unknown.Suggestion)
	}
	return errors.New(message)
}

var levels = table(selectors, checkSelector, level)

var selector = value[string]{
	schema: selectors,
	read: scalar(nil, "a rule", func(r *reader, text string) (string, error) {
		return text, checkSelector(r, text)
	}).read,
}

var pattern = scalar(schema{"type": "string", "minLength": 1}, "a pattern", func(_ *reader, text string) (string, error) {
	switch {
	case text == "" || !doublestar.ValidatePattern(text):
		return "", fmt.Errorf("`%s` is no pattern: a bracket or brace is not closed", shortened(text))
	case strings.Count(text, "*") > 20 || strings.Count(text, "{") > 4 || len(text) > 1000:
		return "", fmt.Errorf("`%s` is too complex a pattern: at most 20 asterisks and 4 braces", shortened(text))
	}
	return text, nil
})
