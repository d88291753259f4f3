package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/refproxy"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// proxyFlags are what the flags of proxy say.
type proxyFlags struct {
	prefix, pid, version   string
	listenAny, dialAny     bool
	selfSigned             bool
	mapListen, mapUpstream []string
}

func (a *app) proxyCommand() *cobra.Command {
	var k ask
	var f proxyFlags
	cmd := &cobra.Command{
		Use:   "proxy FILE",
		Short: "Serve a configuration as nginx would",
		Long: `The reference proxy listens as FILE says, in the foreground, until SIGTERM or
SIGINT. SIGQUIT lets open requests and tunnels end first; SIGHUP reads FILE anew
while open tunnels keep the old configuration.

It is safe by default: listeners are moved to loopback addresses, and only
loopback addresses and unix sockets are dialled. What it does not support it
names at the start, and a request that depends on it is answered 501.`,
		Example: `  ngxproof proxy nginx.conf --map-listen 80=127.0.0.1:8080
  ngxproof proxy nginx.conf -p /tmp/proxy --pid proxy.pid --self-signed
  ngxproof proxy nginx.conf --map-upstream app:3000=127.0.0.1:3000`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one file, but was given %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.proxy(&k, &f, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.prefix, "write-below", "p", "", "write the access logs and the pid file below the folder `PREFIX`")
	flags.StringVar(&f.pid, "pid", "", "write the process number to `FILE`, below PREFIX")
	flags.BoolVar(&f.listenAny, "listen-any", false, "listen on every address that the configuration names")
	flags.BoolVar(&f.dialAny, "dial-any", false, "dial every address that the configuration names")
	flags.StringArrayVar(&f.mapListen, "map-listen", nil, "listen on B where the configuration says A: `A=B`; repeatable")
	flags.StringArrayVar(&f.mapUpstream, "map-upstream", nil, "dial B where the configuration says A: `A=B`; repeatable")
	flags.BoolVar(&f.selfSigned, "self-signed", false, "use a certificate made at the start instead of the configured ones")
	flags.StringVar(&f.version, "nginx-version", currentBranch, "behave as this `VERSION`: 1.22.1, or 1.22 for its last release")
	k.registerReading(flags)
	return cmd
}

// proxy serves a configuration until a signal ends it.
func (a *app) proxy(k *ask, f *proxyFlags, file string) error {
	debug.SetGCPercent(100) // tunnels stay: memory counts for more than a lint's speed
	o, err := a.proxyOptions(f)
	if err != nil {
		return err
	}
	load := func() (*config.Config, error) {
		c, files, prefix, err := a.loadServed(k, file)
		if err == nil && o.Files == nil {
			o.Files, o.ConfigPrefix = files, prefix
		}
		return c, err
	}
	c, err := load()
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	defer signal.Stop(signals)
	p, err := refproxy.Start(c, o)
	if err != nil {
		return err
	}
	removePID, err := writePID(f)
	if err != nil {
		p.Stop()
		return err
	}
	defer removePID()
	for _, l := range p.Listeners() {
		o.Say("listening on " + l.Address + " for " + l.Configured)
	}
	return a.untilSignal(p, signals, load, o.Say)
}

// untilSignal serves until a signal says otherwise.
func (a *app) untilSignal(p *refproxy.Proxy, signals <-chan os.Signal, load func() (*config.Config, error), say func(string)) error {
	for s := range signals {
		switch s {
		case syscall.SIGHUP:
			c, err := load()
			if err == nil {
				err = p.Reload(c)
			}
			if err != nil {
				say("the old configuration stays: " + source.Printable(err.Error()))
				continue
			}
			say("the configuration was read anew")
		case syscall.SIGQUIT:
			quit, cancel := context.WithCancel(context.Background())
			go func() {
				for s := range signals {
					if s == syscall.SIGTERM || s == syscall.SIGINT {
						cancel()
						return
					}
				}
			}()
			p.Quit(quit)
			cancel()
			return nil
		default:
			p.Stop()
			return nil
		}
	}
	return nil
}

// proxyOptions turns the flags into options.
func (a *app) proxyOptions(f *proxyFlags) (o refproxy.Options, err error) {
	if o.Version, err = catalog.ParseTarget(f.version); err != nil {
		return o, fmt.Errorf("--nginx-version: %w", err)
	}
	if o.MapListen, err = parseMap("map-listen", f.mapListen); err != nil {
		return o, err
	}
	if o.MapUpstream, err = parseMap("map-upstream", f.mapUpstream); err != nil {
		return o, err
	}
	if f.prefix != "" {
		if o.Prefix, err = filepath.Abs(f.prefix); err != nil {
			return o, fmt.Errorf("-p: %w", err)
		}
		if info, err := os.Stat(o.Prefix); err != nil || !info.IsDir() {
			return o, fmt.Errorf("-p: `%s` is no folder", source.Printable(f.prefix))
		}
	}
	if f.pid != "" && f.prefix == "" {
		return o, errors.New("--pid needs -p PREFIX: nothing is written elsewhere")
	}
	var mu sync.Mutex
	o.ListenAny, o.DialAny, o.SelfSigned = f.listenAny, f.dialAny, f.selfSigned
	o.AccessLog = &lineWriter{mu: &mu, to: a.out}
	o.Say = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(a.err, "ngxproof: %s\n", source.Printable(line))
		_ = a.err.Flush() // there is nowhere left to complain to
	}
	return o, nil
}

// parseMap reads A=B pairs.
func parseMap(flag string, pairs []string) (map[string]string, error) {
	all := map[string]string{}
	for _, pair := range pairs {
		from, to, ok := strings.Cut(pair, "=")
		if !ok || from == "" || to == "" {
			return nil, fmt.Errorf("--%s: `%s` is not A=B, two addresses", flag, source.Printable(pair))
		}
		if !isAddress(to) {
			return nil, fmt.Errorf("--%s: `%s` is no address such as 127.0.0.1:8080 or unix:/run/app.sock", flag, source.Printable(to))
		}
		all[from] = to
	}
	return all, nil
}

// isAddress reports whether a text is a host with a port's number, or a unix socket's path.
func isAddress(text string) bool {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		return path != ""
	}
	colon := strings.LastIndexByte(text, ':')
	if colon <= 0 {
		return false
	}
	port, err := strconv.ParseUint(text[colon+1:], 10, 16)
	return err == nil && port > 0
}

// lineWriter hands each line over at once.
type lineWriter struct {
	mu *sync.Mutex
	to *writer
}

// Write writes one line.
func (w *lineWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.to.Write(line)
	return n, errors.Join(err, w.to.Flush())
}

var _ io.Writer = (*lineWriter)(nil)

// loadServed loads the one configuration that is served, with the files that it names and the folder that their names
// start from.
func (a *app) loadServed(k *ask, file string) (c *config.Config, files fs.FS, prefix string, err error) {
	jobs, err := a.jobs(k, []string{file})
	if err != nil {
		return nil, nil, "", err
	}
	t := jobs[0].targets
	switch {
	case len(t.errs) > 0:
		return nil, nil, "", errors.Join(t.errs...)
	case len(t.configs) != 1:
		return nil, nil, "", fmt.Errorf("proxy takes one configuration, and `%s` is %d", source.Printable(file), len(t.configs))
	}
	c = t.configs[0]
	if err := refusedAsWhole(c); err != nil {
		return nil, nil, "", err
	}
	folder := filepath.Dir(file)
	if p := jobs[0].opts.config.Prefix; p != "" {
		folder = p
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, nil, "", fmt.Errorf("the working folder: %w", err)
	}
	return c, mappedFiles{os.DirFS("/"), jobs[0].opts.config.IncludeMap}, filepath.ToSlash(folder), nil
}

// refusedAsWhole returns why nginx would not start with a configuration, as far as reading it tells.
func refusedAsWhole(c *config.Config) error {
	var errs []error
	for _, f := range c.Files {
		for _, e := range f.Errors {
			errs = append(errs, fmt.Errorf("%s:%d: %s", f.Name, e.Line, e.Message))
		}
	}
	for _, p := range c.Problems {
		errs = append(errs, fmt.Errorf("%s:%d: the include of `%s` can't be followed", p.At.File.Name, p.At.Line(), p.Path))
	}
	if c.Fragment {
		errs = append(errs, errors.New("proxy takes a whole configuration, with http{}; this is a fragment"))
	}
	return errors.Join(errs...)
}

// mappedFiles are the machine's files, with folders standing elsewhere as the settings' include-map says.
type mappedFiles struct {
	files fs.FS
	moved map[string]string
}

// Open opens a file by its path from the root.
func (m mappedFiles) Open(name string) (fs.File, error) {
	best := ""
	for from := range m.moved {
		if strings.HasPrefix("/"+name+"/", path.Clean(from)+"/") && len(from) > len(best) {
			best = from
		}
	}
	if best == "" {
		return m.files.Open(name)
	}
	to, err := filepath.Abs(m.moved[best])
	if err != nil {
		return nil, err
	}
	rest := strings.TrimPrefix("/"+name, path.Clean(best))
	return m.files.Open(strings.TrimPrefix(path.Join(filepath.ToSlash(to), rest), "/"))
}

// writePID writes the process number, and returns what removes it again.
func writePID(f *proxyFlags) (remove func(), err error) {
	if f.pid == "" {
		return func() {}, nil
	}
	root, err := filepath.Abs(f.prefix)
	if err != nil {
		return nil, fmt.Errorf("--pid: %w", err)
	}
	name := f.pid
	if !filepath.IsAbs(name) {
		name = filepath.Join(root, name)
	}
	if rest, err := filepath.Rel(root, name); err != nil || !filepath.IsLocal(rest) {
		return nil, fmt.Errorf("--pid: `%s` is not below -p `%s`", source.Printable(f.pid), source.Printable(f.prefix))
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("--pid: %w", reason(err))
	}
	return func() { _ = os.Remove(name) }, nil // it may be gone already
}
