package route

import (
	"bytes"
	"strconv"
	"strings"
)

// body reads the request's body.
func (p *parser) body() bool {
	if p.req.Chunked {
		return p.chunks()
	}
	n := 0
	for _, h := range p.req.Headers {
		if strings.EqualFold(h.Name, "content-length") {
			n, _ = strconv.Atoi(h.Value)
		}
	}
	if len(p.raw)-p.at < n {
		return false
	}
	p.req.Body = p.raw[p.at : p.at+n]
	p.at += n
	return true
}

// chunks reads a chunked body and what trails it.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_chunked.
func (p *parser) chunks() bool {
	for {
		line, ok := p.chunkLine()
		if !ok {
			return false
		}
		size, ok := chunkSize(line)
		if !ok {
			return p.refuse(400, "client sent invalid chunked body")
		}
		if size == 0 {
			return p.trailers()
		}
		if len(p.raw)-p.at <= size {
			return false
		}
		p.req.Body = append(p.req.Body, p.raw[p.at:p.at+size]...)
		p.at += size
		if end, ok := p.chunkLine(); !ok || len(end) > 0 {
			return ok && p.refuse(400, "client sent invalid chunked body")
		}
	}
}

// chunkLine returns the next line without its end; ok is false where it is not there whole.
func (p *parser) chunkLine() (line []byte, ok bool) {
	n := bytes.IndexByte(p.raw[p.at:], '\n')
	if n < 0 {
		return nil, false
	}
	line, carriage := bytes.CutSuffix(p.raw[p.at:p.at+n], []byte("\r"))
	if !carriage && strictSince(p.limits.Version) {
		return nil, p.refuse(400, "client sent invalid chunked body")
	}
	p.at += n + 1
	return line, true
}

// trailers passes over the trailer lines.
func (p *parser) trailers() bool {
	for {
		line, ok := p.chunkLine()
		if !ok || len(line) == 0 {
			return ok
		}
	}
}

// chunkSize reads a chunk's size and passes over its extensions.
func chunkSize(line []byte) (size int, ok bool) {
	text := string(line)
	if strings.HasSuffix(text, "\r") {
		return 0, false
	}
	if cut := strings.IndexAny(text, "; \t"); cut >= 0 {
		text = text[:cut]
	}
	n, err := strconv.ParseUint(text, 16, 31)
	return int(n), err == nil
}
