package refproxy

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// logTarget is one access_log in effect.
type logTarget struct {
	path   string
	format *logFormat
	when   *vars.Expr // if=; nil for always
}

// logFormat is one log_format, compiled.
type logFormat struct {
	parts  []*vars.Expr // each a text without variables, or one variable
	escape string       // default, json or none
}

// combined is nginx's own format.
const combined = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`

// readFormats reads log_format.
//
// nginx: src/http/modules/ngx_http_log_module.c, ngx_http_log_compile_format.
func (g *generation) readFormats() {
	g.formats = map[string]*logFormat{"combined": g.newFormat([]string{combined})}
	for d := range g.config.All() {
		if d.Name() != "log_format" || len(d.Words) < 3 {
			continue
		}
		var texts []string
		for _, w := range d.Args()[1:] {
			texts = append(texts, w.Value)
		}
		g.formats[d.Arg(1)] = g.newFormat(texts)
	}
}

func (g *generation) newFormat(texts []string) *logFormat {
	f := &logFormat{escape: "default"}
	if name, ok := strings.CutPrefix(texts[0], "escape="); ok {
		f.escape, texts = name, texts[1:]
	}
	for _, part := range pieces(strings.Join(texts, "")) {
		f.parts = append(f.parts, g.eval.Table().Expr(part))
	}
	return f
}

// pieces cuts a format at its variables.
func pieces(text string) (parts []string) {
	for text != "" {
		end := strings.IndexByte(text[1:], '$') + 1
		if text[0] == '$' {
			end = 1
			for end < len(text) && (isWord(text[end]) || end == 1 && text[end] == '{') {
				end++
			}
			if strings.HasPrefix(text, "${") && end < len(text) && text[end] == '}' {
				end++
			}
		}
		if end <= 0 {
			end = len(text)
		}
		parts = append(parts, text[:end])
		text = text[end:]
	}
	return parts
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// logsOf returns where requests that end at a level are logged.
func (g *generation) logsOf(level *config.Directive) []*logTarget {
	var all []*logTarget
	items := g.config.EffectiveList(level, "access_log").Items
	if len(items) == 0 {
		return []*logTarget{{path: "logs/access.log", format: g.formats["combined"]}}
	}
	for _, d := range items {
		if d.Arg(1) == "off" {
			return nil
		}
		t := &logTarget{path: d.Arg(1), format: g.formats["combined"]}
		for i, w := range d.Args() {
			if expr, ok := strings.CutPrefix(w.Value, "if="); ok {
				t.when = g.eval.Table().Expr(expr)
			} else if i == 1 && g.formats[w.Value] != nil {
				t.format = g.formats[w.Value]
			}
		}
		if g.prefix == "" && len(all) > 0 {
			continue // they all go to one place
		}
		all = append(all, t)
	}
	return all
}

// log writes the request's lines.
//
// nginx: ngx_http_log_handler.
func (r *request) log() {
	s := r.level()
	if len(s.logs) == 0 {
		return
	}
	if r.c.proxy.logs.silent() {
		return
	}
	for _, t := range s.logs {
		if t.when != nil {
			if v := r.value(t.when); v.Text == "" || v.Text == "0" {
				continue
			}
		}
		if err := r.c.proxy.logs.write(t.path, r.line(t.format)); err != nil {
			r.c.proxy.logs.complain(r.c.proxy, err)
		}
	}
}

// line is the request as a format tells it.
func (r *request) line(f *logFormat) []byte {
	var line []byte
	for _, e := range f.parts {
		if text, constant := e.Constant(); constant {
			line = append(line, text...)
			continue
		}
		v := r.value(e)
		if v.Unknown || v.Text == "" {
			if f.escape == "default" && (v.Unknown || missing(e)) {
				line = append(line, '-')
			}
			continue
		}
		line = escapeLog(line, v.Text, f.escape)
	}
	return append(line, '\n')
}

// value is an expression's worth for the log.
func (r *request) value(e *vars.Expr) vars.Value {
	if names := e.Variables(); len(names) == 1 {
		if v, ok := r.own(names[0]); ok {
			return v
		}
	}
	if r.head != nil {
		return r.head.Eval(e)
	}
	if r.out != nil {
		return r.out.Eval(e)
	}
	return vars.Value{}
}

// own returns the variables that have another value in the log than before it.
func (r *request) own(name string) (v vars.Value, ok bool) {
	switch {
	case name == "status" && r.status != 0:
		return vars.Known(fmt.Sprintf("%03d", r.status)), true
	case name == "request" && r.first != "":
		return vars.Known(r.first), true
	case name == "sent_http_connection" && r.kept && r.head != nil && r.head.Status != 101:
		return vars.Known("close"), true // the request lets go of the connection before it is logged
	case name == "sent_http_connection" && (r.head == nil || r.status == 499) && r.req != nil && r.req.Version == "1.1":
		return vars.Known("keep-alive"), true
	}
	return vars.Value{}, false
}

// missing reports whether a variable without a value is one that nginx calls not found: it is logged as "-", while others
// are logged as nothing.
func missing(e *vars.Expr) bool {
	for _, name := range e.Variables() {
		for _, prefix := range []string{"http_", "cookie_", "arg_", "sent_", "upstream_", "ssl_"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		switch name {
		case "args", "query_string", "remote_user", "request_body", "content_length", "content_type", "request_method",
			"request", "request_uri", "server_protocol", "gzip_ratio", "request_body_file", "proxy_host", "proxy_port":
			return true
		}
	}
	return false
}

// escapeLog appends a value as escape= says.
//
// nginx: ngx_http_log_escape, ngx_http_log_json_variable.
func escapeLog(line []byte, text, how string) []byte {
	if how == "none" {
		return append(line, text...)
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case how == "json":
			line = escapeJSON(line, c)
		case c == '"' || c == '\\' || c < ' ' || c > '~':
			line = fmt.Appendf(line, `\x%02X`, c)
		default:
			line = append(line, c)
		}
	}
	return line
}

// escapeJSON appends one byte inside a JSON string.
func escapeJSON(line []byte, c byte) []byte {
	if at := strings.IndexByte("\n\r\t\b\f\"\\", c); at >= 0 {
		return append(line, '\\', "nrtbf\"\\"[at])
	}
	if c < ' ' {
		return fmt.Appendf(line, `\u%04X`, c)
	}
	return append(line, c)
}

// logFiles are the files that lines are written to, below a prefix, or one stream.
type logFiles struct {
	prefix string
	stream io.Writer

	mu     sync.Mutex
	open   map[string]*os.File
	failed bool
}

func newLogFiles(prefix string, stream io.Writer) *logFiles {
	return &logFiles{prefix: prefix, stream: stream, open: map[string]*os.File{}}
}

// silent reports whether lines go nowhere.
func (l *logFiles) silent() bool { return l.prefix == "" && l.stream == nil }

// write appends a line to a configured path's file.
func (l *logFiles) write(path string, line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.prefix == "" {
		_, err := l.stream.Write(line)
		return err
	}
	file := l.open[path]
	if file == nil {
		name := l.place(path)
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		if err == nil {
			file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		}
		if err != nil {
			return err
		}
		l.open[path] = file
	}
	_, err := file.Write(line)
	return err
}

// place is where below the prefix a configured path is written.
func (l *logFiles) place(path string) string {
	path = filepath.Clean(filepath.FromSlash(path))
	if rest, err := filepath.Rel(l.prefix, path); err == nil && filepath.IsAbs(path) && filepath.IsLocal(rest) {
		return path
	}
	return filepath.Join(l.prefix, filepath.Clean("/"+filepath.ToSlash(path)))
}

// complain says once that a log can't be written.
func (l *logFiles) complain(p *Proxy, err error) {
	l.mu.Lock()
	first := !l.failed
	l.failed = true
	l.mu.Unlock()
	if first {
		p.say("the access log cannot be written: %v", err)
	}
}

// close closes the files.
func (l *logFiles) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for path, file := range l.open {
		errs = append(errs, file.Close())
		delete(l.open, path)
	}
	return errors.Join(errs...)
}

// readLogs says what becomes of configured logs.
func (g *generation) readLogs(say func(string)) {
	if g.prefix == "" {
		for d := range g.config.All() {
			if d.Name() == "access_log" && d.Arg(1) != "off" || d.Name() == "error_log" {
				say("the configured logs are not written; -p PREFIX writes the access logs below a folder")
				return
			}
		}
		return
	}
	said := map[string]bool{}
	for d := range g.config.All() {
		path := d.Arg(1)
		if d.Name() != "access_log" || path == "off" || said[path] {
			continue
		}
		said[path] = true
		if to := g.logs.place(path); filepath.IsAbs(path) && to != path {
			say(fmt.Sprintf("the access log %s is written to %s", path, to))
		}
	}
}
