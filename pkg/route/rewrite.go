package route

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// verdict is what a block's program came to.
type verdict struct {
	// ended says that no further directive of the block runs.
	ended bool
	// status is to be finished with; 0 for none.
	status int
	// by is the directive that ended it.
	by *config.Directive
	// answered says that return has sent its text with status; else the status is finished as an error or redirect is.
	answered bool
}

// execute runs a block's program.
//
// nginx: src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_handler.
func (w *way) execute(program []op) verdict {
	w.quote = true
	return w.runOps(program)
}

// runOps runs directives until one ends the block.
func (w *way) runOps(program []op) verdict {
	for i := range program {
		v := w.runOp(&program[i])
		if w.run.Failed() {
			return verdict{ended: true, status: 500, by: program[i].by}
		}
		if v.ended {
			return v
		}
	}
	return verdict{}
}

// runOp runs one directive.
func (w *way) runOp(o *op) verdict {
	switch o.kind {
	case opRewrite:
		return w.rewrite(o)
	case opReturn:
		return w.doReturn(o)
	case opSet:
		w.run.Set(o.name, w.run.EvalEscaped(o.value, w.quote), o.by)
		w.tell(AtRewrite, o.by, func() string { return "sets `$" + o.name + "` to " + w.shown(w.run.Variable(o.name)) })
	case opBreak:
		if w.changed {
			w.run.ValidLocation, w.changed = false, false
		}
		w.tell(AtRewrite, o.by, func() string { return "ends rewriting here" })
		return verdict{ended: true, by: o.by}
	case opIf:
		return w.doIf(o)
	case opForeign:
		w.run.Forget(o.name, o.by)
		w.tell(AtRewrite, o.by, func() string { return "sets `$" + o.name + "` to what is not known" })
	}
	return verdict{}
}

// doIf runs an `if`. Where it is true, its settings hold from now on, in place of those of the location.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_if_code.
func (w *way) doIf(o *op) verdict {
	holds, failed := w.holds(o)
	if failed {
		return verdict{ended: true, status: 500, by: o.by}
	}
	if !holds {
		w.tell(AtRewrite, o.by, func() string { return "is not true" })
		return verdict{}
	}
	w.tell(AtRewrite, o.by, func() string { return "is true" })
	if o.level != nil {
		w.enter(o.level)
	}
	return w.runOps(o.body)
}

// holds decides a condition.
func (w *way) holds(o *op) (yes, failed bool) {
	switch o.condition {
	case ifTrue:
		v := w.run.Variable(o.name)
		return w.run.Test(v, "true "+v.Text), false
	case ifEqual:
		return w.equal(o), false
	case ifMatch:
		return w.matches(o)
	case ifFile:
		path := w.run.EvalEscaped(o.value, w.quote)
		return w.router.fileTest(w.run, path, o.test) != o.negated, false
	}
	return w.run.World.Choose(vars.Question("if", o.by, ""), 2) == 1, false
}

// equal decides `=` and `!=`.
func (w *way) equal(o *op) bool {
	left := w.run.Variable(o.name)
	right := w.run.EvalEscaped(o.value, w.quote)
	if left.Unknown || right.Unknown {
		question := vars.Question("equal", nil, left.Text+"\x00"+right.Text)
		return (w.run.World.Choose(question, 2) == 1) != o.negated
	}
	return (left.Text == right.Text) != o.negated
}

// matches decides `~` and its like.
//
// nginx: ngx_http_script_regex_start_code with code->test.
func (w *way) matches(o *op) (yes, failed bool) {
	subject := w.run.Variable(o.name)
	var found bool
	switch {
	case o.re == nil:
		found = w.run.World.Choose(vars.Question("if", o.by, subject.Text), 2) == 1
		if found {
			w.run.BlindCaptures(nil)
		}
	case subject.Unknown:
		found = w.run.MatchUnknown(o.re, "match "+o.re.String()+"\x00"+subject.Text)
	default:
		var err error
		if found, err = w.run.Match(o.re, subject.Text); err != nil {
			return false, true
		}
	}
	if !found {
		w.run.ClearCaptures()
	}
	return found != o.negated, false
}

// doReturn runs return.
//
// nginx: ngx_http_script_return_code; src/http/ngx_http_core_module.c, ngx_http_send_response.
func (w *way) doReturn(o *op) verdict {
	v := verdict{ended: true, status: o.status, by: o.by}
	if o.status >= 400 && (o.value == nil || o.value.String() == "") {
		return v
	}
	w.run.Status = o.status
	text := vars.Value{}
	if o.value != nil {
		text = w.run.Eval(o.value)
	}
	switch o.status {
	case 301, 302, 303, 307, 308:
		w.locate(text)
	default:
		v.answered = true
		w.decision.Body, w.decision.BodyUnknown = text.Text, text.Unknown
	}
	return v
}

// rewrite runs a rewrite.
//
// nginx: ngx_http_script_regex_start_code and ngx_http_script_regex_end_code.
func (w *way) rewrite(o *op) verdict {
	found, failed := w.rewriteMatches(o)
	switch {
	case failed:
		return verdict{ended: true, status: 500, by: o.by}
	case !found:
		w.run.ClearCaptures()
		w.tell(AtRewrite, o.by, func() string { return "does not match `" + w.run.URI + "`" })
		return verdict{}
	}
	w.run.Internal, w.run.ValidUnparsedURI = true, false
	w.changed = !o.breaks
	if o.breaks {
		w.run.ValidLocation = false
	}
	w.quote = false
	if o.status != 0 {
		w.locate(w.rewriteRedirect(o))
		return verdict{ended: true, status: o.status, by: o.by}
	}
	if !w.replace(o) {
		return verdict{ended: true, status: 500, by: o.by}
	}
	w.tell(AtRewrite, o.by, func() string { return "makes the URI `" + w.shownURI() + "`" })
	return verdict{ended: o.last, by: o.by}
}

// rewriteMatches reports whether a rewrite's pattern matches the path.
func (w *way) rewriteMatches(o *op) (found, failed bool) {
	switch {
	case o.re == nil:
		found = w.run.World.Choose(vars.Question("rewrite", o.by, w.run.URI), 2) == 1
		if found {
			w.run.BlindCaptures(nil)
		}
		return found, false
	case w.run.URIUnknown:
		return w.run.MatchUnknown(o.re, "match "+o.re.String()+"\x00$uri "+w.run.URI), false
	}
	found, err := w.run.Match(o.re, w.run.URI)
	return found, err != nil
}

// replace makes the replacement the path and arguments; ok is false where the path would be empty.
func (w *way) replace(o *op) (ok bool) {
	path, args, hasArgs := w.run.Replace(o.value)
	r := w.run
	switch {
	case hasArgs && o.addArgs && r.Args != "":
		r.Args, r.ArgsUnknown = args.Text+"&"+r.Args, args.Unknown || r.ArgsUnknown
	case hasArgs:
		r.Args, r.ArgsUnknown = args.Text, args.Unknown
	case !o.addArgs:
		r.Args, r.ArgsUnknown = "", false
	}
	r.URI, r.URIUnknown = path.Text, path.Unknown
	return path.Unknown || path.Text != ""
}

// rewriteRedirect returns the Location of a rewrite that redirects.
func (w *way) rewriteRedirect(o *op) vars.Value {
	to := w.run.EvalEscaped(o.value, true)
	to.Text = unescapeRedirect(to.Text)
	if o.addArgs && w.run.Args != "" {
		mark := "?"
		if strings.Contains(o.value.String(), "?") {
			mark = "&"
		}
		to.Text += mark + w.run.Args
		to.Unknown = to.Unknown || w.run.ArgsUnknown
	}
	return to
}

// unescapeRedirect decodes what need not be escaped in a redirect's path.
//
// nginx: src/core/ngx_string.c, ngx_unescape_uri with NGX_UNESCAPE_REDIRECT.
func unescapeRedirect(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '?':
			return string(out) + text[i:]
		case c != '%':
			out = append(out, c)
			continue
		}
		if i++; i >= len(text) {
			break
		}
		high, ok := hexDigit(text[i])
		if !ok {
			out = append(out, text[i])
			continue
		}
		if i++; i >= len(text) {
			break
		}
		low, ok := hexDigit(text[i])
		if !ok {
			continue
		}
		switch decoded := high<<4 | low; {
		case decoded == '?' && low > 9:
			return string(append(out, '?')) + text[i+1:]
		case decoded > '%' && decoded < 0x7f:
			out = append(out, decoded)
		default:
			out = append(out, text[i-2:i+1]...)
		}
	}
	return string(out)
}
