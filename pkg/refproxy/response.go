package refproxy

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// readHead reads the head of the server's answer into the one buffer of proxy_buffer_size.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_header.
func (a *answered) readHead() error {
	c, f := a.conn, a.f
	limit := f.up.Timers.Read.After
	if limit <= 0 {
		return errTimedOut
	}
	if cap(c.in) != f.settings.bufferSize {
		c.in = make([]byte, 0, f.settings.bufferSize)
	}
	c.in = c.in[:0]
	c.reads.set(limit)
	defer c.reads.off()
	for {
		resp, size, err := parseResponse(c.in)
		switch {
		case errors.Is(err, errOld):
			a.old, a.resp = true, eval.Response{Status: 200, Version: "0.9"}
			a.note(200)
			a.frame = frame{length: -1, closes: true}
			return nil
		case err != nil:
			return err
		case size > 0 && resp.Status == 103 && a.skipsHints():
			a.note(103)
			c.consume(size)
			continue
		case size > 0:
			a.note(resp.Status)
			c.consume(size)
			a.resp = resp
			a.dropRepeated()
			a.try.headed = f.r.c.proxy.clock.Now()
			return a.frameOf()
		case len(c.in) == cap(c.in):
			return errInvalid // upstream sent too big header
		}
		if err := a.read(); err != nil {
			return err
		}
	}
}

// skipsHints reports whether a 103 is not the answer.
func (a *answered) skipsHints() bool {
	return !a.f.r.c.gen.version.Before(catalog.Version{Major: 1, Minor: 29})
}

// note keeps the first status for the log.
func (a *answered) note(status int) {
	if a.try.status == 0 {
		a.try.status = status
	}
}

// once are the headers of which nginx takes the first line only.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_process_header_line, since 1.23.0.
var once = map[string]bool{"status": true, "content-type": true, "date": true, "last-modified": true, "etag": true,
	"server": true, "location": true, "expires": true, "refresh": true}

// dropRepeated drops the lines of an answer that nginx ignores.
func (a *answered) dropRepeated() {
	if a.f.r.c.gen.version.Before(catalog.Version{Major: 1, Minor: 23}) {
		return
	}
	seen := map[string]bool{}
	a.resp.Headers = slices.DeleteFunc(a.resp.Headers, func(h vars.Header) bool {
		name := strings.ToLower(h.Name)
		again := once[name] && seen[name]
		seen[name] = true
		return again
	})
}

// consume takes n bytes off what was read.
func (c *upConn) consume(n int) { c.in = c.in[:copy(c.in, c.in[n:])] }

// read reads once, as far as the buffer goes.
func (a *answered) read() error {
	c := a.conn
	n, err := c.net.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	a.try.received += int64(n)
	switch {
	case n > 0:
		return nil
	case err != nil && isTimeout(err):
		return errTimedOut
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// parseResponse parses a head; size is 0 where it is not whole.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_status_line and ngx_http_parse_header_line.
func parseResponse(b []byte) (resp eval.Response, size int, err error) {
	line, at := nextLine(b, 0)
	if !mayBeStatus(b) || at > 0 && !parseStatus(line, &resp) {
		return resp, 0, errOld
	}
	for at > 0 {
		var line []byte
		from := at
		if line, at = nextLine(b, from); at == 0 {
			return resp, 0, nil
		}
		if len(line) == 0 {
			return resp, at, nil
		}
		h, ok := parseField(line)
		if !ok {
			return resp, 0, errInvalid
		}
		resp.Headers = append(resp.Headers, h)
	}
	return resp, 0, nil
}

// errOld says that an answer has no status line: nginx takes it for one of HTTP/0.9, all of it body.
var errOld = errors.New("no valid HTTP/1.0 header")

// nextLine returns the line from an offset without its end, and the offset behind it; 0 where it is not whole.
func nextLine(b []byte, from int) (line []byte, after int) {
	n := bytes.IndexByte(b[from:], '\n')
	if n < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(b[from:from+n], []byte("\r")), from + n + 1
}

// mayBeStatus reports whether what is there begins as a status line does.
func mayBeStatus(b []byte) bool {
	const start = "HTTP/"
	n := min(len(b), len(start))
	return string(b[:n]) == start[:n]
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte, resp *eval.Response) bool {
	version, rest, _ := strings.Cut(string(line[len("HTTP/"):]), " ")
	major, minor, dot := strings.Cut(version, ".")
	rest = strings.TrimLeft(rest, " ")
	if !dot || !digits(major) || !digits(minor) || len(rest) < 3 || !digits(rest[:3]) {
		return false
	}
	if len(rest) > 3 && rest[3] != ' ' && rest[3] != '.' {
		return false
	}
	resp.Version, resp.Line = version, rest
	resp.Status, _ = strconv.Atoi(rest[:3]) // these are digits
	if len(rest) > 4 {
		resp.Reason = rest[4:]
	}
	return true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parseField reads one header line.
func parseField(line []byte) (h vars.Header, ok bool) {
	name, value, _ := strings.Cut(string(line), ":")
	if name == "" {
		return h, false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] == 0x7f {
			return h, false
		}
	}
	value = strings.Trim(value, " ")
	if strings.ContainsAny(value, "\x00\r") {
		return h, false
	}
	return vars.Header{Name: name, Value: value}, true
}

// frame says where the body of an answer ends.
type frame struct {
	none    bool
	chunked bool
	length  int64 // -1: with the connection
	closes  bool  // the server closes the connection after it
}

// frameOf finds where the body ends; the error is that of a head that nginx does not take.
//
// nginx: ngx_http_upstream_process_content_length and its neighbours; ngx_http_proxy_input_filter_init.
func (a *answered) frameOf() error {
	fr := frame{length: -1, closes: !atLeast11(a.resp.Version)}
	strict := !a.f.r.c.gen.version.Before(catalog.Version{Major: 1, Minor: 23})
	lengths, encodings := 0, 0
	for _, h := range a.resp.Headers {
		switch strings.ToLower(h.Name) {
		case "content-length":
			n, err := strconv.ParseInt(h.Value, 10, 64)
			if lengths++; strict && (lengths > 1 || err != nil || n < 0) {
				return errInvalid
			}
			if err == nil && n >= 0 {
				fr.length = n
			}
		case "transfer-encoding":
			if encodings++; strict && encodings > 1 {
				return errInvalid
			}
			switch {
			case strings.EqualFold(h.Value, "chunked"), !strict && strings.Contains(strings.ToLower(h.Value), "chunked"):
				fr.chunked = true
			case strict:
				return errInvalid
			}
		case "connection":
			fr.closes = fr.closes || strings.Contains(strings.ToLower(h.Value), "close")
		}
	}
	if strict && lengths > 0 && encodings > 0 {
		return errInvalid
	}
	if fr.chunked {
		fr.length = -1
	}
	switch s := a.resp.Status; {
	case s == 204, s == 304, strings.EqualFold(a.f.up.Method.Text, "HEAD"), fr.length == 0 && !fr.chunked:
		fr.none = true
	}
	a.frame = fr
	return nil
}

// atLeast11 reports whether a version is 1.1 or above.
func atLeast11(version string) bool {
	major, minor, _ := strings.Cut(version, ".")
	return major != "0" && (major != "1" || strings.Trim(minor, "0") != "")
}

// bodyOf reads an answer's body without its chunks.
type bodyOf struct {
	a       *answered
	limit   time.Duration
	left    int64 // of the body or the chunk, -1: to the end
	state   chunkState
	done    bool
	tooMuch bool // the server sent more than it said
}

// chunkState is what comes next in a chunked body.
type chunkState uint8

const (
	chunkSizeNext chunkState = iota
	chunkDataNext
	chunkEndNext
	trailerNext
)

func (a *answered) newBody() *bodyOf {
	b := &bodyOf{a: a, limit: a.f.up.Timers.Read.After, left: a.frame.length}
	b.done = a.frame.none
	if a.frame.chunked {
		b.left = 0
	}
	return b
}

// errTruncated is a body that ends before it should.
var errTruncated = errors.New("upstream prematurely closed connection")

// next returns more of the body, which stays valid until the next call; at its end done is set.
func (b *bodyOf) next() (data []byte, err error) {
	c := b.a.conn
	for !b.done {
		data, used, err := b.cut(c.in)
		if err != nil {
			return nil, err
		}
		if len(data) > 0 {
			data = append([]byte(nil), data...)
		}
		c.consume(used)
		if len(data) > 0 || b.done {
			b.tooMuch = b.done && len(c.in) > 0
			return data, nil
		}
		if used > 0 {
			continue
		}
		if len(c.in) == cap(c.in) {
			return nil, errInvalid // a chunk's line longer than the buffer
		}
		c.reads.set(b.limit)
		err = b.a.read()
		c.reads.off()
		switch {
		case err == nil:
		case b.left < 0 && !b.a.frame.chunked && errors.Is(err, io.EOF):
			b.done = true
		case errors.Is(err, io.EOF):
			return nil, errTruncated
		default:
			return nil, err
		}
	}
	return nil, nil
}

// cut takes what is body off the front of in.
func (b *bodyOf) cut(in []byte) (data []byte, used int, err error) {
	switch {
	case b.a.frame.chunked:
		return b.cutChunk(in)
	case b.left < 0:
		return in, len(in), nil
	}
	n := int(min(b.left, int64(len(in))))
	b.left -= int64(n)
	b.done = b.left == 0
	return in[:n], n, nil
}

// cutChunk takes one step through a chunked body.
func (b *bodyOf) cutChunk(in []byte) (data []byte, used int, err error) {
	if b.state == chunkDataNext {
		n := int(min(b.left, int64(len(in))))
		if b.left -= int64(n); b.left == 0 {
			b.state = chunkEndNext
		}
		return in[:n], n, nil
	}
	line, after := nextLine(in, 0)
	if after == 0 {
		return nil, 0, nil
	}
	switch b.state {
	case chunkEndNext:
		if len(line) > 0 {
			return nil, 0, errInvalid
		}
		b.state = chunkSizeNext
	case trailerNext:
		b.done = len(line) == 0
	default:
		size, ok := chunkSize(string(line))
		if !ok {
			return nil, 0, errInvalid
		}
		b.left = size
		if b.state = chunkDataNext; size == 0 {
			b.state = trailerNext
		}
	}
	return nil, after, nil
}
