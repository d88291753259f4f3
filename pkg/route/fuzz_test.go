package route_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/route"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// FuzzNormaliseURI holds the laws of a normal path: it begins with a slash, has no dot segments, and an escaped normal
// path is normal.
func FuzzNormaliseURI(f *testing.F) {
	for _, seed := range []string{"/", "/a//b/../c%20d?x#y", "/%2e%2e/a", "?x", "/a/..#", "/%", "/.", "/a%00", "//../x", "/a%2f..%3f"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, target string, merge bool) {
		uri, err := route.NormaliseURI(target, merge)
		if err != nil || !strings.HasPrefix(target, "/") || strings.IndexByte(target, 0) >= 0 {
			return
		}
		if !strings.HasPrefix(uri.Path, "/") {
			t.Errorf("%q becomes %q", target, uri.Path)
		}
		for _, segment := range strings.Split(uri.Path, "/") {
			if segment == "." || segment == ".." {
				t.Errorf("%q becomes %q, which has a dot segment", target, uri.Path)
			}
		}
		if merge && strings.Contains(uri.Path, "//") {
			t.Errorf("%q becomes %q, which has slashes in a row", target, uri.Path)
		}
		again, err := route.NormaliseURI(vars.EscapeURI(uri.Path), merge)
		if err != nil || again.Path != uri.Path {
			t.Errorf("%q becomes %q, and that %q (%v)", target, uri.Path, again.Path, err)
		}
	})
}

// FuzzParseRequest: no panic, no more taken than there is, and a whole request is read the same from a longer stream.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET /\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "\r\nGET http://[::1]:80/ HTTP/1.0\n\n",
		"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:b\r\nX_Y: z\r\nNo-Colon\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, limits := range []route.Limits{{}, {Version: newest, MaxHeaders: 5, HeaderBuffer: 32, LargeBuffers: 2, LargeBuffer: 64}} {
			req, n, refused := route.ParseRequest(raw, limits)
			if n < 0 || n > len(raw) {
				t.Fatalf("%d of %d bytes taken", n, len(raw))
			}
			if refused != nil || req == nil {
				continue
			}
			if req.Version == "0.9" {
				continue // the longer stream may make it another line
			}
			more, m, _ := route.ParseRequest(append(append([]byte{}, raw...), "GET / HTTP/1.1\r\n"...), limits)
			if more == nil || m != n || string(more.Body) != string(req.Body) {
				t.Errorf("%q is read otherwise where more follows", raw)
			}
		}
	})
}

// FuzzMapLookup: a map's value is one of those written, whatever the key and the patterns.
func FuzzMapLookup(f *testing.F) {
	f.Add("a", "~^a(.)$", "ab", true)
	f.Add("*.example.com", ".b.com", "x.example.com.", true)
	f.Add(`\default`, "~*(?<n>x+)+$", "default", false)
	f.Add("~(a*)*b", "mail.*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", true)
	f.Fuzz(func(t *testing.T, key1, key2, subject string, hostnames bool) {
		if strings.ContainsAny(key1+key2, "\"\\$;{}'\n\r\x00") || len(key1)+len(key2) > 200 || len(subject) > 200 {
			return
		}
		text := "events {}\nhttp { map $arg_x $y {\n"
		if hostnames {
			text += "hostnames;\n"
		}
		text += "default zero;\n\"" + key1 + "\" one;\n\"" + key2 + "\" two;\n} }\n"
		_, table, _ := load(t, text)
		start := time.Now()
		vars.Worlds(4, func(w *vars.World) {
			run := table.NewRun(request("h", "/"), newest, w)
			run.Args = "x=" + subject
			switch v := run.Variable("y"); v.Text {
			case "zero", "one", "two":
			default:
				t.Errorf("the value is %q", v.Text)
			}
		})
		if spent := time.Since(start); spent > 4*time.Second {
			t.Errorf("%q, %q on %q took %v", key1, key2, subject, spent)
		}
	})
}

// FuzzRewrite: whatever the rewrite directives, a request ends, and in the same way each time.
func FuzzRewrite(f *testing.F) {
	f.Add("^/(.*)$", "/x/$1", "last", "$uri = /a", "/a?b")
	f.Add("^", "/", "", "-f $document_root$uri", "/%20")
	f.Add("(.*)", "http://$host$1?", "permanent", "$arg_a ~* ^(.)", "/?a=z")
	f.Add("^/(?<n>.*)", "$n", "break", "$n", "//..")
	f.Fuzz(func(t *testing.T, pattern, replacement, flag, condition, target string) {
		all := pattern + replacement + flag + condition
		if strings.ContainsAny(all, "\"\\;{}'\n\r\x00#") || len(all) > 300 || strings.ContainsAny(flag+condition, " ") && flag != "" && strings.Contains(flag, " ") {
			return
		}
		words := strings.Fields(condition)
		for i := range words {
			words[i] = "\"" + words[i] + "\""
		}
		text := "events {}\nhttp { server { listen 80; root /srv;\nif ( " + strings.Join(words, " ") + " ) { set $z 1; rewrite \"" + pattern + "\" \"" + replacement + "\" " + flag + "; }\n" +
			"location / { rewrite \"" + pattern + "\" \"" + replacement + "\" " + flag + "; return 200 \"$uri$z\"; }\n" +
			"location ~ \\.x { try_files $uri $uri/ /y.x; error_page 404 = /z; } } }\n"
		r, table, c := load(t, text)
		var first []string
		for round := range 2 {
			i := 0
			vars.Worlds(16, func(w *vars.World) {
				d := r.Route(table.NewRun(request("h", target), newest, w))
				end := d.Unknown + d.Redirect + d.Body + string(rune('0'+d.Kind))
				if round == 0 {
					first = append(first, end)
				} else if first[i] != end {
					t.Errorf("ends as %q, and then as %q", first[i], end)
				}
				i++
			})
		}
		for _, d := range c.Locations() {
			vars.Worlds(16, func(w *vars.World) { r.At(table.NewRun(request("h", target), newest, w), d) })
		}
	})
}
