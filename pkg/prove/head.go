package prove

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// head is a request's or response's head as it came over the wire.
type head struct {
	raw   []byte // up to and with the empty line
	first string // the request or status line
	lines [][2]string
}

// maxHead is how large a head may be, in bytes.
const maxHead = 64 << 10

var errLargeHead = errors.New("the head does not end")

// readHead reads up to the empty line.
func readHead(r *bufio.Reader) (*head, error) {
	h := &head{}
	for {
		line, err := r.ReadSlice('\n')
		h.raw = append(h.raw, line...)
		switch {
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return h, err
		case len(h.raw) > maxHead:
			return h, errLargeHead
		case err == nil && (bytes.HasSuffix(h.raw, []byte("\n\r\n")) || bytes.HasSuffix(h.raw, []byte("\n\n"))):
			h.split()
			return h, nil
		}
	}
}

// split takes the raw bytes apart.
func (h *head) split() {
	for i, line := range strings.Split(strings.TrimRight(string(h.raw), "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if i == 0 {
			h.first = line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		h.lines = append(h.lines, [2]string{name, strings.TrimSpace(value)})
	}
}

// values returns the values of all lines of that name, in any case.
func (h *head) values(name string) []string {
	var all []string
	for _, l := range h.lines {
		if strings.EqualFold(l[0], name) {
			all = append(all, l[1])
		}
	}
	return all
}

// joined returns the values of all lines of that name as one list.
func (h *head) joined(name string) string { return strings.Join(h.values(name), ", ") }

// method, version and status take the first line apart.
func (h *head) method() string {
	method, _, _ := strings.Cut(h.first, " ")
	return method
}

func (h *head) version() string { return h.first[strings.LastIndexByte(h.first, ' ')+1:] }

func (h *head) status() int {
	_, rest, _ := strings.Cut(h.first, " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if err != nil {
		return 0
	}
	return n
}

// hasToken reports whether a comma-separated list has the token, in any case.
func hasToken(list, token string) bool {
	for _, one := range strings.Split(list, ",") {
		if strings.EqualFold(strings.TrimSpace(one), token) {
			return true
		}
	}
	return false
}

// upgrades reports whether a head asks for an upgrade, be it by one of the two lines that it takes.
func (h *head) upgrades() bool {
	return len(h.values("Upgrade")) > 0 || hasToken(h.joined("Connection"), "upgrade")
}

// body returns a reader of the body of a request; of a response where closes says that the connection's end may end it.
func (h *head) body(r *bufio.Reader, closes bool) io.Reader {
	if hasToken(h.joined("Transfer-Encoding"), "chunked") {
		return httputil.NewChunkedReader(r)
	}
	if all := h.values("Content-Length"); len(all) > 0 {
		n, err := strconv.ParseInt(all[0], 10, 64)
		if err == nil {
			return io.LimitReader(r, n)
		}
	}
	if closes {
		return r
	}
	return strings.NewReader("")
}
