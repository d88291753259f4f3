package vars

import (
	"errors"
	"fmt"

	"github.com/ngxproof/ngxproof/pkg/pcre"
)

// Eval returns what the expression is worth now.
//
// nginx: src/http/ngx_http_script.c, ngx_http_complex_value.
func (r *Run) Eval(e *Expr) Value { return r.EvalEscaped(e, false) }

// EvalEscaped is Eval with captures escaped as arguments where the path had an escape or a plus, as the rewrite module
// does in redirects and before the first match of a block.
//
// nginx: ngx_http_script_copy_capture_code with e->quote.
func (r *Run) EvalEscaped(e *Expr, escape bool) Value {
	if e.Err != nil {
		return Value{Text: e.source, Unknown: true}
	}
	switch {
	case len(e.parts) == 0:
		return Value{}
	case len(e.parts) == 1:
		return r.evalOne(&e.parts[0], escape)
	}
	measured := r.measure(e, escape)
	var room [256]byte
	text, known := r.join(room[:0], e.parts, escape)
	if len(text) != measured && e.captures && known {
		return r.clobbered(string(text), measured)
	}
	return Value{Text: string(text), Unknown: !known}
}

// Flush forgets the volatile variables of an expression. Where nginx computes several expressions in two passes, it does
// so for all of them first.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_flush_no_cacheable_variables.
func (r *Run) Flush(e *Expr) {
	for i := range e.parts {
		if v := e.parts[i].variable; v != nil {
			r.flush(v)
		}
	}
}

// Measure does the first of nginx's two passes over a flushed expression: it computes every variable, which may change
// captures, and returns the length that nginx then makes room for. Where nginx measures several expressions before it
// writes the first, as it does for a request to a backend, captures that a map changes in one show in all.
//
// nginx: src/http/ngx_http_script.c, the length codes; ngx_http_proxy_create_request.
func (r *Run) Measure(e *Expr) int { return r.length(e, false) }

// Write does the second pass over a measured expression. Together, what is written must not be longer than what was
// measured: see Overflows.
func (r *Run) Write(e *Expr) Value {
	if e.Err != nil {
		return Value{Text: e.source, Unknown: true}
	}
	var room [256]byte
	text, known := r.join(room[:0], e.parts, false)
	return Value{Text: string(text), Unknown: !known}
}

// Overflows reports whether this nginx writes past what it measured, where captures changed in between. Since 1.30.4 and
// 1.31.3 (CVE-2026-42533) it answers 500 instead.
func (r *Run) Overflows() bool {
	return r.Before(1, 30, 4) || !r.Before(1, 31, 0) && r.Before(1, 31, 3)
}

// clobbered returns a value that a map's captures made longer or shorter between the passes. Measured on 1.22.1 and
// 1.26.3: the value has the measured length, its end is cut off or is whatever stood in memory; on 1.30.6: a longer one
// is answered with 500, a shorter one is as written.
func (r *Run) clobbered(text string, measured int) Value {
	switch {
	case !r.Overflows():
		r.failed = r.failed || len(text) > measured
		return Value{Text: text}
	case len(text) > measured:
		return Value{Text: text[:measured]}
	}
	return Value{Text: text, Unknown: true}
}

// measure does the first pass, with captures escaped or not.
func (r *Run) measure(e *Expr, escape bool) int {
	r.Flush(e)
	return r.length(e, escape)
}

// length computes the variables and returns how long all is now.
func (r *Run) length(e *Expr, escape bool) int {
	if e.Err != nil {
		return len(e.source)
	}
	n := 0
	for i := range e.parts {
		switch p := &e.parts[i]; {
		case p.variable != nil:
			n += len(r.value(p.variable).Text)
		case p.capture > 0:
			n += len(r.capture(p.capture, escape).Text)
		default:
			n += len(p.text)
		}
	}
	return n
}

// evalOne returns what an expression of one part is worth.
func (r *Run) evalOne(p *part, escape bool) Value {
	switch {
	case p.variable != nil:
		r.flush(p.variable)
		return r.value(p.variable)
	case p.capture > 0:
		return r.capture(p.capture, escape)
	case p.mark:
		return Value{Text: "?"}
	}
	return Value{Text: p.text}
}

// join appends what the parts are worth.
func (r *Run) join(to []byte, parts []part, escape bool) (text []byte, known bool) {
	known = true
	for i := range parts {
		var v Value
		switch p := &parts[i]; {
		case p.variable != nil:
			v = r.value(p.variable)
		case p.capture > 0:
			v = r.capture(p.capture, escape)
		case p.mark:
			v.Text = "?"
		default:
			v.Text = p.text
		}
		known = known && !v.Unknown
		if len(to)+len(v.Text) > maxText {
			return to, false
		}
		to = append(to, v.Text...)
	}
	return to, known
}

// Replace returns what a rewrite's replacement is worth: the part before the first `?` and the part after it, in which
// captures are escaped; hasArgs says whether there is one.
//
// nginx: ngx_http_script_regex_start_code, ngx_http_script_start_args_code, ngx_http_script_regex_end_code.
func (r *Run) Replace(e *Expr) (path, args Value, hasArgs bool) {
	if e.Err != nil {
		return Value{Text: e.source, Unknown: true}, Value{}, false
	}
	r.measure(e, false)
	before, after := e.parts, []part(nil)
	for i := range e.parts {
		if e.parts[i].mark {
			before, after, hasArgs = e.parts[:i], e.parts[i+1:], true
			break
		}
	}
	text, known := r.join(nil, before, false)
	path = Value{Text: string(text), Unknown: !known}
	text, known = r.join(nil, after, true)
	return path, Value{Text: string(text), Unknown: !known}, hasArgs
}

// capture returns what $n is worth.
func (r *Run) capture(n int, escape bool) Value {
	if r.blindMatch {
		return Value{Text: "$" + string(rune('0'+n)), Unknown: true}
	}
	if r.match == nil {
		return Value{}
	}
	text, _ := r.match.Group(n)
	if escape && (r.QuotedURI || r.PlusInURI) {
		text = EscapeArgs(text)
	}
	return Value{Text: text}
}

// Match looks for the pattern in the subject; where it matches, $1 to $9 and the named groups become those of the match.
// An error is one for which nginx answers 500.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_regex_exec.
func (r *Run) Match(re *Regexp, subject string) (bool, error) {
	m, err := re.Regexp.Match(subject)
	if errors.Is(err, pcre.ErrUnsupported) {
		return r.MatchUnknown(re, "pattern "+re.String()+" on "+subject), nil
	}
	if err != nil || m == nil {
		return false, err
	}
	r.match, r.blindMatch = m, false
	for _, g := range re.named {
		text, _ := m.Group(g.number)
		r.keep(g.variable, given{value: Value{Text: text}}, false)
	}
	return true, nil
}

// MatchUnknown lets the World choose whether the pattern matches a subject that is not known; where it does, all groups
// are Unknown. The key names the question.
func (r *Run) MatchUnknown(re *Regexp, key string) bool {
	if r.World.Choose(key, 2) == 0 {
		return false
	}
	r.BlindCaptures(re)
	return true
}

// BlindCaptures makes $1 to $9 and the named groups of the pattern (nil for none) Unknown.
func (r *Run) BlindCaptures(re *Regexp) {
	r.match, r.blindMatch = nil, true
	if re == nil {
		return
	}
	for _, g := range re.named {
		r.keep(g.variable, given{value: unknown(g.variable.name)}, false)
	}
}

// ClearCaptures empties $1 to $9, as a test of `if` or rewrite does that does not match.
func (r *Run) ClearCaptures() { r.match, r.blindMatch = nil, false }

// Test reports whether nginx takes a value for true: it is neither empty nor "0". Where the value is not known, the World
// chooses; key names the question.
//
// nginx: ngx_http_script_if_code.
func (r *Run) Test(v Value, key string) bool {
	if v.Unknown {
		return r.World.Choose(key, 2) == 1
	}
	return v.Text != "" && v.Text != "0"
}

// Question returns a key for World.Choose: what is asked about which thing, over which value.
func Question(what string, about any, over string) string {
	return fmt.Sprintf("%s %p %s", what, about, over)
}
