package difftest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// startLimit is how long a server may take until it has its sockets; a start takes 20 ms on an idle machine.
const startLimit = 20 * time.Second

// refusal is nginx's complaint about a configuration.
type refusal struct{ message string }

func (r *refusal) Error() string { return r.message }

// errAddressInUse means that somebody took a port between the reservation and the start: try again with others.
var errAddressInUse = errors.New("address in use")

// process is a running nginx in the foreground.
type process struct {
	kill chan struct{} // closed to end it
	done chan struct{} // closed when it has ended
}

// startNginx runs nginx on prefix/nginx.conf and returns when it listens, or with a *refusal.
func startNginx(s Server, prefix string) (*process, error) {
	p := &process{kill: make(chan struct{}), done: make(chan struct{})}
	ready := make(chan error, 1)
	go p.supervise(s, prefix, ready)
	if err := <-ready; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

// supervise holds its thread from start to end: the kernel kills the server with the thread that started it, so that
// no server outlives an aborted test.
func (p *process) supervise(s Server, prefix string, ready chan<- error) {
	defer close(p.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(s.Path, "-p", prefix, "-c", filepath.Join(prefix, "nginx.conf"), "-e", "stderr")
	cmd.SysProcAttr = dieWithParent()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		ready <- err
		return
	}
	if err := cmd.Start(); err != nil {
		ready <- err
		return
	}
	state := make(chan error, 1)
	go watchLog(stderr, prefix, state)
	p.wait(cmd, state, ready)
}

// wait reports readiness once, then waits for the order to end.
func (p *process) wait(cmd *exec.Cmd, state <-chan error, ready chan<- error) {
	select {
	case err := <-state:
		ready <- err
		if err == nil {
			<-p.kill
		}
	case <-time.After(startLimit):
		ready <- errors.New("nginx does not start")
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	for range state {
	} // the log is read to its end before Wait closes it
	_ = cmd.Wait() // "signal: killed" is what was asked for
}

// stop ends the server and waits until it is gone.
func (p *process) stop() {
	close(p.kill)
	<-p.done
}

// watchLog reads nginx's log to its end. It tells once whether nginx is ready: nginx names its event method only after
// its sockets listen (src/event/ngx_event.c, ngx_event_module_init).
func watchLog(log io.ReadCloser, prefix string, state chan<- error) {
	defer close(state)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, headLimit)
	told := false
	for lines.Scan() {
		if err, news := verdict(lines.Text(), prefix); news && !told {
			told = true
			state <- err
		}
	}
	if !told {
		state <- errors.New("nginx ended without a word")
	}
}

// verdict says whether a line of the log settles the start.
func verdict(line, prefix string) (error, bool) {
	switch _, complaint, emerg := strings.Cut(line, "[emerg] "); {
	case strings.Contains(line, "event method"):
		return nil, true
	case !emerg:
		return nil, false
	case strings.Contains(complaint, "Address already in use"):
		return errAddressInUse, true
	default:
		return &refusal{plainMessage(complaint, prefix)}, true
	}
}

var processID = regexp.MustCompile(`^\d+#\d+: (\*\d+ )?`)

// plainMessage drops what differs from run to run.
func plainMessage(text, prefix string) string {
	return strings.ReplaceAll(processID.ReplaceAllString(text, ""), prefix, Canonical.Prefix)
}

// testNginx asks nginx -t.
func testNginx(s Server, prefix string) error {
	out, err := exec.Command(s.Path, "-t", "-p", prefix, "-c", filepath.Join(prefix, "nginx.conf"), "-e", "stderr").CombinedOutput()
	if err == nil {
		return nil
	}
	if _, complaint, ok := strings.Cut(string(out), "[emerg] "); ok {
		first, _, _ := strings.Cut(complaint, "\n")
		return &refusal{plainMessage(first, prefix)}
	}
	return fmt.Errorf("nginx -t: %w: %s", err, out)
}

// epoch is the time that static files were last changed, so that their headers are the same in every run.
var epoch = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// writeFiles puts files below a folder.
func writeFiles(folder string, files map[string]string) error {
	for name, text := range files {
		full := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(full, epoch, epoch); err != nil {
			return err
		}
	}
	return nil
}
