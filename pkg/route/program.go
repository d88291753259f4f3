package route

import (
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// op is one directive of the rewrite module, compiled.
//
// nginx: src/http/modules/ngx_http_rewrite_module.c.
type op struct {
	by   *config.Directive
	kind opKind
	// re is the pattern of a rewrite or of a condition; nil where it can't be compiled.
	re *vars.Regexp
	// value is the replacement, the text of return, what set assigns, or what a condition compares with or tests.
	value *vars.Expr
	// name is the variable that set assigns or a condition looks at.
	name string
	// status is that of return, or of a rewrite that redirects; 0 for none.
	status int
	// last ends the block's directives, breaks ends rewriting as well; addArgs keeps the request's arguments.
	last, breaks, addArgs bool
	// condition is how an `if` decides, body what it then does, level whose settings hold; nil in a server.
	condition condition
	negated   bool
	test      byte // of a file: 'f', 'd', 'e', 'x'
	body      []op
	level     *config.Directive
}

type opKind uint8

const (
	opRewrite opKind = iota
	opReturn
	opSet
	opBreak
	opIf
	opForeign
)

type condition uint8

const (
	ifTrue condition = iota
	ifEqual
	ifMatch
	ifFile
	ifUnreadable
)

// compile returns the program of a block: its rewrite directives, in order.
func (r *Router) compile(block *config.Directive) []op {
	var program []op
	for _, d := range block.Children {
		if d.Block == nil || d.Name() == "if" || assignsForeign(d) {
			if o, ok := r.compileOp(d); ok {
				program = append(program, o)
			}
		}
	}
	return program
}

// compileOp compiles one directive; ok is false for what is not of the rewrite module.
func (r *Router) compileOp(d *config.Directive) (o op, ok bool) {
	o.by = d
	switch {
	case d.Name() == "rewrite" && len(d.Words) >= 3:
		r.compileRewrite(&o, d)
	case d.Name() == "return" && len(d.Words) >= 2:
		r.compileReturn(&o, d)
	case d.Name() == "set" && len(d.Words) >= 3:
		o.kind, o.name, o.value = opSet, strings.TrimPrefix(d.Arg(1), "$"), r.vars.Expr(d.Arg(2))
	case d.Name() == "break":
		o.kind = opBreak
	case d.Name() == "if" && d.Block != nil && len(d.Words) >= 2:
		o.kind = opIf
		r.compileIf(&o, d)
	case assignsForeign(d):
		o.kind, o.name = opForeign, strings.TrimPrefix(d.Arg(1), "$")
	default:
		return o, false
	}
	return o, true
}

// compileRewrite reads `rewrite PATTERN REPLACEMENT [FLAG]`.
//
// nginx: ngx_http_rewrite.
func (r *Router) compileRewrite(o *op, d *config.Directive) {
	o.kind = opRewrite
	o.re, _ = r.vars.Regexp(d.Arg(1), false)
	text, dropped := strings.CutSuffix(d.Arg(2), "?")
	o.addArgs = !dropped
	if isURL(text) {
		o.status, o.last = 302, true
	}
	switch d.Arg(3) {
	case "last":
		o.last = true
	case "break":
		o.last, o.breaks = true, true
	case "redirect":
		o.last, o.status = true, 302
	case "permanent":
		o.last, o.status = true, 301
	}
	if o.status != 0 {
		o.value = r.vars.Expr(text)
	} else {
		o.value = r.vars.Replacement(text)
	}
}

// isURL reports whether a rewrite's replacement, or a return's only argument, is taken for a redirect.
func isURL(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "$scheme")
}

// compileReturn reads `return CODE [TEXT]` and `return URL`.
//
// nginx: ngx_http_rewrite_return.
func (r *Router) compileReturn(o *op, d *config.Directive) {
	o.kind = opReturn
	status, err := strconv.Atoi(d.Arg(1))
	switch {
	case err != nil:
		o.status, o.value = 302, r.vars.Expr(d.Arg(1))
	case len(d.Words) > 2:
		o.status, o.value = status, r.vars.Expr(d.Arg(2))
	default:
		o.status = status
	}
}

// compileIf reads `if (CONDITION) { ... }`.
//
// nginx: ngx_http_rewrite_if, ngx_http_rewrite_if_condition.
func (r *Router) compileIf(o *op, d *config.Directive) {
	if d.Parent != nil && d.Parent.Directive != nil && d.Parent.Name() != "server" {
		o.level = d
	}
	o.body = r.compile(d)
	words, ok := conditionWords(d)
	if !ok {
		o.condition = ifUnreadable
		return
	}
	name, variable := strings.CutPrefix(words[0], "$")
	switch {
	case variable && name != "" && len(words) == 1:
		o.name = name
	case variable && name != "" && len(words) == 3:
		o.name = name
		r.compileComparison(o, words[1], words[2])
	case len(words) == 2:
		r.compileFileTest(o, words[0], words[1])
	default:
		o.condition = ifUnreadable
	}
}

// conditionWords returns the words of a condition without its parentheses.
func conditionWords(d *config.Directive) (words []string, ok bool) {
	for _, w := range d.Args() {
		words = append(words, w.Value)
	}
	last := len(words) - 1
	if !strings.HasPrefix(words[0], "(") || !strings.HasSuffix(words[last], ")") || len(words) == 1 && len(words[0]) < 3 {
		return nil, false
	}
	words[0] = words[0][1:]
	words[last] = words[last][:len(words[last])-1]
	if words[last] == "" {
		words = words[:last]
	}
	if len(words) > 0 && words[0] == "" {
		words = words[1:]
	}
	return words, len(words) > 0
}

// compileComparison reads `$NAME OPERATOR VALUE`.
func (r *Router) compileComparison(o *op, operator, value string) {
	operator, o.negated = strings.CutPrefix(operator, "!")
	switch operator {
	case "=":
		o.condition, o.value = ifEqual, r.vars.Expr(value)
	case "~", "~*":
		o.condition = ifMatch
		o.re, _ = r.vars.Regexp(value, operator == "~*")
	default:
		o.condition = ifUnreadable
	}
}

// compileFileTest reads `-f PATH` and the like.
func (r *Router) compileFileTest(o *op, operator, path string) {
	operator, o.negated = strings.CutPrefix(operator, "!")
	if len(operator) != 2 || operator[0] != '-' || !strings.ContainsAny(operator[1:], "fdex") {
		o.condition = ifUnreadable
		return
	}
	o.condition, o.test, o.value = ifFile, operator[1], r.vars.Expr(path)
}
