package prove

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/nginx"
)

// realNginx is the engine that runs a real nginx.
type realNginx struct {
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
	return &realNginx{path, version}, nil
}

// Name returns "nginx".
func (n *realNginx) Name() string { return "nginx" }

// Version returns what the binary says of itself.
func (n *realNginx) Version() catalog.Version { return n.version }

// start tries again where a port was taken since it was reserved.
func (n *realNginx) start(ctx context.Context, c *config.Config, backend string, spans []time.Duration) (*run, error) {
	for attempt := 0; ; attempt++ {
		r, err := n.startOnce(ctx, c, backend, spans)
		if attempt == 4 || !errors.Is(err, nginx.ErrAddressInUse) {
			return r, err
		}
	}
}

// startOnce runs nginx on a folder of its own.
func (n *realNginx) startOnce(ctx context.Context, c *config.Config, backend string, spans []time.Duration) (*run, error) {
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
		process.Stop()
		clean()
	}
	return r, nil
}

// prepare writes the folder and starts nginx on it.
func (n *realNginx) prepare(ctx context.Context, c *config.Config, backend string, spans []time.Duration, folder string) (*run, *nginx.Process, error) {
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
	p, err := nginx.Start(n.program, folder, file, "error_log stderr notice;")
	if err != nil {
		return nil, nil, refusedIn(err, folder)
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
func (n *realNginx) test(ctx context.Context, folder, file string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	return refusedIn(nginx.Test(ctx, n.program, folder, file), folder)
}

var position = regexp.MustCompile(` in \S*nginx\.conf:\d+$`)

// refusedIn makes a Refusal of nginx's complaint, without what is about the temporary folder. Other errors stay.
func refusedIn(err error, folder string) error {
	var refused *nginx.Refusal
	if !errors.As(err, &refused) {
		return err
	}
	return &Refusal{strings.ReplaceAll(position.ReplaceAllString(refused.Message, ""), folder, "")}
}
