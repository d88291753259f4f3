package vars

import (
	"strings"
)

// header returns $http_NAME: the lines of that name, `-` being `_`, joined since 1.23.0; before, the first alone.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_variable_unknown_header.
func (r *Run) header(name, separator string) Value {
	first, found := "", false
	for i := range r.Headers {
		h := &r.Headers[i]
		if !named(h.Name, name) {
			continue
		}
		if !found {
			first, found = h.Value, true
			continue
		}
		if r.Before(1, 23, 0) {
			break
		}
		return Value{Text: first + separator + strings.Join(r.headersAfter(i, name), separator)}
	}
	return Value{Text: first}
}

// headersAfter returns the values of the lines of that name from line i.
func (r *Run) headersAfter(i int, name string) []string {
	var values []string
	for _, h := range r.Headers[i:] {
		if named(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// named reports whether a header has the name that a variable gives it.
func named(header, name string) bool {
	if len(header) != len(name) {
		return false
	}
	for i := range len(header) {
		c := header[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case c == '-':
			c = '_'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

// headerLines returns the values of the header lines of exactly that name, in any case.
func (r *Run) headerLines(name string) []string {
	var values []string
	for _, h := range r.Headers {
		if len(h.Name) == len(name) && strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

func (r *Run) forwardedFor() string { return strings.Join(r.headerLines("x-forwarded-for"), ", ") }

// addForwardedFor returns $proxy_add_x_forwarded_for.
//
// nginx: src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_add_x_forwarded_for_variable.
func (r *Run) addForwardedFor() Value {
	addr := r.remoteAddr()
	if lines := r.headerLines("x-forwarded-for"); len(lines) > 0 {
		addr.Text = strings.Join(lines, ", ") + ", " + addr.Text
	}
	return addr
}

// contentLength returns $content_length: the header, or how long a chunked body is once it was read. An answer of
// nginx's own discards it first.
//
// nginx: ngx_http_variable_content_length; ngx_http_discard_request_body.
func (r *Run) contentLength() Value {
	if lines := r.headerLines("content-length"); len(lines) > 0 {
		return Value{Text: lines[0]}
	}
	switch {
	case !r.Request.Chunked:
		return Value{}
	case r.Status != 0:
		return Value{Text: "0"}
	case r.Late != nil:
		if v, ok := r.Late("content_length"); ok {
			return v
		}
	}
	return Value{}
}

// cookie returns $cookie_NAME: the first value of that name, in any case.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_multi_header_lines.
func (r *Run) cookie(name string) string {
	separators := ";"
	if r.Before(1, 29, 4) { // measured: 1.26.3 and before take a comma too, 1.30.6 does not
		separators = ";,"
	}
	for _, line := range r.headerLines("cookie") {
		if value, ok := cookieIn(line, name, separators); ok {
			return value
		}
	}
	return ""
}

func cookieIn(line, name, separators string) (value string, ok bool) {
	if len(name) > len(line) {
		return "", false
	}
	for line != "" {
		if len(line) >= len(name) && strings.EqualFold(line[:len(name)], name) {
			line = strings.TrimLeft(line[len(name):], " ")
			if rest, ok := strings.CutPrefix(line, "="); ok {
				value, _, _ := strings.Cut(strings.TrimLeft(rest, " "), ";")
				return value, true
			}
			line = line[min(1, len(line)):] // nginx skips the byte, be it a separator
		}
		next := strings.IndexAny(line, separators)
		if next < 0 {
			return "", false
		}
		line = strings.TrimLeft(line[next+1:], " ")
	}
	return "", false
}

// arg returns $arg_NAME: the first argument of that name, in any case.
//
// nginx: src/http/ngx_http_parse.c, ngx_http_arg.
func (r *Run) arg(variable, name string) Value {
	switch {
	case r.ArgsUnknown:
		return unknown(variable)
	case name == "":
		return Value{}
	}
	for pair := range strings.SplitSeq(r.Args, "&") {
		if len(pair) > len(name) && pair[len(name)] == '=' && strings.EqualFold(pair[:len(name)], name) {
			return Value{Text: pair[len(name)+1:]}
		}
	}
	return Value{}
}
