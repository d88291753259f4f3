package route

import (
	"errors"
	"strings"
)

// URI is a request's path and arguments as nginx takes them.
type URI struct {
	// Path is the normalised path: $uri. Escapes are decoded, dot segments gone.
	Path string
	// Args are the arguments as sent, without `?` and what follows a `#`: $args.
	Args string
	// Quoted says that the path had an escape, Plus that it had a `+`.
	Quoted, Plus bool
}

// errURI is what nginx logs for a path that it can't take: a bad escape, %00, or `..` above the root.
var errURI = errors.New("client sent invalid request")

// uriState is where the normalisation of a path stands.
type uriState uint8

const (
	inSegment uriState = iota
	afterSlash
	afterDot
	afterDots
	inEscape
	inEscapeSecond
)

// normaliser turns a raw path into a normal one.
type normaliser struct {
	uri          URI
	out          []byte
	state, saved uriState
	decoded      byte
	merge        bool
}

// NormaliseURI normalises a request target in origin form: "/a//b/../c%20d?x=1". With mergeSlashes, slashes in a row
// become one. The error is one for which nginx answers 400.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_complex_uri.
func NormaliseURI(target string, mergeSlashes bool) (URI, error) {
	if uri, ok := plainURI(target); ok {
		return uri, nil
	}
	n := &normaliser{merge: mergeSlashes, out: make([]byte, 0, len(target)+1)}
	if strings.HasPrefix(target, "?") {
		n.out = append(n.out, '/') // http://host?args
	}
	for i := range len(target) {
		end, err := n.take(target[i])
		if err != nil {
			return URI{}, err
		}
		if end {
			n.args(target, i)
			break
		}
	}
	return n.finish()
}

// plainURI splits a target in which there is nothing to normalise.
func plainURI(target string) (uri URI, ok bool) {
	uri.Path, uri.Args, _ = strings.Cut(target, "?")
	for i := range len(uri.Path) {
		switch uri.Path[i] {
		case '%', '#':
			return URI{}, false
		case '+':
			uri.Plus = true
		case '/':
			if i+1 < len(uri.Path) && (uri.Path[i+1] == '/' || uri.Path[i+1] == '.') {
				return URI{}, false
			}
		}
	}
	return uri, uri.Path != "" && strings.IndexByte(uri.Args, '#') < 0
}

// args takes what follows the `?` or `#` at i.
func (n *normaliser) args(target string, i int) {
	if target[i] == '?' {
		n.uri.Args, _, _ = strings.Cut(target[i+1:], "#")
	}
}

// finish ends the path.
func (n *normaliser) finish() (URI, error) {
	switch n.state {
	case inEscape, inEscapeSecond:
		return URI{}, errURI
	case afterDot:
		n.out = n.out[:len(n.out)-1]
	case afterDots:
		if err := n.up(); err != nil {
			return URI{}, err
		}
	}
	n.uri.Path = string(n.out)
	return n.uri, nil
}

// take takes one byte; end says that it ends the path.
func (n *normaliser) take(c byte) (end bool, err error) {
	switch n.state {
	case inEscape, inEscapeSecond:
		return false, n.escape(c)
	}
	switch c {
	case '%':
		n.saved, n.state = n.state, inEscape
		return false, nil
	case '?', '#':
		return true, n.endDots()
	}
	return false, n.plain(c)
}

// endDots resolves the dot segment that a `?` or `#` ends.
func (n *normaliser) endDots() error {
	var err error
	switch n.state {
	case afterDot:
		n.out = n.out[:len(n.out)-1]
	case afterDots:
		err = n.up()
	}
	n.state = inSegment
	return err
}

// plain takes a byte that is no escape and does not end the path.
func (n *normaliser) plain(c byte) error {
	if c == '+' {
		n.uri.Plus = true
	}
	switch {
	case c == '/':
		return n.slash()
	case c == '.' && n.state == afterSlash:
		n.state = afterDot
	case c == '.' && n.state == afterDot:
		n.state = afterDots
	default:
		n.state = inSegment
	}
	n.out = append(n.out, c)
	return nil
}

// slash takes a slash.
func (n *normaliser) slash() error {
	switch n.state {
	case afterSlash:
		if !n.merge {
			n.out = append(n.out, '/')
		}
	case afterDot:
		n.out = n.out[:len(n.out)-1]
	case afterDots:
		if err := n.up(); err != nil {
			return err
		}
	default:
		n.out = append(n.out, '/')
	}
	n.state = afterSlash
	return nil
}

// up removes "/.." and the segment before it.
func (n *normaliser) up() error {
	u := len(n.out) - 4
	for u >= 0 && n.out[u] != '/' {
		u--
	}
	if u < 0 {
		return errURI
	}
	n.out = n.out[:u+1]
	return nil
}

// escape takes a digit of an escape. A decoded byte is taken as if it had been sent, but for `%`, `#` and `?`.
func (n *normaliser) escape(c byte) error {
	n.uri.Quoted = true
	digit, ok := hexDigit(c)
	if !ok {
		return errURI
	}
	if n.state == inEscape {
		n.decoded, n.state = digit, inEscapeSecond
		return nil
	}
	c = n.decoded<<4 | digit
	switch c {
	case 0:
		return errURI
	case '%', '#', '?':
		n.state = inSegment
		n.out = append(n.out, c)
		return nil
	}
	n.state = n.saved
	return n.plain(c)
}

func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
