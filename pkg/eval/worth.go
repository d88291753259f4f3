package eval

import "github.com/ngxproof/ngxproof/pkg/vars"

// Worth returns what an expression, such as "$http_upgrade$arg_nocache", is worth for the request where its way ended,
// before the backend answers.
func (o *Outcome) Worth(text string) vars.Value {
	x := newReply(o).x
	return x.run.Eval(x.e.table.Expr(text))
}
