package vars

import "github.com/ngxproof/ngxproof/pkg/config"

// Live is what only a running server knows of a request, and asks while the request is on its way. Its functions may be
// nil; what they answer for one request does not change.
type Live struct {
	// Variable supplies the variables that a clock, a connection or the asked upstreams define ($request_id,
	// $connection, $upstream_addr); ok is false for others.
	Variable func(name string) (text string, ok bool)
	// Admit is asked before access control: the status to end the request with, 0 to go on.
	Admit func(r *Run) (status int)
	// Authorise sends the subrequest of an auth_request directive and returns the status of its answer.
	Authorise func(r *Run, by *config.Directive) (status int)
	// Closing says that the connection to the client ends with this request.
	Closing bool
	// Added are header lines that the answer gets before add_header's.
	Added []Header
}

// live asks Live for a variable.
func (r *Run) live(name string) (Value, bool) {
	if r.Request.Live == nil || r.Request.Live.Variable == nil {
		return Value{}, false
	}
	text, ok := r.Request.Live.Variable(name)
	return Value{Text: text}, ok
}
