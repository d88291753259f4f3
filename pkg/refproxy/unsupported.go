package refproxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// known are the directives that the proxy follows, by itself or through the evaluator.
const known = `
http server location upstream map geo split_clients types if limit_except events set return rewrite break
listen server_name root alias index try_files error_page internal satisfy allow deny auth_request auth_request_set
proxy_pass proxy_set_header proxy_http_version proxy_method proxy_set_body proxy_pass_request_headers proxy_pass_request_body
proxy_request_buffering proxy_buffering proxy_buffer_size proxy_buffers proxy_busy_buffers_size proxy_connect_timeout
proxy_read_timeout proxy_send_timeout proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout
proxy_hide_header proxy_pass_header proxy_redirect proxy_intercept_errors proxy_ignore_client_abort proxy_ignore_headers
proxy_ssl_server_name proxy_ssl_name proxy_ssl_verify proxy_ssl_trusted_certificate proxy_ssl_certificate
proxy_ssl_certificate_key add_header add_header_inherit expires default_type charset etag if_modified_since
server_tokens absolute_redirect port_in_redirect server_name_in_redirect merge_slashes underscores_in_headers
ignore_invalid_headers client_header_buffer_size large_client_header_buffers client_max_body_size client_body_timeout
client_header_timeout send_timeout keepalive_timeout keepalive_requests keepalive_time lingering_close lingering_time
lingering_timeout max_headers msie_padding recursive_error_pages chunked_transfer_encoding tcp_nodelay
limit_conn limit_conn_zone limit_conn_status limit_conn_dry_run access_log log_format ssl_certificate
ssl_certificate_key ip_hash hash least_conn keepalive include worker_shutdown_timeout variables_hash_max_size
gzip`

// harmless are directives that change nothing which a client, a backend or the access log can see of one worker.
const harmless = `
user daemon master_process worker_processes worker_connections worker_rlimit_nofile worker_priority worker_cpu_affinity
worker_aio_requests worker_rlimit_core working_directory pid error_log pcre_jit multi_accept use accept_mutex
accept_mutex_delay load_module env debug_connection lock_file timer_resolution thread_pool ssl_engine
map_hash_bucket_size map_hash_max_size server_names_hash_bucket_size server_names_hash_max_size
variables_hash_bucket_size types_hash_bucket_size types_hash_max_size proxy_headers_hash_bucket_size
proxy_headers_hash_max_size proxy_temp_path client_body_temp_path fastcgi_temp_path uwsgi_temp_path scgi_temp_path
grpc_temp_path sendfile sendfile_max_chunk tcp_nopush aio aio_write directio directio_alignment output_buffers read_ahead
postpone_output open_file_cache open_file_cache_valid open_file_cache_errors open_file_cache_min_uses
open_file_cache_events open_log_file_cache reset_timedout_connection send_lowat proxy_send_lowat proxy_socket_keepalive
client_body_buffer_size client_body_in_file_only client_body_in_single_buffer proxy_max_temp_file_size
proxy_temp_file_write_size proxy_limit_rate log_not_found log_subrequest rewrite_log uninitialized_variable_warn
limit_conn_log_level request_pool_size connection_pool_size ssl_session_cache ssl_session_timeout ssl_session_tickets
ssl_session_ticket_key ssl_prefer_server_ciphers ssl_ciphers ssl_dhparam ssl_ecdh_curve ssl_buffer_size ssl_protocols
ssl_stapling ssl_stapling_verify ssl_trusted_certificate ssl_early_data ssl_conf_command ssl_reject_handshake
proxy_ssl_session_reuse proxy_ssl_protocols proxy_ssl_ciphers proxy_ssl_verify_depth proxy_ssl_conf_command
resolver resolver_timeout zone http2 http2_push http2_max_concurrent_streams http3 quic_retry
proxy_cache_path fastcgi_cache_path uwsgi_cache_path scgi_cache_path limit_req_zone proxy_cache_key proxy_cache_valid
proxy_cache_lock proxy_cache_use_stale proxy_cache_bypass proxy_no_cache proxy_cache_methods proxy_cache_min_uses
proxy_cache_background_update proxy_cache_revalidate proxy_cache_lock_timeout proxy_cache_lock_age proxy_store_access
limit_req_status limit_req_log_level gzip_vary gzip_proxied gzip_comp_level gzip_buffers gzip_http_version gzip_types
gzip_min_length gzip_disable gzip_static auth_basic_user_file fastcgi_param uwsgi_param scgi_param fastcgi_index
keepalive_disable server_names_in_redirect keepalive_min_timeout etag_weak proxy_bind absolute_redirects stub_status_zone`

// keptQuiet are harmless directives of which it is worth saying that they have no effect.
var keptQuiet = map[string]string{
	"http2": "HTTP/2 is not offered: clients fall back to HTTP/1.1, as browsers do for WebSockets",
	"http3": "HTTP/3 is not offered",
}

// words returns the words of a list.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// nameUnsupported finds the directives that are not supported, and says so, one line each.
func (g *generation) nameUnsupported(say func(string)) {
	fine, quiet := words(known), words(harmless)
	g.unsupported = map[string]bool{}
	first := map[string]*config.Directive{}
	var names []string
	for d := range g.config.All() {
		name := d.Name()
		if fine[name] || first[name] != nil || name == "server" || insideData(d) || keptQuiet[name] == "" && quiet[name] || switchedOff(d) {
			continue
		}
		first[name] = d
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		d := first[name]
		where := fmt.Sprintf("%s:%d", d.File.Name, d.Line())
		if text := keptQuiet[name]; text != "" {
			say(fmt.Sprintf("%s: `%s`: %s", where, name, text))
			continue
		}
		g.unsupported[name] = true
		say(fmt.Sprintf("%s: `%s` is not supported: a request that depends on it is answered 501", where, name))
	}
}

// insideData reports whether a directive stands in a block of which nothing is served: stream, mail.
func insideData(d *config.Directive) bool {
	for at := d.Parent; at != nil && at.Directive != nil; at = at.Parent {
		switch at.Name() {
		case "stream", "mail", "events", "types":
			return true
		}
	}
	return false
}

// switchedOff reports whether a directive says that what it is about is not to be.
func switchedOff(d *config.Directive) bool {
	return len(d.Words) == 2 && (d.Arg(1) == "off" || d.Arg(1) == "none") || d.Name() == "limit_rate" && d.Arg(1) == "0"
}

// lacking returns a directive in effect at a level that is not supported; nil for none. Content handlers are not among
// them: who gets to one is told by the decision.
func (g *generation) lacking(level *config.Directive) *config.Directive {
	var found *config.Directive
	for name := range g.unsupported {
		if strings.HasSuffix(name, "_pass") {
			continue
		}
		if v := g.config.Effective(level, name); v.By != nil && !switchedOff(v.By) && (found == nil || name < found.Name()) {
			found = v.By
		}
	}
	return found
}
