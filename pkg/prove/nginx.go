package prove

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// nginx is a real nginx.
type nginx struct {
	program string
	version catalog.Version
}

var banner = regexp.MustCompile(`nginx version: [^/\s]+/(\d+\.\d+\.\d+)`)

// Nginx returns the engine that runs the nginx program at a path, or of that name. The error says why it can't.
func Nginx(ctx context.Context, program string) (Engine, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("no nginx to run: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-v").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s -v: %w", program, err)
	}
	found := banner.FindSubmatch(out)
	if found == nil {
		return nil, fmt.Errorf("%s -v says no version of nginx", program)
	}
	version, err := catalog.ParseVersion(string(found[1]))
	if err != nil {
		return nil, fmt.Errorf("%s -v: %w", program, err)
	}
	return &nginx{path, version}, nil
}

func (n *nginx) Name() string             { return "nginx" }
func (n *nginx) Version() catalog.Version { return n.version }

// errTaken means that somebody took a port between its reservation and the start.
var errTaken = errors.New("address in use")

// start tries again where a port was taken.
func (n *nginx) start(ctx context.Context, c *config.Config, backend string, spans []time.Duration) (*run, error) {
	for attempt := 0; ; attempt++ {
		r, err := n.startOnce(ctx, c, backend, spans)
		if attempt == 4 || !errors.Is(err, errTaken) {
			return r, err
		}
	}
}

// startOnce runs nginx on a folder of its own.
func (n *nginx) startOnce(ctx context.Context, c *config.Config, backend string, spans []time.Duration) (*run, error) {
	folder, err := os.MkdirTemp("", "ngxproof-prove-")
	if err != nil {
		return nil, err
	}
	clean := func() { _ = os.RemoveAll(folder) } // it is in a temporary folder
	r, process, err := n.prepare(ctx, c, backend, spans, folder)
	if err != nil {
		clean()
		return nil, err
	}
	r.stop = func() {
		process.stop()
		clean()
	}
	return r, nil
}

// prepare writes the folder and starts nginx on it.
func (n *nginx) prepare(ctx context.Context, c *config.Config, backend string, spans []time.Duration, folder string) (*run, *process, error) {
	ports, err := reserve(c)
	if err != nil {
		return nil, nil, err
	}
	scale := scaleOf(spans)
	where := place{backend: backend, folder: folder, listen: func(name string) netip.AddrPort { return ports[name] }, scale: scale, version: n.version}
	if os.Geteuid() == 0 {
		where.user = "root"
	}
	built, err := rebuild(c, where)
	if err != nil {
		return nil, nil, err
	}
	loaded, err := built.load()
	if err != nil {
		return nil, nil, err
	}
	cert, err := certificate()
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(folder, "nginx.conf")
	if err := errors.Join(cert.write(folder), os.WriteFile(file, []byte(built.text), 0o600)); err != nil {
		return nil, nil, err
	}
	if err := n.test(ctx, folder, file); err != nil {
		return nil, nil, err
	}
	p, err := launch(n.program, folder, file)
	if err != nil {
		return nil, nil, err
	}
	return &run{config: loaded, built: built, reach: func(name string) string { return name }, now: time.Now, pass: passReal, span: scale, slack: lazy}, p, nil
}

// reserve finds a free port for each address that the configuration listens on.
func reserve(c *config.Config) (map[string]netip.AddrPort, error) {
	ports := map[string]netip.AddrPort{}
	for _, l := range append(listensOf(c, eval.New(c).Table()), implicit) {
		name := listenName(l)
		if ports[name].IsValid() {
			continue
		}
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }() // all at once, so that none is given twice
		ports[name] = listener.Addr().(*net.TCPAddr).AddrPort()
	}
	return ports, nil
}

// lazy is how late nginx's timers may be: it does not move one by less than 300 ms (NGX_TIMER_LAZY_DELAY).
const lazy = 450 * time.Millisecond

// passReal waits.
func passReal(limit time.Duration, _ []time.Duration, left func() int) {
	for end := time.Now().Add(limit); time.Now().Before(end) && left() > 0; {
		time.Sleep(20 * time.Millisecond)
	}
}

// test asks nginx -t.
func (n *nginx) test(ctx context.Context, folder, file string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, n.program, "-t", "-q", "-p", folder, "-c", file, "-e", "stderr").CombinedOutput()
	if err == nil {
		return nil
	}
	if _, complaint, ok := strings.Cut(string(out), "[emerg] "); ok {
		first, _, _ := strings.Cut(complaint, "\n")
		return &Refusal{plainMessage(first, folder)}
	}
	return fmt.Errorf("nginx -t: %w: %s", err, strings.TrimSpace(string(out)))
}

var (
	processID = regexp.MustCompile(`^\d+#\d+: (\*\d+ )?`)
	position  = regexp.MustCompile(` in \S*nginx\.conf:\d+$`)
)

// plainMessage drops what is about the temporary folder.
func plainMessage(text, folder string) string {
	text = position.ReplaceAllString(strings.TrimSpace(processID.ReplaceAllString(text, "")), "")
	return strings.ReplaceAll(text, folder, "")
}

// process is a running nginx in the foreground.
type process struct {
	kill chan struct{} // closed to end it
	done chan struct{} // closed when it has ended
}

// startLimit is how long nginx may take until it listens.
const startLimit = 20 * time.Second

// launch runs nginx and returns when it listens.
func launch(program, folder, file string) (*process, error) {
	p := &process{kill: make(chan struct{}), done: make(chan struct{})}
	ready := make(chan error, 1)
	go p.supervise(program, folder, file, ready)
	if err := <-ready; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

// supervise holds its thread from start to end, since the kernel ends nginx with the thread that started it.
func (p *process) supervise(program, folder, file string, ready chan<- error) {
	defer close(p.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, "-p", folder, "-c", file, "-e", "stderr", "-g", "error_log stderr notice;")
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
	go watchLog(stderr, folder, state)
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

// stop ends nginx and waits until it is gone.
func (p *process) stop() {
	close(p.kill)
	<-p.done
}

// watchLog reads the log to its end, and tells once whether nginx is ready: it names its event method only after its
// sockets listen (src/event/ngx_event.c, ngx_event_module_init).
func watchLog(log io.Reader, folder string, state chan<- error) {
	defer close(state)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	told := false
	for lines.Scan() {
		_, complaint, emerg := strings.Cut(lines.Text(), "[emerg] ")
		var news error
		switch {
		case told, !emerg && !strings.Contains(lines.Text(), "event method"):
			continue
		case emerg && strings.Contains(complaint, "Address already in use"):
			news = errTaken
		case emerg:
			news = &Refusal{plainMessage(complaint, folder)}
		}
		told = true
		state <- news
	}
	_, _ = io.Copy(io.Discard, log) // a line that is too long ends the scan
	if !told {
		state <- errors.New("nginx ended without a word")
	}
}
