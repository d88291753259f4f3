package prove

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// built writes a configuration as a real nginx gets it.
func built(t *testing.T, text string) string {
	t.Helper()
	c, err := config.NewLoader(source.Memory{"/e/nginx.conf": text, "/e/more.conf": "location /more { proxy_pass http://10.0.0.9; }"}).Load("/e/nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := rebuild(c, place{backend: "127.0.0.1:9", folder: "/tmp/x", user: "root", version: catalog.Version{Major: 1, Minor: 26, Patch: 3},
		listen: func(name string) netip.AddrPort {
			if strings.HasSuffix(name, ":443") {
				return netip.MustParseAddrPort("127.0.0.1:4430")
			}
			return netip.MustParseAddrPort("127.0.0.1:8000")
		},
		scale: scaleOf([]time.Duration{time.Minute, time.Hour})})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := r.load()
	if err != nil || len(loaded.Entry.Errors) > 0 {
		t.Fatalf("%v %v\n%s", err, loaded.Entry.Errors, r.text)
	}
	return r.text
}

// TestRebuild: nothing of the machine is left in a configuration that is run, and all that matters is.
func TestRebuild(t *testing.T) {
	text := built(t, `user www-data; pid /run/nginx.pid; daemon on; load_module modules/x.so; error_log syslog:server=10.0.0.1;
worker_rlimit_nofile 100000; env SECRET;
events { use epoll; worker_connections 4; }
stream { server { listen 53; proxy_pass 10.0.0.1:53; } }
http {
    access_log syslog:server=10.0.0.2 combined;
    resolver 10.0.0.53 valid=10s;
    proxy_cache_path /var/cache/nginx keys_zone=one:1m;
    upstream app { server app-1.internal:80 weight=2 max_fails=1; server unix:/run/app.sock backup; }
    map $server_port $is { 443 1; default 0; }
    server {
        listen 443 ssl http2 backlog=100; listen [::]:80; listen 443 quic;
        ssl_certificate /etc/ssl/a.crt; ssl_certificate_key /etc/ssl/a.key; ssl_dhparam /etc/dh.pem;
        auth_basic x; auth_basic_user_file /etc/passwd; deny all;
        include more.conf;
        location /block { proxy_pass http://app/x; proxy_read_timeout 1h; proxy_ssl_certificate /etc/c; proxy_bind 10.0.0.3; }
        location /literal { proxy_pass https://10.1.2.3:8443/y?z; proxy_read_timeout 0; }
        location /unix { proxy_pass http://unix:/run/a.sock:/uri; }
        location /variable { set $to 10.1.2.4; proxy_pass http://$to:81$request_uri; }
        location /fast { fastcgi_pass 10.1.2.5:9000; }
        location ~ "^/q{2}" { return 200 "port $server_port ${server_port} $server_portx"; }
    }
}`)
	for _, gone := range []string{"10.0.", "10.1.2.3", "10.1.2.5", "syslog", "/run/", "/etc/", "/var/", "load_module", "\nstream", "auth_basic", "deny", "backlog", "quic", "SECRET", "proxy_bind", "app-1", "include"} {
		if strings.Contains(text, gone) {
			t.Errorf("`%s` is still there", gone)
		}
	}
	for _, line := range []string{
		"user root;", "listen 127.0.0.1:4430 ssl http2;", "listen 127.0.0.1:8000;", "server 127.0.0.1:9 weight=2 max_fails=0;",
		"server 127.0.0.1:9 backup max_fails=0;", "proxy_pass http://app/x;", "proxy_pass https://127.0.0.1:9/y?z;",
		"proxy_pass http://127.0.0.1:9/uri;", "proxy_pass http://$ngxproof_backend$request_uri;", "fastcgi_pass 127.0.0.1:9;",
		"proxy_read_timeout 2500ms;", "proxy_read_timeout 2000ms;", "proxy_read_timeout 0ms;", "ssl_certificate /tmp/x/certificate.pem;",
		"access_log /dev/null combined;", "proxy_cache_path /tmp/x/cache1 keys_zone=one:1m;", "location /more {", "4430 443;",
		`return 200 "port $ngxproof_server_port ${ngxproof_server_port} $server_portx";`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("`%s` is not there", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestSplice puts an address into URLs with variables.
func TestSplice(t *testing.T) {
	values := map[string]string{"$scheme": "https", "$host": "a.example", "$uri": "/x/y", "$url": "http://b:1/c?d", "$base": "http://b:1",
		"$hostpath": "b/p", "${port}": "81", "$sock": "unix:/run/a:/u", "$empty": ""}
	for in, want := range map[string]string{
		"http://$host":                  "http://@",
		"$scheme://$host$uri":           "https://@$uri",
		"http://127.0.0.1:3000$uri":     "http://@$uri",
		"http://$host:${port}/a/$uri?b": "http://@/a/$uri?b",
		"$url":                          "http://@/c?d",
		"$base$uri":                     "http://@$uri",
		"$base/k":                       "http://@/k",
		"http://$hostpath/q":            "http://@/p/q",
		"http://$sock":                  "http://@/u",
		"http://$host$empty$uri":        "http://@$uri",
		"$nothing":                      "http://@",
	} {
		if got := splice(in, "@", func(name string) string { return values[name] }); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestScale: the shortest span is two seconds, the order stays, and nothing is no time at all but what was.
func TestScale(t *testing.T) {
	scale := scaleOf([]time.Duration{time.Hour, time.Minute, 0, time.Minute})
	for in, want := range map[time.Duration]time.Duration{0: 0, time.Minute: 2 * time.Second, time.Hour: 2500 * time.Millisecond,
		time.Second: 2 * time.Second, 2 * time.Minute: 2250 * time.Millisecond, 24 * time.Hour: 2750 * time.Millisecond} {
		if got := scale(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
