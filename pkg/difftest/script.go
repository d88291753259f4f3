package difftest

import (
	"bufio"
	"strings"
)

// Script gives what the backend says to request i of the case if it gets this head: its own head, which is empty where
// it says nothing, and the body without framing, which a HEAD request does not get.
func (c *Case) Script(i int, a Addresses, upstream Bytes) (head, body string) {
	return c.Requests[i].Answer.filled(c, a).script(upstream)
}

// Script is Case.Script for a recorded case.
func (r *Recorded) Script(i int, upstream Bytes) (head, body string) {
	return r.Requests[i].Answer.script(upstream)
}

// script is what the answer is to this head.
func (a Answer) script(upstream Bytes) (head, body string) {
	h, err := readHead(bufio.NewReader(strings.NewReader(string(upstream))))
	if a.Strict {
		a = strictAnswer(h)
	}
	if err != nil || a.Status == "" {
		return "", ""
	}
	body = a.Body
	a.Body = strings.Repeat("x", len(body)) // so that the head's end is found wherever the body has an empty line
	whole := string(a.bytes(h.method(), h.value("Sec-WebSocket-Key")))
	head, _, _ = strings.Cut(whole, "\r\n\r\n")
	return head + "\r\n\r\n", body
}
