package difftest

import (
	"bufio"
	"fmt"
	"strings"
)

// Script gives what the backend says to request i of the case if it gets this head: its own head, which is empty where
// it says nothing, and the body without framing, which a HEAD request does not get.
func (c *Case) Script(i int, a Addresses, upstream Bytes) (head, body string) {
	for n := range a.Backends { // a backend that the case does not name has no port
		if !c.uses(fmt.Sprintf("{UP%d}", n)) {
			a.Backends[n] = 0
		}
	}
	h, err := readHead(bufio.NewReader(strings.NewReader(string(upstream))))
	answer := c.Requests[i].Answer.filled(c, a)
	if answer.Strict {
		answer = strictAnswer(h)
	}
	if err != nil || answer.Status == "" {
		return "", ""
	}
	body = answer.Body
	answer.Body = strings.Repeat("x", len(body)) // so that the head's end is found wherever the body has an empty line
	whole := string(answer.bytes(h.method(), h.value("Sec-WebSocket-Key")))
	head, _, _ = strings.Cut(whole, "\r\n\r\n")
	return head + "\r\n\r\n", body
}
