package refproxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

var v130 = catalog.Version{Major: 1, Minor: 30, Patch: 6}

// load loads a text with addresses for {FRONT} and {UP}.
func load(t testing.TB, text string, pairs ...string) *config.Config {
	t.Helper()
	c, err := config.NewLoader(source.Memory{"nginx.conf": strings.NewReplacer(pairs...).Replace(text)}).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// site is a configuration with one server.
func site(inside string) string {
	return "events {}\nhttp { access_log off; server { listen {FRONT}; " + inside + " } }\n"
}

// running starts the proxy; it is stopped with the test.
func running(t testing.TB, o Options, text string, pairs ...string) *Proxy {
	t.Helper()
	if o.Version.IsZero() {
		o.Version = v130
	}
	p, err := Start(load(t, text, pairs...), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// echoing is a backend that opens a tunnel and sends back what comes.
func echoing(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		wait.Wait()
	})
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				r := bufio.NewReaderSize(conn, 1024)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						break
					}
				}
				_, _ = io.WriteString(conn, switched)
				buffer := make([]byte, 1024)
				for {
					n, err := r.Read(buffer)
					if err != nil {
						return
					}
					if _, err := conn.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String()
}

// opened dials a tunnel.
func opened(t testing.TB, front string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", front)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, handshake)
	a := &actor{conn: conn, r: bufio.NewReaderSize(conn, 16)}
	a.await("\r\n\r\n")
	if !strings.HasPrefix(a.text.String(), "HTTP/1.1 101") {
		t.Fatalf("%q", a.text.String())
	}
	return conn
}

// ping sends something through a tunnel and waits for it.
func ping(conn net.Conn) error {
	if _, err := io.WriteString(conn, "ping"); err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var back [4]byte
	_, err := io.ReadFull(conn, back[:])
	return err
}

// TestLeaks opens thousands of tunnels that end in every way, and looks for what is left of them.
func TestLeaks(t *testing.T) {
	n := 4000
	if testing.Short() {
		n = 200
	}
	up := echoing(t)
	before := goleak.IgnoreCurrent()
	files := descriptors(t)
	front := freeAddress(t)
	p := running(t, Options{}, site(pass), "{FRONT}", front, "{UP}", up)
	var wait sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range n {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			conn := opened(t, front)
			defer conn.Close()
			if err := ping(conn); err != nil {
				t.Error(err)
			}
			switch i % 3 {
			case 0:
				_ = conn.(*net.TCPConn).SetLinger(0)
			case 1:
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn)
			}
		})
	}
	wait.Wait()
	for deadline := time.Now().Add(5 * time.Second); p.Open() > 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if p.Open() != 0 {
		t.Errorf("%d connections are left", p.Open())
	}
	p.Stop()
	goleak.VerifyNone(t, before)
	if now := descriptors(t); now > files {
		t.Errorf("%d descriptors, %d before", now, files)
	}
	t.Logf("%d tunnels", n)
}

// descriptors counts this process's open files, but for sockets that the other side of a closed tunnel is about to close.
func descriptors(t testing.TB) int {
	t.Helper()
	for try := 0; ; try++ {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0
		}
		if try == 20 || len(all) < 64 {
			return len(all)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A reload keeps tunnels on the old configuration, serves new requests by the new one, and closes idle connections; an
// address that stays is never closed.
func TestReload(t *testing.T) {
	up, front := echoing(t), freeAddress(t)
	p := running(t, Options{}, site(pass), "{FRONT}", front, "{UP}", up)
	tunnel := opened(t, front)
	defer tunnel.Close()
	idle, err := net.Dial("tcp4", front)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	for p.Open() < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := p.Reload(load(t, site("return 200 new;"), "{FRONT}", front)); err != nil {
		t.Fatal(err)
	}
	if err := ping(tunnel); err != nil {
		t.Errorf("the tunnel: %v", err)
	}
	if got := say(t, front, get); !strings.Contains(got, "new") {
		t.Errorf("after the reload: %q", got)
	}
	_ = idle.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(fmt.Sprint(err), "reset") {
		t.Errorf("the idle connection: %v", err)
	}
	if err := p.Reload(load(t, "events {}\nhttp { server { listen 127.0.0.1:1; } }")); err == nil && os.Getuid() != 0 {
		t.Error("a port that may not be listened on")
	}
}

// say sends a request and returns the answer.
func say(t testing.TB, front, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp4", front)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a := &actor{conn: conn}
	a.play(steps(send(text), read()))
	return a.text.String()
}

// Quit waits for tunnels, worker_shutdown_timeout does not.
func TestQuit(t *testing.T) {
	up, front := echoing(t), freeAddress(t)
	clock := NewVirtualClock(time.Unix(1_700_000_000, 0))
	p := running(t, Options{Clock: clock}, "worker_shutdown_timeout 20s;\n"+site(pass), "{FRONT}", front, "{UP}", up)
	tunnel := opened(t, front)
	defer tunnel.Close()
	ended := make(chan struct{})
	go func() {
		p.Quit(context.Background())
		close(ended)
	}()
	for {
		if conn, err := net.Dial("tcp4", front); err != nil {
			break
		} else {
			_ = conn.Close()
		}
	}
	if err := ping(tunnel); err != nil {
		t.Errorf("the tunnel: %v", err)
	}
	select {
	case <-ended:
		t.Error("it ended with a tunnel open")
	default:
	}
	for waiting := true; waiting; {
		clock.Advance(20 * time.Second)
		select {
		case <-ended:
			waiting = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := ping(tunnel); err == nil {
		t.Error("the tunnel is still there")
	}
}

// The timers of a tunnel by a clock of the test's own: an hour passes in no time, and not a second less will do.
func TestIdleTimer(t *testing.T) {
	up, front := echoing(t), freeAddress(t)
	clock := NewVirtualClock(time.Unix(1_700_000_000, 0))
	running(t, Options{Clock: clock}, site("proxy_read_timeout 1h; "+pass), "{FRONT}", front, "{UP}", up)
	tunnel := opened(t, front)
	defer tunnel.Close()
	for range 3 {
		clock.Advance(59 * time.Minute)
		if err := ping(tunnel); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the proxy notes the traffic a moment after it is seen
	}
	clock.Advance(59*time.Minute + 59*time.Second)
	_ = tunnel.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := tunnel.Read(make([]byte, 1)); !isTimeout(err) {
		t.Fatalf("it ended early: %v", err)
	}
	clock.Advance(time.Second)
	_ = tunnel.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := tunnel.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after an hour: %v", err)
	}
}

// The other timers, by the same clock: each ends what it is for, with nginx's status.
func TestTimers(t *testing.T) {
	silent, err := net.Listen("tcp4", freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range []struct{ name, server, request, want string }{
		{"read", "proxy_read_timeout 30m; " + plainPass, get, "504 Gateway Time-out"},
		{"header", "client_header_timeout 30m; return 200 x;", "GET / HT", "<EOF>"},
		{"keepalive", "keepalive_timeout 30m; return 200 x;", get, "x<EOF>"},
		{"body", "client_body_timeout 30m; " + plainPass, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "<EOF>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			front, clock := freeAddress(t), NewVirtualClock(time.Unix(1_700_000_000, 0))
			running(t, Options{Clock: clock}, site(c.server), "{FRONT}", front, "{UP}", silent.Addr().String())
			conn, err := net.Dial("tcp4", front)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			a := &actor{conn: conn, r: bufio.NewReader(conn)}
			a.step(send(c.request))
			time.Sleep(100 * time.Millisecond)
			clock.Advance(29 * time.Minute)
			time.Sleep(100 * time.Millisecond)
			if c.name == "read" {
				_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				if _, err := a.r.Peek(1); !isTimeout(err) {
					t.Errorf("before its time: %v", err)
				}
			}
			clock.Advance(2 * time.Minute)
			a.step(read())
			if !strings.Contains(a.text.String(), c.want) {
				t.Errorf("%q has no %q", a.text.String(), c.want)
			}
		})
	}
}

// TLS on both sides, the name deciding about the server, and plain HTTP sent to a TLS port.
func TestTLS(t *testing.T) {
	back, front := freeAddress(t), freeAddress(t)
	text := "events {}\nhttp { access_log off;\nserver { listen {FRONT} ssl; server_name a.test; location / { proxy_ssl_server_name on; proxy_ssl_name b.test; proxy_pass https://{UP}; } }\n" +
		"server { listen {FRONT} ssl; server_name c.test; return 200 other; }\n" +
		"server { listen {UP} ssl; server_name b.test; return 200 \"$host $scheme $ssl_server_name $ssl_protocol\"; } }"
	running(t, Options{SelfSigned: true}, text, "{FRONT}", front, "{UP}", back)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", front)
		}}}
	for name, want := range map[string]string{"a.test": "https b.test TLSv1.3", "c.test": "other"} {
		resp, err := client.Get("https://" + name + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
	if got := say(t, front, get); !strings.Contains(got, "The plain HTTP request was sent to HTTPS port") {
		t.Errorf("plain: %q", got)
	}
}

// By default nothing is listened on or dialled but loopback addresses, and what is not supported is named and answered
// 501.
func TestSafety(t *testing.T) {
	front := freeAddress(t)
	_, port, _ := net.SplitHostPort(front)
	var said []string
	var mu sync.Mutex
	o := Options{Say: func(line string) { mu.Lock(); said = append(said, line); mu.Unlock() }}
	p := running(t, o, "events {}\nhttp { server { listen "+port+"; location / { proxy_pass http://192.0.2.1; }\n location /f { fastcgi_pass 127.0.0.1:9; } location /s { sub_filter a b; return 200 x; } location /n { proxy_pass http://name.test; }\n location /r { return 200 fine; } } }")
	if all := p.Listeners(); len(all) != 1 || all[0].Address != "127.0.0.1:"+port || all[0].Configured != "0.0.0.0:"+port {
		t.Errorf("%+v", all)
	}
	for path, want := range map[string]string{"/": "HTTP/1.1 502 Bad Gateway|X-Ngxproof: dial refused", "/n": "HTTP/1.1 502|X-Ngxproof: dial refused",
		"/f": "HTTP/1.1 501|X-Ngxproof: unsupported fastcgi_pass", "/s": "HTTP/1.1 501|X-Ngxproof: unsupported sub_filter", "/r": "HTTP/1.1 200|fine"} {
		got := say(t, front, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n")
		for _, part := range strings.Split(want, "|") {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q has no %q", path, got, part)
			}
		}
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"nginx.conf:3: `fastcgi_pass` is not supported", "`sub_filter` is not supported", "0.0.0.0:" + port + " is moved to 127.0.0.1:" + port} {
		if strings.Count(all, want) != 1 {
			t.Errorf("not said once: %s\n%s", want, all)
		}
	}
}

// Addresses that are put in the place of others, and logs that stay below the prefix.
func TestPlaces(t *testing.T) {
	front, up, prefix := freeAddress(t), echoing(t), t.TempDir()
	text := "events {}\nhttp { log_format f '$status $request_uri'; server { listen 80; access_log /var/log/x.log f; access_log rel.log; location / { proxy_set_header Upgrade $http_upgrade; proxy_pass http://app:3000; } location /r { return 204; } } }"
	p := running(t, Options{Prefix: prefix, MapListen: map[string]string{"80": front}, MapUpstream: map[string]string{"app:3000": up}}, text)
	if err := ping(opened(t, front)); err != nil {
		t.Error(err)
	}
	_ = say(t, front, "GET /r HTTP/1.1\r\nHost: a\r\n\r\n")
	p.Stop()
	got, err := os.ReadFile(filepath.Join(prefix, "var", "log", "x.log"))
	if err != nil || !strings.Contains(string(got), "204 /r\n") || !strings.Contains(string(got), "101 /ws\n") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := os.ReadFile(filepath.Join(prefix, "rel.log")); err != nil || strings.Count(string(got), "\n") != 2 {
		t.Errorf("%q, %v", got, err)
	}
}

// Memory is bounded whatever a client sends: heads that never end are refused, bytes that nobody takes are not read.
func TestBounds(t *testing.T) {
	up, front := echoing(t), freeAddress(t)
	running(t, Options{Files: fstest.MapFS{}}, site("client_header_timeout 5s; "+pass), "{FRONT}", front, "{UP}", up)
	for _, flood := range []string{"GET /" + strings.Repeat("a", 1<<20), "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 1<<18), strings.Repeat("\r\n", 1<<19),
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1", 1<<20), strings.Repeat("\x00", 1<<20)} {
		conn, err := net.Dial("tcp4", front)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, flood)
		got, _ := io.ReadAll(conn)
		if len(flood) > 0 && flood[0] != '\r' && !strings.Contains(string(got), "400 Bad Request") && !strings.Contains(string(got), "414") && len(got) > 0 {
			t.Errorf("%.20q: %.100q", flood, got)
		}
		_ = conn.Close()
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	if stats.HeapAlloc > 64<<20 {
		t.Errorf("%d MB are held", stats.HeapAlloc>>20)
	}
}
