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
}

// errBadChunk is a chunked body that nginx refuses with 400.
var errBadChunk = errors.New("client sent invalid chunked body")

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
	if b.chunked && !b.inChunk {
		return 0, b.frame(wait)
	}
	if len(b.c.in) == 0 {
		if err := b.fill(wait); err != nil {
			return 0, err
		}
	}
	n = copy(to, b.c.in[:min(int64(len(b.c.in)), b.left)])
	b.take(n)
	if b.left -= int64(n); b.left == 0 {
		b.inChunk, b.ends = false, b.chunked
		b.done = !b.chunked
	}
	return n, nil
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

// ready reads what of the body has come in already, without waiting for more.
func (b *bodyReader) ready() (body []byte, err error) {
	for !b.done && len(b.c.in) > 0 {
		if b.chunked && !b.inChunk {
			if whole, err := b.between(); err != nil || !whole {
				return body, err
			}
			continue
		}
		var buffer [bodyChunk]byte
		n, err := b.read(buffer[:], 0) // it does not wait: there is something
		if body = append(body, buffer[:n]...); err != nil {
			return body, err
		}
	}
	return body, nil
}

// frame reads one line between chunks, or waits for more of it.
func (b *bodyReader) frame(wait time.Duration) error {
	whole, err := b.between()
	if err != nil || whole {
		return err
	}
	return b.fill(wait)
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
	if len(b.c.in) > maxChunkLine || b.ends && len(b.c.in) > 0 && b.c.in[0] != '\r' {
		return "", false, errBadChunk
	}
	return "", false, nil
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

// readBody reads the whole body. status is what ends the request instead: 413, 400, or 408 for a client that is too slow
// or gone, which gets no answer.
//
// nginx: ngx_http_read_client_request_body.
func (r *request) readBody(s *settings) (body []byte, status int) {
	r.sayContinue()
	var buffer [bodyChunk]byte
	for !r.body.done {
		n, err := r.body.read(buffer[:], s.bodyTimeout)
		body = append(body, buffer[:n]...)
		switch {
		case s.maxBody > 0 && int64(len(body)) > s.maxBody:
			return nil, 413
		case len(body) > maxBodyInMemory:
			return nil, 501
		case errors.Is(err, errBadChunk):
			return nil, 400
		case err != nil:
			return nil, 408
		}
	}
	r.raw += r.body.taken
	return body, 0
}
