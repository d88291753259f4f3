package route_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var record = flag.Bool("route.record", false, "write what real nginx answers into the files of testdata")

// TestLive asks real servers again what the files of testdata say that they answered.
func TestLive(t *testing.T) {
	servers := realServers(t)
	upstream := startUpstream(t)
	for _, path := range measuredFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".measured"), func(t *testing.T) {
			m := readMeasured(t, path)
			for _, v := range recorded {
				if servers[v] == "" {
					t.Skipf("no nginx %s", v)
				}
				m.ask(t, servers[v], v, upstream)
			}
			if *record {
				m.write(t)
			}
		})
	}
}

// realServers returns the launchers of real servers by version.
func realServers(t *testing.T) map[string]string {
	t.Helper()
	tool := filepath.Join("..", "..", "..", "shared", "tools", "real-nginx")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("no ../shared")
	}
	out, err := exec.Command(tool).Output()
	if err != nil {
		t.Skipf("no real nginx: %v", err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(out)) {
		version, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
		all[version] = path
	}
	return all
}

// startUpstream starts a backend that names the level which it was asked from, and returns its port.
func startUpstream(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "proxied %s", r.Header.Get("X-L"))
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return portOf(listener)
}

func portOf(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

// ask sends every request to one server.
func (m *measured) ask(t *testing.T, launcher, v, upstream string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range m.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	port := m.start(t, launcher, dir, upstream)
	for _, e := range m.requests {
		got := strings.NewReplacer(port, "8080", dir, site).Replace(answerTo(t, port, e.raw))
		switch {
		case *record:
			e.answers[v] = got
		case got != e.answers[v]:
			t.Errorf("%s\n%s now says %s\nit said       %s", e.line, v, got, e.answers[v])
		}
	}
}

// start runs a server over the configuration and returns its port.
func (m *measured) start(t *testing.T, launcher, dir, upstream string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(listener)
	_ = listener.Close()
	conf := "user root; daemon off; master_process off; pid " + dir + "/pid; error_log " + dir + "/error.log;\nevents {}\nhttp {\naccess_log off;"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf+fill(m.conf, dir, port, upstream)+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(launcher, "-p", dir, "-c", path)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 50 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = c.Close()
			return port
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s: nginx does not start: %s", m.path, said.String())
	return ""
}

// answerTo sends a request and puts the answer into the words of the files.
func answerTo(t *testing.T, port, raw string) string {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(strings.SplitN(raw, "\n", 2)[0], "HTTP/0.9") || !strings.Contains(strings.SplitN(raw, "\n", 2)[0], "HTTP/") {
		text, _ := io.ReadAll(c)
		if strings.HasPrefix(string(text), "<html>") {
			return "400 page"
		}
		if strings.HasPrefix(string(text), "HTTP/") {
			return readAnswer(bufio.NewReader(strings.NewReader(string(text))), raw)
		}
		return described(200, "", strconv.Quote(string(text)), version(t, recorded[0]))
	}
	return readAnswer(bufio.NewReader(c), raw)
}

// readAnswer reads one response.
func readAnswer(from *bufio.Reader, raw string) string {
	status, err := from.ReadString('\n')
	if err != nil {
		return "closed"
	}
	location, length := "", -1
	for {
		line, err := from.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if err != nil || line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Location":
			location = value
		case "Content-Length":
			length, _ = strconv.Atoi(value)
		}
	}
	if strings.HasPrefix(raw, "HEAD") {
		length = 0
	}
	body := readBody(from, length)
	if strings.HasPrefix(body, "<html>\r\n<head><title>") {
		body = "page"
	} else {
		body = strconv.Quote(body)
	}
	code, _ := strconv.Atoi(strings.Fields(status)[1])
	if location != "" {
		location = " -> " + location
	}
	return fmt.Sprintf("%d%s %s", code, location, body)
}

func readBody(from io.Reader, length int) string {
	if length >= 0 {
		from = io.LimitReader(from, int64(length))
	}
	text, _ := io.ReadAll(from)
	return string(text)
}

// write writes the file with the answers in it.
func (m *measured) write(t *testing.T) {
	t.Helper()
	var b strings.Builder
	b.WriteString(strings.Join(m.head, "\n") + "\n---\n")
	for _, e := range m.requests {
		b.WriteString(e.line + "\n")
		same := true
		for _, v := range recorded {
			same = same && e.answers[v] == e.answers[recorded[0]]
		}
		for _, v := range recorded {
			if same {
				b.WriteString("=> " + e.answers[v] + "\n")
				break
			}
			b.WriteString("=> " + v + " " + e.answers[v] + "\n")
		}
	}
	if err := os.WriteFile(m.path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
