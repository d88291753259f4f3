package refproxy

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// subrequest sends an auth_request's subrequest, and returns the status of its answer; what auth_request_set wants of
// it is set.
//
// nginx: src/http/modules/ngx_http_auth_request_module.c.
func (r *request) subrequest(run *vars.Run, by *config.Directive) (status int) {
	to := run.Eval(r.c.gen.eval.Table().Expr(by.Arg(1)))
	path, args, _ := strings.Cut(to.Text, "?")
	out := r.c.gen.eval.Subrequest(run, path, args)
	head, answered := r.resolve(out)
	for hops := 0; head != nil && head.Next != nil && hops < maxHops; hops++ {
		head, answered = r.resolve(head.Next)
	}
	if head == nil || head.Unknown != "" {
		return 500
	}
	for _, a := range r.c.gen.settings(run.Location).answers {
		run.Set(a.name, head.Eval(a.value), a.by)
	}
	if head.Status == 401 && answered != nil {
		for _, h := range answered.Headers {
			if strings.EqualFold(h.Name, "WWW-Authenticate") {
				r.live.Added = append(r.live.Added, h)
			}
		}
	}
	return head.Status
}

// resolve ends a subrequest where it went. The head is nil where the connection is to be closed.
func (r *request) resolve(out *eval.Outcome) (head *eval.ClientHead, resp *eval.Response) {
	s := r.c.gen.settings(out.Decision.Level)
	switch {
	case s.lacks != nil || out.Unknown != "":
		return nil, nil
	case out.Upstream != nil && out.Status == 0:
		return r.fetch(out, s)
	case out.Decision.Kind == route.Static:
		return out.Fail(404), nil
	}
	return out.Answer(eval.Response{}), nil
}

// fetch asks the upstream of a subrequest. Only the head of its answer counts.
func (r *request) fetch(out *eval.Outcome, s *settings) (*eval.ClientHead, *eval.Response) {
	if !out.Upstream.Known() || out.Upstream.Version.Text == "2" {
		return nil, nil
	}
	f := r.newForward(out, s)
	f.sub, f.method, f.body = true, "GET", out.Upstream.Body
	defer f.cancel()
	a, status := f.ask()
	if a == nil {
		return out.Fail(status), nil
	}
	head := out.Answer(a.resp)
	a.done(a.frame.none && !a.frame.closes)
	if a.resp.Status == 101 && head.Tunnel { // "connection upgrade in subrequest"
		r.crashed = true
		return nil, nil
	}
	return head, &a.resp
}
