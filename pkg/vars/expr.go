package vars

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// Expr is a value as nginx compiles it from a directive's argument: text, variables and captures.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_compile.
type Expr struct {
	source string
	parts  []part
	// captures says that some part is a capture, or that a variable may set one while it is evaluated.
	captures bool
	// rewritten says that what is written may differ from what was measured: some part is a capture, or a variable that
	// a map's pattern sets.
	rewritten bool
	// Err says why nginx refuses the expression: "invalid variable name" and the like; nil where it does not. Such
	// an expression is Unknown.
	Err error
}

// part is a piece of an expression: a variable, a capture, the `?` that begins a rewrite's arguments, or else text.
type part struct {
	text     string
	variable *variable
	capture  int
	mark     bool
}

// String returns the text that was compiled.
func (e *Expr) String() string { return e.source }

// Constant returns the expression's text if no variable and no capture is in it.
func (e *Expr) Constant() (text string, ok bool) {
	if e.Err != nil || strings.IndexByte(e.source, '$') >= 0 {
		return "", false
	}
	return e.source, true
}

// Variables returns the names of the variables in it, in order, in lower case, and captures as "1" to "9".
func (e *Expr) Variables() []string {
	var names []string
	for _, p := range e.parts {
		switch {
		case p.variable != nil:
			names = append(names, p.variable.name)
		case p.capture > 0:
			names = append(names, string(rune('0'+p.capture)))
		}
	}
	return names
}

// Captures reports whether $1 to $9 are in it.
func (e *Expr) Captures() bool {
	for _, p := range e.parts {
		if p.capture > 0 {
			return true
		}
	}
	return false
}

// Matching reports whether computing its variables may match a pattern, and so change captures.
func (e *Expr) Matching() bool {
	for _, p := range e.parts {
		if p.variable != nil && p.variable.captures {
			return true
		}
	}
	return false
}

// Rewritten reports whether what is written may differ from what was measured, if a pattern was matched in between: $1 to
// $9 are in it, or a variable that is a named group of a map's pattern.
func (e *Expr) Rewritten() bool { return e.rewritten }

// errVariableName is nginx's message for a `$` that no name follows.
var errVariableName = errors.New("invalid variable name")

// compile reads the source of an expression. With args, the first `?` begins the arguments, as in the replacement of
// rewrite.
func (t *Table) compile(source string, args bool) *Expr {
	e := &Expr{source: source}
	rest := source
	for rest != "" && e.Err == nil {
		if rest[0] == '$' {
			rest = t.compileReference(e, rest[1:])
			continue
		}
		end := strings.IndexByte(rest, '$')
		if end < 0 {
			end = len(rest)
		}
		if mark := strings.IndexByte(rest[:end], '?'); args && mark >= 0 {
			e.text(rest[:mark])
			e.parts = append(e.parts, part{mark: true})
			rest, args = rest[mark+1:], false
			continue
		}
		e.text(rest[:end])
		rest = rest[end:]
	}
	return e
}

func (e *Expr) text(text string) {
	if text != "" {
		e.parts = append(e.parts, part{text: text})
	}
}

// compileReference reads what follows a `$` and returns the rest.
func (t *Table) compileReference(e *Expr, rest string) string {
	if rest != "" && '1' <= rest[0] && rest[0] <= '9' {
		e.parts = append(e.parts, part{capture: int(rest[0] - '0')})
		e.captures, e.rewritten = true, true
		return rest[1:]
	}
	body, bracket := strings.CutPrefix(rest, "{")
	n := 0
	for n < len(body) && nameByte(body[n]) {
		n++
	}
	name, rest := body[:n], body[n:]
	if bracket && body == "" {
		e.Err = errVariableName
		return ""
	}
	if bracket {
		closed := strings.HasPrefix(rest, "}")
		if !closed {
			e.Err = fmt.Errorf("the closing bracket in %q variable is missing", name)
			return rest
		}
		rest = rest[1:]
	}
	if name == "" {
		e.Err = errVariableName
		return rest
	}
	v := t.variable(name)
	e.parts = append(e.parts, part{variable: v})
	e.captures = e.captures || v.captures
	e.rewritten = e.rewritten || t.groupOfMap(v.name)
	return rest
}

// groupOfMap reports whether a variable is a named group of a map's pattern.
func (t *Table) groupOfMap(name string) bool {
	return slices.ContainsFunc(t.config.Definitions(name), func(d *config.Directive) bool {
		return d.Name() == "map" && !strings.EqualFold(d.Arg(2), "$"+name)
	})
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
