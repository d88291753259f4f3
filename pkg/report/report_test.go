package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// at returns the place of the first text after the marker `before` in f.
func at(f *source.File, before, text string) diag.Location {
	start := strings.Index(f.Text, before)
	if start < 0 || !strings.Contains(f.Text[start:], text) {
		panic("no " + before + text)
	}
	start += strings.Index(f.Text[start:], text)
	return diag.Location{File: f, Span: source.Span{Start: start, End: start + len(text)}}
}

func label(l diag.Location, message string) diag.Label {
	return diag.Label{Location: l, Message: message}
}

func file(name, text string) *source.File { return source.NewFile(name, name, text) }

// alias is the finding that the interface's description shows.
func alias() diag.Diagnostic {
	static := file("conf.d/static.conf", strings.Repeat("\n", 10)+
		"    location /files {\n        alias /srv/files/;\n    }\n")
	root := file("nginx.conf", strings.Repeat("\n", 30)+"    include conf.d/*.conf;\n")
	return diag.Diagnostic{
		Rule: "alias-traversal", Code: "SEC001", Category: "security", Level: diag.Warning, Confidence: diag.High,
		Message: "`alias` ends in `/` but its location prefix does not",
		Help:    "add the slash to the prefix",
		At:      at(static, "alias", "alias /srv/files/;"),
		Note:    "`/files../etc/passwd` maps to `/srv/files/../etc/passwd`",
		Labels:  []diag.Label{label(at(static, "location", "/files"), "prefix without a trailing `/`")},
		Chain:   []diag.Label{label(at(root, "include", "include conf.d/*.conf;"), "included here, in `http`")},
		Scope:   "http/server[a.test]/location[/files]/alias[/srv/files/]",
		Fix: &diag.Fix{Safety: diag.Unsafe, Risk: "`/files` itself stops matching",
			Edits: []diag.Edit{{Location: at(static, "/files {", " {"), Text: "/ {"}}},
	}
}

// websocket is a finding with all that there is: labels here and elsewhere, evidence, versions, a fix in two files.
func websocket() diag.Diagnostic {
	ws := file("conf.d/ws.conf", "server {\n\tlisten 80;\n\tproxy_set_header Upgrade $http_upgrade;\n\n"+
		"\tlocation /chat/ {\n\t\tproxy_pass http://backend;\n\t\tproxy_set_header Connection \"close\";\n\t}\n}\n")
	maps := file("conf.d/maps.conf", "map $http_upgrade $connection_upgrade {\n    default upgrade;\n    '' close;\n}\n")
	root := file("nginx.conf", "events {}\nhttp {\n    include conf.d/*.conf;\n}\n")
	insert := at(ws, "proxy_set_header Connection", "proxy_set_header")
	insert.Span.End = insert.Span.Start
	return diag.Diagnostic{
		Rule: "connection-header-wrong", Code: "WS002", Category: "websocket", Level: diag.Error, Confidence: diag.High,
		Tags: []string{"handshake"}, Nginx: []string{"<1.29.7"},
		Message: "the backend gets `Connection: close`, so it cannot switch protocols before nginx 1.29.7",
		Help:    "set `Connection` to `$connection_upgrade`",
		At:      at(ws, "Connection", `"close"`), Note: "it needs the token `upgrade`",
		Labels: []diag.Label{
			label(at(ws, "location", "/chat/"), "this location carries WebSockets"),
			label(at(ws, "Connection", "Connection"), ""),
			label(at(ws, "server", "proxy_set_header Upgrade $http_upgrade"), "not inherited by `/chat/`"),
			label(at(maps, "map", "$connection_upgrade"), "a map for it is here"),
		},
		Chain: []diag.Label{label(at(root, "include", "include conf.d/*.conf"), "included here, in `http`")},
		Scope: "http/server/location[/chat/]/proxy_set_header[Connection close]",
		Evidence: &diag.Evidence{Client: "chrome", Nginx: "1.26.3",
			Head: "GET /chat/ HTTP/1.0\r\nHost: backend\r\nConnection: close\r\n\r\n",
			Lines: []diag.EvidenceLine{
				{Text: "GET /chat/ HTTP/1.0", Origin: "default", Wrong: true},
				{Text: "Host: backend", Origin: "default"},
				{Text: "Connection: close", Origin: "directive", At: at(ws, "proxy_set_header Connection", "proxy_set_header"), Wrong: true},
				{Text: "Upgrade: websocket", Origin: "client", DroppedBy: "hop-by-hop", Wrong: true},
				{Text: "Sec-WebSocket-Version: 13", Origin: "client"},
			}},
		Fix: &diag.Fix{Safety: diag.Safe, Title: "send the client's upgrade on", Edits: []diag.Edit{
			{Location: at(ws, "Connection", `"close"`), Text: "$connection_upgrade"},
			{Location: insert, Text: "proxy_http_version 1.1;\n\t\tproxy_set_header Upgrade $http_upgrade;\n\t\t"},
			{Location: at(maps, "'' ", "close"), Text: "''"},
		}},
	}
}

// hard are findings at places that are hard to point at.
func hard() []diag.Diagnostic {
	d := func(rule string, level diag.Level, l diag.Location, note string, labels ...diag.Label) diag.Diagnostic {
		return diag.Diagnostic{Rule: rule, Level: level, At: l, Note: note, Labels: labels, Message: "the message of `" + rule + "`"}
	}
	end := func(f *source.File) diag.Location {
		return diag.Location{File: f, Span: source.Span{Start: len(f.Text), End: len(f.Text)}}
	}
	wide := file("wide.conf", "\tserver_name 例え.テスト\tzażo\u0301łc\u0301.pl \U0001F468\u200D\U0001F469\u200D\U0001F467 x; # ok\n")
	odd := file("a\nb\x1b[31m\xff.conf", "\ufeffadd_header X \"\x1b[2J\xff\u202e\x00\u0301\" bad;\r\nnext;\r\n")
	long := file("long.conf", "a "+strings.Repeat("0123456789 ", 600)+"HERE "+strings.Repeat("x", 5000)+";\nb;\n")
	longAtStart := file("long.conf", "HERE "+strings.Repeat("0123456789 ", 600)+"END;\n")
	block := file("block.conf", "http {\n    server {\n        listen 80;\n        # filler\n        # filler\n    }\n\n}\n")
	one := file("one-line.conf", "location / { proxy_set_header Connection close; proxy_pass http://b; }\n")
	many := file("many.conf", "a;\nb;\nc;\nd;\ne;\nf;\ng;\nh;\ni;\nj;\nk;\nl;\n")
	empty, unended := file("empty.conf", ""), file("unended.conf", "http {\n    server {")
	return []diag.Diagnostic{
		d("wide-first", diag.Error, at(wide, "", "例え.テスト"), "two columns each"),
		d("after-wide", diag.Warning, at(wide, "", "zażo\u0301łc\u0301.pl"), "combined", label(at(wide, "x;", "x"), "after an emoji")),
		d("control", diag.Error, at(odd, "", "bad"), "beside \x1b[31mred", label(at(odd, "\x1b", "\x1b[2J\xff\u202e\x00\u0301"), "\x07bell")),
		d("clipped", diag.Info, at(long, "", "HERE"), "in the middle", label(at(long, "", "a"), "far left"), label(at(long, "x;", ";"), "far right")),
		d("clipped-right", diag.Info, at(longAtStart, "", "HERE"), "at the start"),
		d("clipped-end", diag.Info, at(longAtStart, "", "END;"), "at the end"),
		d("block", diag.Warning, at(block, "server", "server {\n        listen 80;\n        # filler\n        # filler\n    }"), "from here",
			label(at(block, "http", "http {"), "in this block")),
		d("one-line", diag.Warning, at(one, "", "close"), "the value", label(at(one, "", "Connection"), "the name"),
			label(at(one, "", "/"), "the location"), label(at(one, "", "proxy_pass http://b"), "the target")),
		d("overlap", diag.Warning, at(one, "", "Connection close"), "inner", label(at(one, "", "proxy_set_header Connection close;"), "outer")),
		d("far", diag.Info, at(many, "", "h"), "", label(at(many, "", "a"), "first"), label(at(many, "", "f"), "near"), label(at(many, "", "l"), "last")),
		d("end", diag.Error, end(unended), "`}` is missing", label(at(unended, "", "http {"), "opened here")),
		d("end-after-newline", diag.Error, end(block), "here"),
		d("empty", diag.Error, end(empty), "nothing"),
		d("no-file", diag.Error, diag.Location{}, "not shown"),
	}
}

func result() Result {
	r := Result{Diagnostics: []diag.Diagnostic{alias(), websocket()}, Entries: []string{"nginx.conf"}, Files: 15, Rules: 87,
		Tool: Tool{"ngxproof", "1.2.3"}}
	silenced := alias()
	silenced.Suppressed = &diag.Suppression{At: silenced.At, By: "comment", Reason: "not served"}
	r.Diagnostics = append(r.Diagnostics, silenced)
	return r
}

func TestGolden(t *testing.T) {
	all := result()
	odd := Result{Diagnostics: hard(), Entries: []string{"a", "b"}, Files: 2, Rules: 1}
	odd.Diagnostics[0].Help = strings.Repeat("put it elsewhere, ", 8) + "please"
	tests := []struct {
		name   string
		format Format
		result Result
		o      Options
	}{
		{"full", Full, all, Options{}},
		{"full-color-80", Full, all, Options{Color: true, Width: 80}},
		{"full-140", Full, all, Options{Width: 140}},
		{"hard", Full, odd, Options{}},
		{"hard-80", Full, odd, Options{Width: 80}},
		{"hard-color-140", Full, odd, Options{Color: true, Width: 140}},
		{"concise", Concise, all, Options{}},
		{"concise-hard-color", Concise, odd, Options{Color: true, Width: 80}},
		{"json", JSON, all, Options{}},
		{"json-hard", JSON, odd, Options{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.format(&out, test.result, test.o); err != nil {
				t.Fatal(err)
			}
			golden(t, test.name+".txt", out.String())
		})
	}
}

// golden compares got with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// TestTarget holds the frame to the rendering that was designed first; testdata/full.txt has more.
func TestTarget(t *testing.T) {
	const want = "warning[alias-traversal]: `alias` ends in `/` but its location prefix does not\n" +
		"  --> conf.d/static.conf:12:9\n" +
		"   |\n" +
		"11 |     location /files {\n" +
		"   |              ------ prefix without a trailing `/`\n" +
		"12 |         alias /srv/files/;\n" +
		"   |         ^^^^^^^^^^^^^^^^^^ `/files../etc/passwd` maps to `/srv/files/../etc/passwd`\n" +
		"   |\n" +
		"  ::: nginx.conf:31:5\n" +
		"31 |     include conf.d/*.conf;\n" +
		"   |     ---------------------- included here, in `http`\n" +
		"   = help: add the slash to the prefix\n" +
		"   = fix (unsafe: `/files` itself stops matching)\n" +
		"     - location /files {\n" +
		"     + location /files/ {\n" +
		"\n" +
		"nginx.conf and 14 included files: 1 warning (1 fixable with --unsafe-fixes)\n"
	var out bytes.Buffer
	r := Result{Diagnostics: []diag.Diagnostic{alias()}, Entries: []string{"nginx.conf"}, Files: 15}
	if err := Full(&out, r, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	one := func(level diag.Level, safety diag.Safety) diag.Diagnostic {
		return diag.Diagnostic{Level: level, Fix: &diag.Fix{Safety: safety}}
	}
	e, w, i := diag.Error, diag.Warning, diag.Info
	tests := []struct {
		want string
		r    Result
	}{
		{"ok: nginx.conf and 14 included files, 87 rules", Result{Entries: []string{"nginx.conf"}, Files: 15, Rules: 87}},
		{"ok: nginx.conf and 1 included file, 1 rule, 12 ms",
			Result{Entries: []string{"nginx.conf"}, Files: 2, Rules: 1, Elapsed: 12*time.Millisecond + 300*time.Microsecond}},
		{"ok: standard input, 0 rules, 1.3 s", Result{Entries: []string{"-"}, Files: 1, Elapsed: 1290 * time.Millisecond}},
		{"ok: a, b and 2 included files, 2 rules, 1 file without nginx directives skipped",
			Result{Entries: []string{"a", "b"}, Files: 4, Rules: 2, Skipped: 1}},
		{`ok: a\nb, 2 rules, 3 fixed`, Result{Entries: []string{"a\nb"}, Files: 1, Rules: 2, Fixed: 3}},
		{"4 configurations and 1 included file: 1 info", Result{Entries: []string{"a", "b", "c", "d"}, Files: 5,
			Diagnostics: []diag.Diagnostic{{Level: i}}}},
		{"a and b: 1 error, 3 warnings, 2 infos (2 fixable with --fix, 1 more with --unsafe-fixes), 1 suppressed",
			Result{Entries: []string{"a", "b"}, Files: 2, Diagnostics: []diag.Diagnostic{one(e, diag.Safe), one(w, diag.Safe),
				one(w, diag.Unsafe), one(w, diag.Display), {Level: i}, {Level: i}, {Level: e, Suppressed: &diag.Suppression{}}}}},
		{"a: 1 warning (1 fixable with --fix)", Result{Entries: []string{"a"}, Files: 1, Diagnostics: []diag.Diagnostic{one(w, diag.Safe)}}},
	}
	for _, test := range tests {
		if got := Summary(test.r, Options{}); got != test.want {
			t.Errorf("summary: %q, want %q", got, test.want)
		}
	}
}

func TestLookup(t *testing.T) {
	if diff := cmp.Diff([]string{"concise", "full", "github", "gitlab", "json", "junit", "markdown", "sarif"}, Names()); diff != "" {
		t.Error(diff)
	}
	for _, name := range Names() {
		if format, ok := Lookup(name); !ok || format == nil {
			t.Errorf("no format %s", name)
		}
	}
	if _, ok := Lookup("xml"); ok {
		t.Error("there is a format xml")
	}
}

// broken is a writer that takes nothing, as a closed standard output.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrors(t *testing.T) {
	for _, name := range Names() {
		format, _ := Lookup(name)
		if err := format(broken{}, result(), Options{}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: error %v, want %v", name, err, os.ErrClosed)
		}
	}
}

func TestEvidenceOfOtherKinds(t *testing.T) {
	f := file("ws.conf", "location /ws {\n    proxy_hide_header Upgrade;\n    proxy_pass ws://b;\n}\n")
	hide, pass := at(f, "", "proxy_hide_header Upgrade"), at(f, "", "proxy_pass ws://b")
	answer := &diag.Evidence{Kind: diag.Answer, Client: "chrome", Nginx: "1.26.3",
		Head: "HTTP/1.1 101 Switching Protocols\r\nServer: nginx/1.26.3\r\nConnection: upgrade\r\n\r\n",
		Lines: []diag.EvidenceLine{
			{Text: "HTTP/1.1 101 Switching Protocols", Origin: "client"},
			{Text: "Server: nginx/1.26.3", Origin: "default"},
			{Text: "Date: Thu, 01 Jan 1970 00:00:00 GMT", Origin: "default", Unknown: true},
			{Text: "Connection: upgrade", Origin: "default"},
			{Text: "Upgrade: websocket", Origin: "client", At: hide, DroppedBy: "hidden"},
		}}
	request := &diag.Evidence{Client: "plain", Nginx: "1.26.3", Head: "GET /$path HTTP/1.1\r\nX-Real-IP: $remote_addr\r\n\r\n",
		Lines: []diag.EvidenceLine{
			{Text: "GET /$path HTTP/1.1", Origin: "directive", At: pass, Wrong: true},
			{Text: "X-Real-IP: $remote_addr", Origin: "directive", At: hide, Unknown: true},
		}}
	log := func(client, text, origin string, at diag.Location) *diag.Evidence {
		return &diag.Evidence{Kind: diag.Log, Client: client, Lines: []diag.EvidenceLine{{Text: text, Origin: origin, At: at, Wrong: true}}}
	}
	for name, test := range map[string]struct {
		evidence *diag.Evidence
		want     string
	}{
		"answer": {answer, `   = evidence: what Chrome receives from nginx 1.26.3
         HTTP/1.1 101 Switching Protocols
         Connection: upgrade
     <-- Upgrade: websocket  from the backend, dropped: hidden at line 2
`},
		"values that are not known": {request, `   = evidence: what the backend receives from a client that wants no WebSocket through nginx 1.26.3
     --> GET /$path HTTP/1.1  set at line 3
         X-Real-IP: $remote_addr
         (` + "`$name`" + ` stands for a value that is not known here)
`},
		"refused, with its place": {log("", "nginx: [emerg] invalid URL prefix in ws.conf:3", "directive", pass), `   = evidence: what nginx says instead of starting
     --> nginx: [emerg] invalid URL prefix in ws.conf:3
`},
		"refused, without": {log("", `nginx: [emerg] unknown "x" variable`, "directive", pass), `   = evidence: what nginx says instead of starting
     --> nginx: [emerg] unknown "x" variable  because of line 3
`},
		"timer": {log("chrome", "[info] upstream timed out", "default", diag.Location{}), `   = evidence: what nginx writes to its error log
     --> [info] upstream timed out  nginx's default
`},
	} {
		var out bytes.Buffer
		d := diag.Diagnostic{Rule: "r", Level: diag.Error, At: hide, Message: "m", Evidence: test.evidence}
		if err := Full(&out, Result{Diagnostics: []diag.Diagnostic{d}}, Options{Quiet: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), strings.ReplaceAll(test.want, "   =", "  =")) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, out.String(), test.want)
		}
	}
}
