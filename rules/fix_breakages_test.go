package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// TestKnownBreakages holds the fixer to what other fixers broke, by name.
func TestKnownBreakages(t *testing.T) {
	const around = "events {\n}\nhttp {\nBODY}\n"
	for name, c := range map[string]struct {
		body string
		want string // "" for no change
	}{
		// A fixer adds `proxy_set_header Connection "";` for keepalive to a location that inherits its headers: all the
		// others are lost, and a 101 becomes a 400.
		"an empty Connection drops the inherited headers": {
			body: `    upstream app { server 127.0.0.1:9000; keepalive 8; }
    map $http_upgrade $upgrade_websocket { default ''; websocket $http_upgrade; }
    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }
    server {
        proxy_http_version 1.1;
        proxy_read_timeout 1h;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $upgrade_websocket;
        proxy_set_header Connection $connection_upgrade;
        location /ws {
            proxy_pass http://app;
        }
    }
`,
		},
		// The same with a location that has no WebSockets: what it inherits is copied, in order, Host first.
		"keepalive copies the inherited headers": {
			body: `    upstream app { server 127.0.0.1:9000; keepalive 8; }
    server {
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        location /api {
            proxy_pass http://app;
        }
        location /other {
            proxy_pass http://127.0.0.1:9001;
        }
    }
`,
			want: `    upstream app { server 127.0.0.1:9000; keepalive 8; }
    server {
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        location /api {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header Connection "";
        }
        location /other {
            proxy_pass http://127.0.0.1:9001;
        }
    }
`,
		},
		// A fixer takes a second access_log for a duplicate and deletes it.
		"a second access_log is legal": {
			body: `    server {
        access_log logs/a.log;
        access_log syslog:server=127.0.0.1 combined;
        error_log logs/e.log;
        error_log stderr;
        add_header X-A 1;
        add_header X-A 2;
        listen 8080;
        listen 8081;
        location / {
            return 204;
        }
    }
`,
		},
		// A fixer edits the first text in the file that looks like the finding's, in another server or in a comment.
		"the first textual match is another server's": {
			body: `    # proxy_set_header Connection "close";
    server {
        server_name a;
        location / {
            proxy_pass http://127.0.0.1:9000;
            proxy_set_header Host $host;
            proxy_set_header Connection "close";
        }
    }
    server {
        server_name b;
        location / {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "close";
        }
    }
`,
			want: `    map $http_upgrade $upgrade_websocket {
        default   '';
        websocket $http_upgrade;
    }

    map $http_upgrade $connection_upgrade {
        default   close;
        websocket upgrade;
    }

    # proxy_set_header Connection "close";
    server {
        server_name a;
        location / {
            proxy_pass http://127.0.0.1:9000;
            proxy_set_header Host $host;
            proxy_set_header Connection "close";
        }
    }
    server {
        server_name b;
        location / {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $upgrade_websocket;
            proxy_set_header Connection $connection_upgrade;
        }
    }
`,
		},
		// A formatter that comes along with a fixer moves braces, drops blank lines and comments, and changes quotes.
		"nothing is reformatted": {
			body: `
  server	{   # tabs and blanks as they are
      server_name   'a'  "b" ;


      location   /ws   {proxy_pass   http://127.0.0.1:9000 ; # why
	proxy_set_header	Host	"$host";
            proxy_set_header Upgrade	"$http_upgrade" ;proxy_set_header Connection 'close'; proxy_http_version 1.1;
     proxy_read_timeout
        1h ;}
  }
`,
			want: `  map $http_upgrade $upgrade_websocket {
    default   '';
    websocket $http_upgrade;
  }

  map $http_upgrade $connection_upgrade {
    default   close;
    websocket upgrade;
  }

  server	{   # tabs and blanks as they are
      server_name   'a'  "b" ;


      location   /ws   {proxy_pass   http://127.0.0.1:9000 ; # why
	proxy_set_header	Host	"$host";
            proxy_set_header Upgrade	"$upgrade_websocket" ;proxy_set_header Connection $connection_upgrade; proxy_http_version 1.1;
     proxy_read_timeout
        1h ;}
  }
`,
		},
		// A fixer sets proxy_http_version, Upgrade and Connection in every location with a proxy_pass.
		"locations that need nothing": {
			body: `    server {
        location / {
            proxy_pass http://127.0.0.1:9000;
            proxy_set_header Host $host;
        }
        location /ws/assets/ {
            root html;
        }
    }
`,
		},
		// The map of the documentation is put before each server, or beside one of the same name.
		"one map for many locations": {
			body: `    server {
        location /a {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }
        location /b {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }
    }
`,
			want: `    map $http_upgrade $upgrade_websocket {
        default   '';
        websocket $http_upgrade;
    }

    server {
        location /a {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $upgrade_websocket;
            proxy_set_header Connection $http_connection;
        }
        location /b {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $upgrade_websocket;
            proxy_set_header Connection $http_connection;
        }
    }
`,
		},
	} {
		for _, layout := range []string{"\n", "\r\n"} {
			lines := func(body string) string {
				text := strings.Replace(around, "BODY", body, 1)
				return strings.ReplaceAll(text, "\n", layout)
			}
			want := lines(c.body)
			if c.want != "" {
				want = lines(c.want)
			}
			before := lines(c.body)
			result := fixJob(t, source.Memory{"nginx.conf": before}, "nginx.conf", false)
			got := before
			for _, change := range result.Changed {
				got = change.After
			}
			if len(result.Failures) > 0 || got != want {
				t.Errorf("%s: failures %v\n%s", name, result.Failures, cmp.Diff(want, got))
			}
		}
	}
}
