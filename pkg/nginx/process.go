package nginx

import (
	"bufio"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// startLimit is how long nginx may take until it listens; a start takes 20 ms on an idle machine.
const startLimit = 20 * time.Second

// Process is a running nginx in the foreground.
type Process struct {
	kill chan struct{} // closed to end it
	done chan struct{} // closed when it has ended
}

// Start runs the nginx at path program with a prefix, a file, and directives of the main context besides. It returns when
// nginx listens. The error is a *Refusal, ErrAddressInUse, or why it does not run.
//
// The configuration has `daemon off` and `master_process off`. Its log goes to the standard error stream at level notice or
// below, by the configuration or by the directives: nginx says there that it is ready.
func Start(program, prefix, file, directives string) (*Process, error) {
	arguments := []string{"-p", prefix, "-c", file, "-e", "stderr"}
	if directives != "" {
		arguments = append(arguments, "-g", directives)
	}
	p := &Process{kill: make(chan struct{}), done: make(chan struct{})}
	ready := make(chan error, 1)
	go p.supervise(exec.Command(program, arguments...), ready)
	if err := <-ready; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

// Stop ends nginx at once and waits until it is gone. It is called once.
func (p *Process) Stop() {
	close(p.kill)
	<-p.done
}

// supervise holds its thread from start to end: the kernel ends nginx with the thread that started it, so that no server
// outlives an aborted program.
func (p *Process) supervise(cmd *exec.Cmd, ready chan<- error) {
	defer close(p.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = dieWithParent()
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		ready <- err
		return
	}
	state := make(chan error, 1)
	go watchLog(stderr, state)
	p.wait(cmd, state, ready)
}

// wait reports readiness once, then waits for the order to end.
func (p *Process) wait(cmd *exec.Cmd, state <-chan error, ready chan<- error) {
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
	_ = cmd.Wait() // "killed" is what was asked for
}

// watchLog reads the log to its end. It tells once whether nginx is ready.
func watchLog(log io.Reader, state chan<- error) {
	defer close(state)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	told := false
	for lines.Scan() {
		if err, news := verdict(lines.Text()); news && !told {
			told = true
			state <- err
		}
	}
	_, _ = io.Copy(io.Discard, log) // a line that is too long ends the scan
	if !told {
		state <- errors.New("nginx ended without a word")
	}
}

// verdict says whether a line of the log settles the start. nginx names its event method only after its sockets listen.
//
// nginx: src/event/ngx_event.c, ngx_event_module_init.
func verdict(line string) (error, bool) {
	complaint, emerg := complaintIn(line)
	switch {
	case strings.Contains(line, "event method"):
		return nil, true
	case !emerg:
		return nil, false
	case strings.Contains(complaint, "Address already in use"):
		return ErrAddressInUse, true
	default:
		return &Refusal{complaint}, true
	}
}
