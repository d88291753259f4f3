package difftest

import (
	"bufio"
	"errors"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// headLimit bounds what is taken for a head: more than any generated one.
const headLimit = 1 << 20

// head is a request's or an answer's head, byte for byte.
type head struct {
	text  string   // with the empty line
	first string   // the request line or status line, without its end
	lines []string // the header lines, without their ends
}

var errHeadTooLong = errors.New("head too long")

// readHead reads to the empty line.
func readHead(r *bufio.Reader) (head, error) {
	var h head
	var b strings.Builder
	for b.Len() < headLimit {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		h.text = b.String()
		if err != nil {
			return h, err
		}
		switch trimmed := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"); {
		case b.Len() == len(line):
			h.first = trimmed
		case trimmed == "":
			return h, nil
		default:
			h.lines = append(h.lines, trimmed)
		}
	}
	return h, errHeadTooLong
}

// values are the values of a header, spelled in any case.
func (h head) values(name string) []string {
	var out []string
	for _, line := range h.lines {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			out = append(out, strings.Trim(value, " \t"))
		}
	}
	return out
}

// value is the first of them, or empty.
func (h head) value(name string) string {
	if all := h.values(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// method is the request line's first word.
func (h head) method() string {
	method, _, _ := strings.Cut(h.first, " ")
	return method
}

// version is the request line's last word.
func (h head) version() string {
	return h.first[strings.LastIndexByte(h.first, ' ')+1:]
}

// readBody reads a body as the head frames it; toEOF is for an answer, whose body may end with the connection.
func readBody(r *bufio.Reader, h head, toEOF bool) ([]byte, error) {
	if strings.EqualFold(h.value("Transfer-Encoding"), "chunked") {
		body, err := io.ReadAll(httputil.NewChunkedReader(r))
		if err == nil {
			_, err = r.ReadString('\n') // the empty line after the last chunk; nginx sends no trailers here
		}
		return body, err
	}
	if length := h.value("Content-Length"); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil {
			return nil, err
		}
		body := make([]byte, n)
		read, err := io.ReadFull(r, body)
		return body[:read], err
	}
	if toEOF {
		return io.ReadAll(r)
	}
	return nil, nil
}
