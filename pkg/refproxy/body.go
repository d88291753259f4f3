package refproxy

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// bodyReader reads a request's body off its connection, without its chunks.
type bodyReader struct {
	c       *conn
	chunked bool
	strict  bool  // a bare LF ends no line of a chunked body
	left    int64 // of the body, or of the chunk
	inChunk bool  // left counts
	ends    bool  // the line that ends a chunk comes next
	trailer bool  // trailer lines come next
	done    bool
	taken   int64 // bytes of the connection
	size    int64 // of a chunked body, so far
	most    int64 // it may have; 0 for any
}

// What nginx refuses a chunked body for, with 400 and with 413.
var (
	errBadChunk = errors.New("client sent invalid chunked body")
	errTooLarge = errors.New("client intended to send too large chunked body")
)

// statusOf returns what a request ends with whose body can't be read: 408 for a client that is too slow, 400 for one that
// is gone; both get no answer.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_do_read_client_request_body.
func statusOf(err error) (status int, answered bool) {
	switch {
	case errors.Is(err, errTooLarge):
		return 413, true
	case errors.Is(err, errTimedOut):
		return 408, false
	}
	return 400, errors.Is(err, errBadChunk)
}

// newBody returns the reader of a request's body.
func newBody(c *conn, req *vars.Request) *bodyReader {
	b := &bodyReader{c: c, chunked: req.Chunked, strict: !c.gen.version.Before(catalog.Version{Major: 1, Minor: 29, Patch: 4})}
	if b.chunked {
		return b
	}
	if req.Version != "0.9" {
		for _, h := range req.Headers {
			if strings.EqualFold(h.Name, "Content-Length") {
				b.left, _ = strconv.ParseInt(h.Value, 10, 64) // the head was checked
			}
		}
	}
	b.done = b.left <= 0
	return b
}

// read reads some of the body; n may be 0 without an error. At its end done is set, with or without bytes.
func (b *bodyReader) read(to []byte, wait time.Duration) (n int, err error) {
	if b.done {
		return 0, io.EOF
	}
	n, moved, err := b.step(to)
	if err != nil || moved {
		return n, err
	}
	return 0, b.fill(wait)
}

// step takes some of the body, or a line between chunks, off what has come in. moved is false where more has to come.
//
// nginx: src/http/ngx_http_request_body.c, ngx_http_request_body_chunked_filter, which looks at a chunk's size when its
// first byte is there.
func (b *bodyReader) step(to []byte) (n int, moved bool, err error) {
	switch {
	case b.chunked && !b.inChunk:
		moved, err = b.between()
		return 0, moved, err
	case len(b.c.in) == 0:
		return 0, false, nil
	case b.chunked && b.most > 0 && b.most-b.size < b.left:
		return 0, false, errTooLarge
	}
	n = copy(to, b.c.in[:min(int64(len(b.c.in)), b.left)])
	b.take(n)
	b.size += int64(n)
	if b.left -= int64(n); b.left == 0 {
		b.inChunk, b.ends = false, b.chunked
		b.done = !b.chunked
	}
	return n, true, nil
}

// take takes n bytes off the connection.
func (b *bodyReader) take(n int) {
	b.c.drop(n)
	b.taken += int64(n)
}

// fill reads more from the connection.
func (b *bodyReader) fill(wait time.Duration) error {
	b.c.reads.set(wait)
	err := b.c.fill(bodyChunk)
	if b.c.reads.off() && err != nil {
		return errTimedOut
	}
	return err
}

// maxChunkLine bounds the line of a chunk's size with its extensions, and a trailer line.
const maxChunkLine = 8 << 10

// ready reads what of the body has come in already, without waiting for more: about as much as nginx's buffer takes.
func (b *bodyReader) ready() (body []byte, err error) {
	var buffer [bodyChunk]byte
	for !b.done {
		n, moved, err := b.step(buffer[:])
		body = append(body, buffer[:n]...)
		if err != nil {
			return body, err
		}
		if !moved && (len(body) >= bodyChunk || !b.more()) {
			break
		}
	}
	return body, nil
}

// more reads what waits in the socket. Whether an encrypted connection has something to say can't be asked.
func (b *bodyReader) more() bool {
	return b.c.net == b.c.raw && readable(b.c.raw) && b.c.fill(bodyChunk) == nil
}

// between takes the next line between chunks, if it is there whole.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_chunked.
func (b *bodyReader) between() (whole bool, err error) {
	line, whole, err := b.line()
	if err != nil || !whole {
		return false, err
	}
	switch {
	case b.ends:
		b.ends = false
		if line != "" {
			return false, errBadChunk
		}
	case b.trailer:
		b.done = line == ""
	default:
		size, ok := chunkSize(line)
		if !ok {
			return false, errBadChunk
		}
		b.left, b.inChunk, b.trailer = size, size > 0, size == 0
	}
	return true, nil
}

// line takes the next line, if it is there whole, without its end.
func (b *bodyReader) line() (line string, whole bool, err error) {
	for i, c := range b.c.in {
		if c != '\n' {
			continue
		}
		line = string(b.c.in[:i])
		b.take(i + 1)
		cut, carriage := strings.CutSuffix(line, "\r")
		if !carriage && b.strict {
			return "", false, errBadChunk
		}
		return cut, true, nil
	}
	if len(b.c.in) > maxChunkLine || b.wrong(strings.TrimSuffix(string(b.c.in), "\r")) {
		return "", false, errBadChunk
	}
	return "", false, nil
}

// wrong reports whether nothing that may follow makes a line of what is there of it.
func (b *bodyReader) wrong(part string) bool {
	switch {
	case len(b.c.in) == 0 || b.trailer:
		return false
	case b.ends:
		return part != ""
	}
	_, ok := chunkSize(part)
	return !ok
}

// chunkSize reads a chunk's size and passes over its extensions.
func chunkSize(line string) (size int64, ok bool) {
	if strings.HasSuffix(line, "\r") {
		return 0, false
	}
	if cut := strings.IndexAny(line, "; \t"); cut >= 0 {
		line = line[:cut]
	}
	n, err := strconv.ParseUint(line, 16, 62)
	return int64(n), err == nil
}

// maxBodyInMemory bounds a body that is read before it is passed on, whatever client_max_body_size says.
const maxBodyInMemory = 64 << 20

// readBody reads the body before it is passed on: whole, or where it is streamed what has come in already. status is what
// ends the request instead: 413, 400, or 501 for what is too large for the proxy; where the client gets no answer,
// answered is false.
//
// nginx: ngx_http_read_client_request_body.
func (r *request) readBody(s *settings, streams bool) (body []byte, status int, answered bool) {
	r.sayContinue()
	r.body.most = s.maxBody
	if streams {
		body, err := r.body.ready()
		if err != nil {
			status, answered = statusOf(err)
		}
		return body, status, answered
	}
	var buffer [bodyChunk]byte
	for !r.body.done {
		n, err := r.body.read(buffer[:], s.bodyTimeout)
		if body = append(body, buffer[:n]...); len(body) > maxBodyInMemory {
			return nil, 501, true
		}
		if err != nil {
			status, answered = statusOf(err)
			return nil, status, answered
		}
	}
	r.raw += r.body.taken
	return body, 0, true
}
