package eval

import "github.com/ngxproof/ngxproof/pkg/vars"

// Subrequest evaluates a subrequest of the request that run is, to another path of its server: auth_request's. It has
// the request's header lines, but no body.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_subrequest.
func (e *Evaluator) Subrequest(run *vars.Run, path, args string) *Outcome {
	x := &exchange{e: e, run: run.Clone(), length: -1, sub: true}
	x.run.Late = x.late
	x.run.ErrStatus, x.run.Status, x.run.AfterUpstream = 0, 0, false
	o := &Outcome{}
	e.decide(o, x, e.router.Subrequest(x.run, path, args))
	return o
}
