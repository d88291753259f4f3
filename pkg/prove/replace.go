package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// ours are the directives that are written anew, or that concern the machine and not requests.
var ours = words(`user pid daemon master_process worker_processes worker_priority worker_cpu_affinity worker_rlimit_core
worker_rlimit_nofile worker_rlimit_sigpending lock_file working_directory env debug_points ssl_engine load_module error_log
timer_resolution events stream mail client_body_temp_path proxy_temp_path fastcgi_temp_path uwsgi_temp_path scgi_temp_path
ssl_dhparam ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_session_ticket_key
ssl_password_file ssl_trusted_certificate proxy_bind fastcgi_bind uwsgi_bind scgi_bind grpc_bind memcached_bind
google_perftools_profiles`)

// closed are the directives that keep some clients out: who may come in is not what is tried.
var closed = words(`auth_basic auth_basic_user_file allow deny limit_req limit_conn ssl_verify_client ssl_client_certificate
ssl_crl ssl_verify_depth ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder set_real_ip_from real_ip_header real_ip_recursive`)

// trust are the parts of names of directives about the certificates of backends.
var trust = words(`_certificate _certificate_key _trusted_certificate _crl _verify _password_file`)

func words(text string) []string { return strings.Fields(text) }

// skip reports whether a directive is left out, and notes it where a client might notice.
func (b *builder) skip(d *config.Directive) bool {
	name := d.Name()
	switch {
	case slices.Contains(ours, name):
		return true
	case slices.Contains(closed, name):
		b.out.left[name] = true
		return true
	case name == "ssl" && b.folder == "": // see listens
		return true
	case name == "resolver" && d.Context&catalog.Upstream != 0:
		return true
	}
	protocol, rest, found := strings.Cut(name, "_ssl")
	return found && slices.Contains([]string{"proxy", "grpc", "uwsgi"}, protocol) && slices.Contains(trust, rest)
}

// replace changes, in place, the words that name things of the machine; it reports whether it has.
func (b *builder) replace(d *config.Directive, words []string) bool {
	name := words[0]
	switch {
	case len(words) < 2 || d.Block != nil:
		return false
	case name == "resolver":
		words[1] = "127.0.0.1:1"
		for i := 2; i < len(words); i++ {
			if !strings.Contains(words[i], "=") {
				words[i] = words[1]
			}
		}
		return true
	case strings.HasSuffix(name, "_pass") && d.Context&catalog.Stream == 0:
		return b.target(d, words)
	case b.folder == "":
		return false
	case name == "access_log" && words[1] != "off":
		words[1] = "/dev/null"
	case name == "ssl_certificate":
		words[1] = b.folder + "/" + certificateFile
	case name == "ssl_certificate_key":
		words[1] = b.folder + "/" + keyFile
	case strings.HasSuffix(name, "_cache_path"):
		b.caches++
		words[1] = fmt.Sprintf("%s/cache%d", b.folder, b.caches)
	case slices.Contains(scaled, name) && b.scale != nil:
		if after, ok := eval.ParseTime(words[1]); ok {
			words[1] = spanText(b.scale(after))
		}
	}
	return false
}

// target puts the stand-in in place of the address that a directive such as proxy_pass passes requests to; names of
// upstream blocks stay.
func (b *builder) target(d *config.Directive, words []string) bool {
	switch words[0] {
	case "proxy_pass", "grpc_pass":
		if text, ok := b.url(d, words[1]); ok {
			words[1] = text
		}
		return false // its variables may have to be named anew
	case "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass":
		if b.config.Upstream(words[1]) == nil {
			words[1] = b.backend
		}
		return true
	}
	return false
}

// url returns a URL with the stand-in as its address. ok is false where it stays as it is: it names an upstream block, or
// nothing that nginx takes.
func (b *builder) url(d *config.Directive, text string) (string, bool) {
	if strings.Contains(text, "$") {
		return b.variableURL(d, text)
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return "", false
	}
	host, uri := splitHost(rest)
	if b.config.Upstream(host) != nil || !slices.Contains([]string{"http", "https", "grpc", "grpcs"}, strings.ToLower(scheme)) {
		return "", false
	}
	return scheme + "://" + b.backend + uri, true
}

// splitHost splits what follows "://" into the address and the URI. A unix socket's path ends at a colon.
func splitHost(rest string) (host, uri string) {
	if path, ok := strings.CutPrefix(rest, "unix:"); ok {
		path, uri, _ = strings.Cut(path, ":")
		return "unix:" + path, uri
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

// variableURL is url for a URL with variables: it stays one with variables, since nginx treats those otherwise.
func (b *builder) variableURL(d *config.Directive, text string) (string, bool) {
	variable, blocks := backendVariable, 0
	var first *eval.Outcome
	for _, client := range eval.Clients() {
		for _, o := range b.eval.At(d.Parent, client, b.version).All {
			switch u := o.Upstream; {
			case u == nil && o.Status != 0 && o.Decision.Handler == d:
				return "", false // nginx refuses the URL itself
			case u == nil || u.Pass != d:
				continue
			case u.Block != nil:
				blocks++
				continue
			case u.NoResolver:
				variable = nowhereVariable
			}
			if first == nil {
				first = o
			}
		}
	}
	switch {
	case first == nil && blocks > 0:
		return "", false
	case first == nil: // no request of ours is known to get here, and none may reach a stranger
		return "http://$" + backendVariable, true
	}
	return splice(text, "$"+variable, func(name string) string { return first.Worth(name).Text }), true
}

// splice puts an address in place of that in a URL with variables, whose values worth tells.
func splice(text, address string, worth func(string) string) string {
	value := ""
	rest := text
	for rest != "" {
		var piece string
		piece, rest = nextPiece(rest)
		before := len(value)
		this := piece
		if piece[0] == '$' {
			this = worth(piece)
		}
		value += this
		scheme := strings.Index(value, "://")
		if scheme < 0 {
			continue
		}
		host, uri := splitHost(value[scheme+len("://"):])
		if uri == "" {
			continue
		}
		at := scheme + len("://") + len(host) // where the URI begins in value
		if strings.HasPrefix(host, "unix:") {
			at++
		}
		tail := value[max(at, before):] + rest
		if piece[0] == '$' && at <= before {
			tail = piece + rest
		}
		return value[:scheme] + "://" + address + tail
	}
	scheme, _, found := strings.Cut(value, "://")
	if !found {
		scheme = "http"
	}
	return scheme + "://" + address
}

// nextPiece splits off the first variable, or the text before it.
func nextPiece(text string) (piece, rest string) {
	if text[0] != '$' {
		if i := strings.IndexByte(text, '$'); i >= 0 {
			return text[:i], text[i:]
		}
		return text, ""
	}
	if strings.HasPrefix(text, "${") {
		if i := strings.IndexByte(text, '}'); i >= 0 {
			return text[:i+1], text[i+1:]
		}
	}
	i := 1
	if i < len(text) && '1' <= text[i] && text[i] <= '9' { // a capture has one digit
		return text[:2], text[2:]
	}
	for i < len(text) && isNameByte(text[i]) {
		i++
	}
	return text[:i], text[i:]
}
