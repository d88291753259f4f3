package route

import "github.com/ngxproof/ngxproof/pkg/config"

// Closed reports whether a server answers every request by a `return` of its own, so that none comes to any of its
// locations: nothing before it may end the server's rewriting otherwise, and no error_page may lead the answer on. It is
// false where that can't be seen.
//
// nginx: src/http/ngx_http_core_module.c, NGX_HTTP_SERVER_REWRITE_PHASE comes before the location is looked for.
func (r *Router) Closed(server *config.Directive) bool {
	if len(server.Own("return")) == 0 || server.Hidden("") || r.foreign(server) != nil {
		return false
	}
	if pages := r.config.EffectiveList(server, "error_page"); pages.State == config.Unknown || len(pages.Items) > 0 {
		return false
	}
	return returnsAlways(r.placeOf(server).program)
}

// returnsAlways reports whether a program comes to a return whatever its conditions say.
func returnsAlways(program []op) bool {
	for i := range program {
		switch o := &program[i]; o.kind {
		case opReturn:
			return true
		case opRewrite, opBreak:
			return false
		case opIf:
			if escapes(o.body) {
				return false
			}
		case opSet, opForeign:
		}
	}
	return false
}

// escapes reports whether the body of an if may end rewriting without an answer.
func escapes(body []op) bool {
	for i := range body {
		if k := body[i].kind; k == opRewrite || k == opBreak {
			return true
		}
	}
	return false
}
