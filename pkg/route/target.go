package route

import (
	"strconv"
	"strings"
)

// target is a request target taken apart.
type target struct {
	host string // of an absolute form, without the port; "" for none
	port string // of an absolute form, with its colon; "" for none
	raw  string // what $request_uri is
	// emptyPath says that an absolute form has arguments but no path.
	emptyPath bool
}

// parseTarget takes a request target apart: "/path?args" or "scheme://host:port/path?args".
//
// nginx: src/http/ngx_http_parse.c, ngx_http_parse_request_line, from sw_spaces_before_uri on.
func parseTarget(text string) (t target, ok bool) {
	if strings.HasPrefix(text, "/") {
		return target{raw: text}, true
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || !schemeOK(scheme) {
		return target{}, false
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	t.raw = rest[end:]
	t.emptyPath = strings.HasPrefix(t.raw, "?")
	if t.raw == "" {
		t.raw = "/"
	}
	ok = t.authority(rest[:end])
	return t, ok
}

// authority reads "host:port".
func (t *target) authority(text string) bool {
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || !literalOK(text[1:end]) {
			return false
		}
		t.host, t.port = text[:end+1], text[end+1:]
	} else {
		end := strings.IndexByte(text, ':')
		if end < 0 {
			end = len(text)
		}
		t.host, t.port = text[:end], text[end:]
		if !hostOK(t.host) {
			return false
		}
	}
	return t.port == "" || t.port[0] == ':' && (t.port == ":" || digits(t.port[1:]))
}

func schemeOK(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

func hostOK(s string) bool {
	for i := range len(s) {
		c := s[i]
		if ('a' > c|0x20 || c|0x20 > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func literalOK(s string) bool {
	for i := range len(s) {
		c := s[i]
		if ('a' > c|0x20 || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(":-._~!$&'()*+,;=", rune(c)) {
			return false
		}
	}
	return true
}

// targetOK reports whether nginx reads the target at all.
func targetOK(method, text string, strict bool) bool {
	if strict && method == "CONNECT" {
		t := target{}
		return t.authority(text) && t.host != "" && t.port != "" && portOK(t.port)
	}
	t, ok := parseTarget(text)
	if !ok || strict && !portOK(t.port) {
		return false
	}
	for i := range len(t.raw) {
		if c := t.raw[i]; c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// portOK reports whether what follows a host is a port or nothing.
func portOK(text string) bool {
	if text == "" || text == ":" {
		return true
	}
	if text[0] != ':' || !digits(text[1:]) {
		return false
	}
	n, err := strconv.Atoi(text[1:])
	return err == nil && n <= 65535
}
