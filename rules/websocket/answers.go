package websocket

import (
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// accepted is a backend's answer that accepts a handshake, with every header that it may have for it.
var accepted = eval.Response{
	Status: 101, Reason: "Switching Protocols", Version: "1.1",
	Headers: []vars.Header{
		{Name: "Upgrade", Value: "websocket"},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Accept", Value: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{Name: "Sec-WebSocket-Protocol", Value: "chat"},
		{Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate"},
	},
}

// answers returns, for every way in which the client's request is proxied from the site with a group's versions, the
// head that the client gets by what answer asks of the outcome; none where one of them is not known.
func (s *site) answers(client eval.Client, group int, answer func(*eval.Outcome) *eval.ClientHead) []*eval.ClientHead {
	var heads []*eval.ClientHead
	if s.partial {
		return nil
	}
	for _, entry := range s.entries {
		out := s.all.eval.At(entry, client, s.all.aim.groups[group].version)
		if uncertain(out) {
			return nil
		}
		for _, o := range out.All {
			if o.Upstream == nil || o.Decision.Level != s.level {
				continue
			}
			head := answer(o)
			if head.Unknown != "" || head.Open {
				return nil
			}
			heads = append(heads, head)
		}
	}
	return heads
}

// toAccepted is what the client gets where the backend accepts the handshake.
func toAccepted(o *eval.Outcome) *eval.ClientHead { return o.Answer(accepted) }

// toTimeout is what the client gets where the backend takes too long.
func toTimeout(o *eval.Outcome) *eval.ClientHead { return o.Fail(504) }

// toPage is what the client gets where an ordinary page is the answer.
func toPage(o *eval.Outcome) *eval.ClientHead {
	return o.Answer(eval.Response{
		Status: 200, Reason: "OK", Version: "1.1", Headers: []vars.Header{{Name: "Content-Type", Value: "text/html"}},
	})
}

// expression returns what an expression is worth for the client's request at the site; nil
// where that is not known, or not the same for every way here.
func (s *site) expression(text string, client eval.Client) *string {
	var one *string
	for _, entry := range s.entries {
		out := s.all.eval.At(entry, client, s.all.aim.groups[0].version)
		if s.partial || uncertain(out) {
			return nil
		}
		for _, o := range out.All {
			if o.Upstream == nil || o.Decision.Level != s.level {
				continue
			}
			value := o.Worth(text)
			if value.Unknown || one != nil && *one != value.Text {
				return nil
			}
			one = &value.Text
		}
	}
	return one
}
