package difftest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// probe is what the client sends after an answer to see whether nginx still listens: nginx refuses its first byte with
// a 400 without looking at the configuration (src/http/ngx_http_parse.c, ngx_http_parse_request_line).
const probe = "!\r\n\r\n"

// refused is how nginx answers the probe.
const refused = "HTTP/1.1 400"

// ping goes through a tunnel and comes back.
const ping = "ngxproof: through the tunnel and back\n"

// converse sends one request over a connection of its own and observes the client's side.
func converse(port int, raw []byte) Observation {
	var o Observation
	conn, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", port), patience)
	if err != nil {
		o.Fault = "dial: " + err.Error()
		return o
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		o.Fault = err.Error()
		return o
	}
	_, _ = conn.Write(raw) // nginx may have answered and closed before it read everything
	talk := &talk{conn: conn, r: bufio.NewReader(conn), o: &o}
	talk.answer(requestOf(raw))
	return o
}

// sent is what the client must know of its own request to read the answer.
type sent struct {
	method  string
	upgrade bool // it has an Upgrade header line
}

// requestOf reads a request's head as far as nginx would take its lines for headers.
func requestOf(raw []byte) sent {
	h, _ := readHead(bufio.NewReader(bytes.NewReader(raw))) // a head that ends early is a request that is refused
	return sent{method: h.method(), upgrade: h.values("Upgrade") != nil}
}

// talk is the client's side of one exchange.
type talk struct {
	conn net.Conn
	r    *bufio.Reader
	o    *Observation
}

// answer reads the answer and finds out what became of the connection.
func (t *talk) answer(request sent) {
	h, err := t.head()
	switch {
	case err != nil:
		t.fail(err)
	case t.o.Code() == 101 && request.upgrade:
		t.tunnel()
	case t.o.Code() == 101:
		t.openEnded()
	default:
		t.body(h, request.method)
	}
}

// head reads to the final status; an answer without one (HTTP/0.9) is all body.
func (t *talk) head() (head, error) {
	start, err := t.r.Peek(5)
	if string(start) != "HTTP/" {
		body, _ := io.ReadAll(t.r)
		t.o.Body, t.o.Closed = Bytes(body), true
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return head{}, err
		}
		return head{}, io.EOF
	}
	h, err := readHead(t.r)
	if err != nil {
		return h, err
	}
	if code := statusCode(h.first); code == 100 || code == 102 || code == 103 {
		t.o.Interim = append(t.o.Interim, h.first)
		return t.head()
	}
	t.o.Status, t.o.Headers = h.first, h.lines
	return h, nil
}

func statusCode(line string) int { return (&Observation{Status: line}).Code() }

// fail tells a fault of the harness from a connection that nginx ended without an answer.
func (t *talk) fail(err error) {
	t.o.Closed = true
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.o.Fault = "timeout"
	}
}

// tunnel looks whether bytes come back.
func (t *talk) tunnel() {
	if _, err := io.WriteString(t.conn, ping); err != nil {
		t.fail(err)
		return
	}
	back := make([]byte, len(ping))
	n, err := io.ReadFull(t.r, back)
	t.o.Tunnel = string(back[:n]) == ping
	if err != nil {
		t.fail(err)
	}
}

// openEnded reads a 101 without a tunnel: its body has no mark at its end, but what nginx answers to the probe comes
// right after it.
func (t *talk) openEnded() {
	_, _ = io.WriteString(t.conn, probe)
	all, err := readUntil(t.r, refused)
	body, _, alive := strings.Cut(string(all), refused)
	t.o.Body = Bytes(body)
	if !alive {
		t.fail(err)
	}
}

// body reads an ordinary answer's body, then asks whether the connection is still open.
func (t *talk) body(h head, method string) {
	code := t.o.Code()
	if method != "HEAD" && code != 204 && code != 304 {
		body, err := readBody(t.r, h, true)
		t.o.Body = Bytes(body)
		if err != nil {
			t.fail(err)
			return
		}
	}
	_, _ = io.WriteString(t.conn, probe) // fails where nginx has closed, which the read tells too
	rest, err := readUntil(t.r, refused)
	if !strings.HasSuffix(string(rest), refused) {
		t.fail(err)
	}
}

// readUntil reads to the end of the mark, or to the end of the connection with its error.
func readUntil(r *bufio.Reader, mark string) ([]byte, error) {
	var all []byte
	for !bytes.HasSuffix(all, []byte(mark)) {
		c, err := r.ReadByte()
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}
