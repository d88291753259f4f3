package correctness

import (
	"maps"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// words says which words of a directive nginx looks for variables in: first to last, from 1; last 0 is the last word
// there is.
type words struct{ first, last int }

var (
	every  = words{1, 0}
	only1  = words{1, 1}
	only2  = words{2, 2}
	rest   = words{2, 0}
	lastly = words{-1, 0}
)

// evaluated are the directives of http whose variables nginx looks up when it loads the configuration, as `nginx -t` of
// 1.22, 1.26 and 1.30 shows: it refuses each of these words with `unknown "x" variable`. Those with a form of their own
// are in special. What is not here is not looked at: a `$` may be the end of a regex, or nothing special.
var evaluated = map[string]words{
	"add_header": only2, "add_trailer": only2, "proxy_set_header": only2, "grpc_set_header": only2,
	"fastcgi_param": only2, "uwsgi_param": only2, "scgi_param": only2, "proxy_set_body": only1,
	"set": only2, "rewrite": only2, "return": rest, "auth_request_set": only2,
	"root": only1, "alias": only1, "index": every, "try_files": every, "error_page": lastly, "expires": lastly,
	"log_format": rest, "auth_basic": only1, "auth_basic_user_file": only1,
	"limit_req_zone": only1, "limit_conn_zone": only1, "limit_rate": only1, "limit_rate_after": only1,
	"hash": only1, "split_clients": only1, "secure_link": only1, "secure_link_md5": only1, "sub_filter": every,
	"ssl_certificate": only1, "ssl_certificate_key": only1,
	"proxy_pass": only1, "fastcgi_pass": only1, "uwsgi_pass": only1, "scgi_pass": only1, "grpc_pass": only1,
	"proxy_bind": only1, "fastcgi_bind": only1, "uwsgi_bind": only1, "scgi_bind": only1, "grpc_bind": only1,
	"memcached_bind": only1, "proxy_method": only1,
	"proxy_ssl_name": only1, "proxy_ssl_certificate": only1, "proxy_ssl_certificate_key": only1,
	"uwsgi_ssl_name": only1, "uwsgi_ssl_certificate": only1, "uwsgi_ssl_certificate_key": only1,
	"grpc_ssl_name": only1, "grpc_ssl_certificate": only1, "grpc_ssl_certificate_key": only1,
	"proxy_cache": only1, "proxy_cache_key": only1, "proxy_cache_bypass": every, "proxy_no_cache": every,
	"fastcgi_cache": only1, "fastcgi_cache_key": only1, "fastcgi_cache_bypass": every, "fastcgi_no_cache": every,
	"uwsgi_cache": only1, "uwsgi_cache_key": only1, "uwsgi_cache_bypass": every, "uwsgi_no_cache": every,
	"scgi_cache": only1, "scgi_cache_key": only1, "scgi_cache_bypass": every, "scgi_no_cache": every,
	"proxy_store": only1, "fastcgi_store": only1, "uwsgi_store": only1, "scgi_store": only1,
}

// special are the directives whose words ownWords picks by their form.
var special = map[string]func(d *config.Directive) []syntax.Word{
	"if":                  conditionWords,
	"geo":                 geoWords,
	"access_log":          accessLogWords,
	"proxy_redirect":      afterRegex,
	"proxy_cookie_domain": afterRegex,
	"proxy_cookie_path":   afterRegex,
}

// evaluating returns the names of the directives that ownWords knows, sorted.
func evaluating() []string {
	names := slices.AppendSeq([]string{"map"}, maps.Keys(evaluated))
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(special))))
}

// ownWords returns the words of a directive in which nginx looks for variables; a map's entries are not among them.
func ownWords(d *config.Directive) []syntax.Word {
	if pick, ok := special[d.Name()]; ok {
		return pick(d)
	}
	w, ok := evaluated[d.Name()]
	if !ok {
		w = only1 // map
	}
	n := len(d.Words) - 1
	if w.first < 0 {
		w.first = n
	}
	if w.last == 0 || w.last > n {
		w.last = n
	}
	if w.first < 1 || w.first > w.last {
		return nil
	}
	return d.Words[w.first : w.last+1]
}

// conditionWords picks the variable of a condition and what it is compared with, unless that is a regex.
//
// nginx: src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_if_condition.
func conditionWords(d *config.Directive) []syntax.Word {
	words := slices.DeleteFunc(slices.Clone(d.Args()), func(w syntax.Word) bool { return w.Value == "(" || w.Value == ")" })
	if len(words) == 3 && words[1].Value != "=" && words[1].Value != "!=" {
		return words[:1]
	}
	return words
}

// geoWords picks the address that a geo block looks at, if it names one.
func geoWords(d *config.Directive) []syntax.Word {
	if len(d.Words) == 3 {
		return d.Words[1:2]
	}
	return nil
}

// accessLogWords picks the path and the condition.
func accessLogWords(d *config.Directive) []syntax.Word {
	var picked []syntax.Word
	for i, w := range d.Args() {
		path := i == 0 && !strings.HasPrefix(w.Value, "syslog:")
		if path || strings.HasPrefix(w.Value, "if=") {
			picked = append(picked, w)
		}
	}
	return picked
}

// afterRegex picks all words but a first one that is a regex.
func afterRegex(d *config.Directive) []syntax.Word {
	args := d.Args()
	if len(args) > 0 && strings.HasPrefix(args[0].Value, "~") {
		return args[1:]
	}
	return args
}
