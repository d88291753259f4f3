package route

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/vars"
)

// unique are the headers that may come once only.
//
// nginx: src/http/ngx_http_request.c, ngx_http_headers_in with ngx_http_process_unique_header_line.
var unique = map[string]bool{
	"host": true, "if-modified-since": true, "if-unmodified-since": true, "if-match": true, "if-none-match": true,
	"content-length": true, "content-range": true, "if-range": true, "transfer-encoding": true, "expect": true,
	"authorization": true,
}

// uniqueSince are those that may come once only where heads are read strictly: measured are 1.26.3, which takes more, and
// 1.30.6, which does not.
var uniqueSince = map[string]bool{"proxy-authorization": true}

// checkHead returns nginx's answer to a head that it reads but does not take; nil for none. It notes whether the body is
// chunked.
//
// nginx: ngx_http_process_host, ngx_http_process_request_header.
func checkHead(req *vars.Request, strict bool) *Refusal {
	seen := map[string]string{}
	for i, h := range req.Headers {
		name := strings.ToLower(h.Name)
		if !unique[name] && !(strict && uniqueSince[name]) {
			continue
		}
		if _, again := seen[name]; again {
			req.Headers = req.Headers[:i+1]
			return &Refusal{400, "client sent duplicate header line"}
		}
		seen[name] = h.Value
		if name == "host" {
			if _, ok := validHost(h.Value); !ok || strict && !strictHost(h.Value) {
				req.Headers = req.Headers[:i+1]
				return &Refusal{400, "client sent invalid host header"}
			}
		}
	}
	if _, ok := seen["host"]; !ok && newer(req.Version) {
		return &Refusal{400, "client sent HTTP/1.1 request without \"Host\" header"}
	}
	if refused := checkBody(req, seen); refused != nil {
		return refused
	}
	switch req.Method {
	case "CONNECT", "TRACE":
		return &Refusal{405, "client sent " + req.Method + " method"}
	}
	return nil
}

// newer reports whether a version is above 1.0.
func newer(version string) bool { return version != "0.9" && version != "1.0" }

// checkBody judges Content-Length and Transfer-Encoding.
func checkBody(req *vars.Request, seen map[string]string) *Refusal {
	length, sized := seen["content-length"]
	if sized && (!digits(length) || len(length) > 18) {
		return &Refusal{400, "client sent invalid \"Content-Length\" header"}
	}
	encoding, encoded := seen["transfer-encoding"]
	switch {
	case !encoded:
		return nil
	case !newer(req.Version):
		return &Refusal{400, "client sent HTTP/1.0 request with \"Transfer-Encoding\" header"}
	case !strings.EqualFold(encoding, "chunked"):
		return &Refusal{501, "client sent unknown \"Transfer-Encoding\""}
	case sized:
		return &Refusal{400, "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time"}
	}
	req.Chunked = true
	return nil
}

// validHost returns the host of a Host header as nginx compares it: lower case, without port and final dot; ok is false
// where nginx refuses it.
//
// nginx: src/http/ngx_http_request.c, ngx_http_validate_host.
func validHost(text string) (host string, ok bool) {
	dot, end := len(text), len(text)
	literal, rest := false, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '.':
			if dot == i-1 {
				return "", false
			}
			dot = i
		case c == ':':
			if !literal && !rest {
				end, rest = i, true
			}
		case c == '[':
			literal = literal || i == 0
		case c == ']':
			if literal && !rest {
				end, rest, literal = i+1, true, false
			}
		case c == '/' || c <= ' ' || c == 0x7f:
			return "", false
		}
	}
	if dot == end-1 {
		end--
	}
	if end <= 0 {
		return "", false
	}
	return strings.ToLower(text[:end]), true
}

// strictHost reports whether a Host header is one that RFC 3986 allows.
//
// nginx: ngx_http_validate_host since 1.29.4.
func strictHost(text string) bool {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		literal, port, closed := strings.Cut(rest, "]")
		return closed && literalOK(literal) && portOK(port)
	}
	host := text
	if i := strings.IndexByte(text, ':'); i >= 0 {
		host = text[:i]
	}
	for i := range len(host) {
		c := host[i]
		if ('a' > c|0x20 || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!$%&'()*+,-.;=_~", rune(c)) {
			return false
		}
	}
	return portOK(text[len(host):])
}
