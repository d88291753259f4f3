package refproxy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// recordedHead is one request of ../shared/data/heads.
type recordedHead struct {
	Host, Path, Request string
	Nginx               []struct {
		Versions, Headers, Upstream []string
		Echo                        *bool
		Status                      string
	}
}

// TestHeads replays the recorded heads through sockets, as each version they were recorded of.
func TestHeads(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	root := filepath.Join("..", "..", "..", "shared", "data", "heads")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no ../shared/data/heads: ", err)
	}
	total := 0
	for _, version := range []string{"1.22.1", "1.26.3", "1.29.6", "1.29.8", "1.30.6", "1.31.5"} {
		for _, seed := range []string{"seed7", "seed8"} {
			total += replayHeads(t, filepath.Join(root, seed), version)
		}
	}
	if total < 5000 {
		t.Errorf("only %d comparisons", total)
	}
	t.Logf("%d heads replayed", total)
}

// replayHeads replays one file and returns how many requests it compared.
func replayHeads(t *testing.T, path, version string) (n int) {
	text, err := os.ReadFile(path + ".conf")
	if err != nil {
		t.Fatal(err)
	}
	backend, err := net.Listen("tcp4", freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	heads := make(chan string, 16)
	go headsBackend(backend, heads)
	_, up, _ := net.SplitHostPort(backend.Addr().String())
	front := freeAddress(t)
	_, port, _ := net.SplitHostPort(front)
	prefix := t.TempDir()
	fill := strings.NewReplacer("{UP}", up, "{FRONT}", port, "{PREFIX}", prefix)
	if err := os.WriteFile(filepath.Join(prefix, "nginx.conf"), []byte(fill.Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	stop, err := serving(t, version).Serve(prefix)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	file, err := os.Open(path + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c recordedHead
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.Nginx {
			if slices.Contains(want.Versions, version) {
				n++
				status, headers, echo := replayOne(front, fill.Replace(c.Request), want.Status == silence)
				var upstream []string
				for len(heads) > 0 {
					upstream = append(upstream, <-heads)
				}
				wanted := filled(fill, want.Upstream)
				if status == want.Status && slices.Equal(headers, filled(fill, want.Headers)) && slices.Equal(upstream, wanted) && echo == (want.Echo != nil && *want.Echo) {
					continue
				}
				t.Errorf("%s %q\n got %q %q %q %v\nwant %q %q %q %v", version, c.Request, status, headers, upstream, echo, want.Status, want.Headers, wanted, want.Echo)
			}
		}
	}
	return n
}

func filled(fill *strings.Replacer, lines []string) []string {
	all := make([]string, 0, len(lines))
	for _, line := range lines {
		all = append(all, fill.Replace(line))
	}
	return all
}

// silence is what the recordings call a 101 without a tunnel, which shows nothing until the backend ends.
const silence = "error TimeoutError"

// replayOne sends one request. Where nothing is to come, it does not wait for long.
func replayOne(front, request string, silent bool) (status string, headers []string, echo bool) {
	headers = []string{}
	conn, err := net.Dial("tcp4", front)
	if err != nil {
		return err.Error(), headers, false
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, request)
	patience := 10 * time.Second
	if silent {
		patience = time.Second / 2
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	switch {
	case isTimeout(err):
		return silence, headers, false
	case err != nil:
		return err.Error(), headers, false
	}
	status = strings.TrimRight(line, "\r\n")
	for {
		line, err := r.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if err != nil || line == "" {
			break
		}
		if !strings.HasPrefix(line, "Date:") && !strings.HasPrefix(line, "Server:") {
			headers = append(headers, line)
		}
	}
	if strings.Contains(status, " 101 ") {
		_, _ = io.WriteString(conn, "hello")
		back := make([]byte, 5)
		_, err := io.ReadFull(r, back)
		echo = err == nil && string(back) == "hello"
	}
	return status, headers, echo
}

// headsBackend answers as the backend of the recordings did.
func headsBackend(l net.Listener, heads chan<- string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			r := bufio.NewReader(conn)
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				text.WriteString(line)
				if err != nil {
					return
				}
				if line == "\r\n" {
					break
				}
			}
			req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text.String())))
			if err != nil {
				req = &http.Request{Header: http.Header{}}
			}
			body := make([]byte, max(0, req.ContentLength))
			_, _ = io.ReadFull(r, body)
			heads <- text.String() + string(body)
			upgrade, upgrades := req.Header["Upgrade"]
			connection := ""
			if c := req.Header["Connection"]; len(c) > 0 {
				connection = strings.ToLower(c[0])
			}
			plain := func(status, body string) {
				fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nX-Backend: b\r\n\r\n%s", status, len(body), body)
			}
			switch {
			case upgrades && strings.EqualFold(upgrade[0], "websocket") && req.ProtoMinor == 1 && strings.Contains(connection, "upgrade"):
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Backend: b\r\n\r\n")
				_, _ = io.Copy(conn, r)
			case upgrades:
				plain("400 Bad Request", "Bad Request")
			case req.Header.Get("Sec-Websocket-Key") != "":
				plain("426 Upgrade Required", "Upgrade Required")
			default:
				plain("200 OK", "plain")
			}
		}()
	}
}
