package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	opening = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	opened  = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

	measured    = 3 * time.Second // of handshakes, and of messages
	rounds      = 3
	talkers     = 100
	idleTunnels = 4000
)

// tunnels measures the reference proxy against nginx, one process each, between a client and a backend of a process each.
func tunnels(dir string) ([]figure, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	backend := exec.Command(self, "backend", "127.0.0.1:31007")
	if err := backend.Start(); err != nil {
		return nil, err
	}
	defer end(backend)
	binary := filepath.Join(dir, "ngxproof")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/ngxproof").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	version, path, err := newest()
	if err != nil {
		return nil, err
	}
	var sides [2]side
	for i, front := range []string{"127.0.0.1:31005", "127.0.0.1:31006"} {
		prefix := filepath.Join(dir, fmt.Sprint("side", i))
		if err := os.MkdirAll(prefix, 0o755); err != nil {
			return nil, err
		}
		conf := filepath.Join(prefix, "nginx.conf")
		text := fmt.Sprintf("user root;\ndaemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log;\nworker_rlimit_nofile 20000;\nevents { worker_connections 20000; }\nhttp { access_log off;\n", prefix, prefix) +
			"map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n" +
			"server { listen " + front + "; location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_set_header Host $host; proxy_pass http://127.0.0.1:31007; } }\n"
		for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			text += name + "_temp_path " + prefix + "/" + name + ";\n"
		}
		if err := os.WriteFile(conf, []byte(text+"}\n"), 0o644); err != nil {
			return nil, err
		}
		cmd := exec.Command(path, "-p", prefix, "-c", conf, "-e", filepath.Join(prefix, "error.log"))
		if i == 1 {
			cmd = exec.Command(binary, "proxy", conf, "--no-config", "--nginx-version", version)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		defer end(cmd)
		sides[i] = side{front: front, pid: cmd.Process.Pid}
		if err := sides[i].await(); err != nil {
			return nil, err
		}
	}
	for range rounds {
		for i := range sides {
			if err := sides[i].measure(); err != nil {
				return nil, err
			}
		}
	}
	for i := range sides {
		if err := sides[i].hold(); err != nil {
			return nil, err
		}
	}
	n, p := &sides[0], &sides[1]
	rate := func(what string, nginx, proxy float64) figure {
		return figure{what, fmt.Sprintf("%.0f against %.0f: %.2f", proxy, nginx, proxy/nginx), "at least 0.5", proxy >= nginx/2}
	}
	return []figure{
		rate("`proxy`: handshakes a second, against nginx "+version, n.handshakes, p.handshakes),
		rate(fmt.Sprintf("`proxy`: echo messages a second over %d tunnels, against nginx", talkers), n.messages, p.messages),
		{fmt.Sprintf("`proxy`: memory a tunnel at %d idle tunnels", idleTunnels), fmt.Sprintf("%.1f KiB (nginx %.1f KiB)", p.memory, n.memory), "at most 48 KiB", p.memory <= 48},
	}, nil
}

// end ends a process.
func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // killed, as asked for
}

// newest names the newest real nginx.
func newest() (version, path string, err error) {
	out, err := exec.Command("../shared/tools/real-nginx").Output()
	for line := range strings.Lines(string(out)) {
		version, path, _ = strings.Cut(strings.TrimSpace(line), "\t")
	}
	return version, path, err
}

// side is one of the two that are measured. Rates are the best of the rounds, memory is in KiB.
type side struct {
	front                        string
	pid                          int
	handshakes, messages, memory float64
}

// await waits until the side carries a tunnel.
func (s *side) await() (err error) {
	for range 100 {
		var conn net.Conn
		if conn, _, err = s.open(); err == nil {
			return conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// open opens a tunnel.
func (s *side) open() (net.Conn, *bufio.Reader, error) {
	conn, err := net.Dial("tcp4", s.front)
	if err != nil {
		return nil, nil, err
	}
	if _, err = io.WriteString(conn, opening); err == nil {
		r := bufio.NewReaderSize(conn, 1024)
		if err = head(r, "HTTP/1.1 101"); err == nil {
			return conn, r, nil
		}
	}
	_ = conn.Close() // it was of no use
	return nil, nil, err
}

// head reads a head that begins as wanted.
func head(r *bufio.Reader, wanted string) error {
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte(wanted)):
			return fmt.Errorf("got %q", line)
		case len(line) == 2:
			return nil
		}
	}
}

// measure counts handshakes, then messages.
func (s *side) measure() error {
	rate, err := count(16, func(stop *atomic.Bool, done *atomic.Int64) error {
		for !stop.Load() {
			conn, _, err := s.open()
			if err != nil {
				return err
			}
			_ = conn.(*net.TCPConn).SetLinger(0) // no port is left in TIME_WAIT
			_ = conn.Close()                     // as asked for
			done.Add(1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.handshakes = max(s.handshakes, rate)
	rate, err = count(talkers, func(stop *atomic.Bool, done *atomic.Int64) error {
		conn, r, err := s.open()
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // it was read and written
		message := make([]byte, 64)
		for !stop.Load() {
			if _, err := conn.Write(message); err != nil {
				return err
			}
			if _, err := io.ReadFull(r, message); err != nil {
				return err
			}
			done.Add(1)
		}
		return nil
	})
	s.messages = max(s.messages, rate)
	return err
}

// count runs n workers for a while and returns what they did in a second.
func count(n int, work func(stop *atomic.Bool, done *atomic.Int64) error) (float64, error) {
	var stop atomic.Bool
	var done atomic.Int64
	errs := make(chan error, n)
	start := time.Now()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() { errs <- work(&stop, &done) })
	}
	time.Sleep(measured)
	stop.Store(true)
	rate := float64(done.Load()) / time.Since(start).Seconds()
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return rate, nil
}

// hold opens tunnels that do nothing and looks at the side's memory.
func (s *side) hold() error {
	before, err := resident(s.pid)
	if err != nil {
		return err
	}
	conns := make([]net.Conn, 0, idleTunnels)
	defer func() {
		for _, c := range conns {
			_ = c.Close() // nothing is lost
		}
	}()
	for range idleTunnels {
		conn, _, err := s.open()
		if err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	time.Sleep(2 * time.Second)
	after, err := resident(s.pid)
	s.memory = float64(after-before) / idleTunnels
	return err
}

// resident returns a process's resident memory in KiB.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}

// serveBackend opens a tunnel for whoever asks and sends back what comes.
func serveBackend(address string) error {
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close() //nolint:errcheck // the other side ended it
			r := bufio.NewReaderSize(conn, 1024)
			if head(r, "GET ") != nil {
				return
			}
			if _, err := io.WriteString(conn, opened); err != nil {
				return
			}
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
		}()
	}
}
