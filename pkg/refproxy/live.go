package refproxy

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// variable supplies what only the running proxy knows; see vars.Live.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_upstream.c, src/http/modules/ngx_http_log_module.c.
func (r *request) variable(name string) (text string, ok bool) {
	if strings.HasPrefix(name, "upstream_") {
		return r.upstreamVariable(name)
	}
	if strings.HasPrefix(name, "ssl_") {
		return r.tlsVariable(name)
	}
	now := r.c.proxy.clock.Now()
	switch name {
	case "connection":
		return strconv.FormatUint(r.c.serial, 10), true
	case "connection_requests":
		return strconv.Itoa(r.c.requests), true
	case "connection_time":
		return seconds(now.Sub(r.c.started)), true
	case "request_id":
		return r.requestID(), true
	case "request_time":
		return seconds(now.Sub(r.started)), true
	case "request_length":
		return strconv.FormatInt(r.raw, 10), true
	case "bytes_sent":
		return strconv.FormatInt(r.sent, 10), true
	case "body_bytes_sent":
		return strconv.FormatInt(r.bodySent, 10), true
	case "msec":
		return strconv.FormatInt(now.Unix(), 10) + "." + strconv.FormatInt(1000+int64(now.Nanosecond()/1e6), 10)[1:], true
	case "time_local":
		return now.Format("02/Jan/2006:15:04:05 -0700"), true
	case "time_iso8601":
		return now.Format("2006-01-02T15:04:05-07:00"), true
	case "pid":
		return strconv.Itoa(os.Getpid()), true
	case "hostname":
		host, err := os.Hostname()
		return strings.ToLower(host), err == nil
	case "gzip_ratio", "request_body_file", "uid_got", "uid_set", "upstream_cache_status":
		return "", true
	}
	return "", false
}

// seconds writes a span with milliseconds.
func seconds(d time.Duration) string {
	ms := max(0, d.Milliseconds())
	return strconv.FormatInt(ms/1000, 10) + "." + strconv.FormatInt(1000+ms%1000, 10)[1:]
}

// requestID returns $request_id.
func (r *request) requestID() string {
	if r.id == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // it never fails
		r.id = hex.EncodeToString(b[:])
	}
	return r.id
}

// tlsVariable returns $ssl_protocol and the like.
func (r *request) tlsVariable(name string) (text string, ok bool) {
	t, encrypted := r.c.net.(*tls.Conn)
	if !encrypted {
		return "", false
	}
	state := t.ConnectionState()
	switch name {
	case "ssl_protocol":
		return strings.Replace(tls.VersionName(state.Version), "TLS 1.", "TLSv1.", 1), true
	case "ssl_cipher":
		return tls.CipherSuiteName(state.CipherSuite), true
	case "ssl_server_name":
		return state.ServerName, true
	case "ssl_alpn_protocol":
		return state.NegotiatedProtocol, true
	case "ssl_session_reused":
		if state.DidResume {
			return "r", true
		}
		return ".", true
	case "ssl_client_verify":
		return "NONE", true
	}
	return "", false
}

// upstreamVariable returns $upstream_addr and the like: of all servers that were asked.
//
// nginx: ngx_http_upstream_addr_variable and its neighbours.
func (r *request) upstreamVariable(name string) (text string, ok bool) {
	var of func(*try) string
	switch name {
	case "upstream_addr":
		of = func(t *try) string { return t.address }
	case "upstream_status":
		of = func(t *try) string { return number(int64(t.status), t.status != 0) }
	case "upstream_response_time":
		of = func(t *try) string { return t.span(t.ended, r) }
	case "upstream_connect_time":
		of = func(t *try) string { return t.span(t.connected, nil) }
	case "upstream_header_time":
		of = func(t *try) string { return t.span(t.headed, nil) }
	case "upstream_response_length":
		of = func(t *try) string { return number(t.body, true) }
	case "upstream_bytes_received":
		of = func(t *try) string { return number(t.received, true) }
	case "upstream_bytes_sent":
		of = func(t *try) string { return number(t.sent, true) }
	default:
		return "", false
	}
	for i, t := range r.tries {
		switch {
		case i > 0 && t.again:
			text += " : "
		case i > 0:
			text += ", "
		}
		text += of(t)
	}
	return text, len(r.tries) > 0
}

func number(n int64, known bool) string {
	if !known {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

// authorise sends the subrequest of auth_request; see vars.Live. A request that is evaluated twice asks once.
func (r *request) authorise(run *vars.Run, by *config.Directive) (status int) {
	if status, known := r.verdicts[by]; known {
		return status
	}
	if r.verdicts == nil {
		r.verdicts = map[*config.Directive]int{}
	}
	status = r.subrequest(run, by)
	r.verdicts[by] = status
	return status
}
