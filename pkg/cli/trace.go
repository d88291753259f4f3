package cli

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/report"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/trace"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// currentBranch is the nginx that trace tells of, and proxy behaves as, unless another is named.
const currentBranch = "1.30"

func (a *app) traceCommand() *cobra.Command {
	var k ask
	var headers []string
	var client, output, version string
	cmd := &cobra.Command{
		Use:   "trace FILE [METHOD] URL",
		Short: "Tell what nginx does with one request",
		Long: `URL is http://name[:port]/path, https, ws or wss, or a path for the first server.
A ws or wss URL is asked for by a browser's handshake, any other by a plain
request, unless --client says otherwise. Nothing is dialled.`,
		Example: `  ngxproof trace nginx.conf ws://example.com/chat
  ngxproof trace nginx.conf POST http://example.com:8080/api -H 'Cookie: a=b'
  ngxproof trace nginx.conf /chat --client firefox --nginx-version 1.26`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return fmt.Errorf("trace takes a file, a method or none, and a URL, but was given %s", countOf(len(args), "argument", "arguments"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := catalog.ParseTarget(version)
			if err != nil {
				return fmt.Errorf("--nginx-version: %w", err)
			}
			q := question{method: "GET", url: args[len(args)-1], client: client, headers: headers}
			if len(args) == 3 {
				q.method = args[1]
			}
			return a.trace(&k, args[0], q, v, output)
		},
	}
	tableOutput(cmd, &output)
	flags := cmd.Flags()
	flags.StringArrayVarP(&headers, "header", "H", nil, "send `NAME: VALUE` in place of the client's line of that name; repeatable")
	flags.StringVar(&client, "client", "", "the `CLIENT` that asks: chrome, firefox, mixedcase, plain, h2c")
	flags.StringVar(&version, "nginx-version", currentBranch, "tell of this `VERSION`: 1.22.1, or 1.22 for its last release")
	k.registerReading(flags)
	return cmd
}

func (a *app) trace(k *ask, file string, q question, v catalog.Version, output string) error {
	jobs, err := a.jobs(k, []string{file})
	if err != nil {
		return err
	}
	t := jobs[0].targets
	if len(t.errs) > 0 {
		return errors.Join(t.errs...)
	}
	if len(t.configs) != 1 {
		return fmt.Errorf("trace takes one configuration, and `%s` is %d", source.Printable(file), len(t.configs))
	}
	c := t.configs[0]
	req, err := q.request(c)
	if err != nil {
		return err
	}
	e := eval.New(c)
	e.Explain = true
	findings, err := explaining(jobs[0], c, v)
	if err != nil {
		return err
	}
	story := trace.Tell(e, req, v)
	story.Refuse(findings)
	return a.print(output, story, func(w io.Writer) {
		if err := report.Trace(w, story, report.Options{Color: a.colored(a.out)}); err != nil {
			a.fail(unwritable(err))
		}
	})
}

// question is a request as the command line puts it.
type question struct {
	method, url, client string
	headers             []string
}

// request makes the request.
func (q question) request(c *config.Config) (*vars.Request, error) {
	u, err := q.parse(c)
	if err != nil {
		return nil, err
	}
	secure := u.Scheme == "https" || u.Scheme == "wss"
	client := eval.Plain
	if u.Scheme == "ws" || u.Scheme == "wss" {
		client = eval.Chrome
	}
	if q.client != "" {
		if client, err = eval.ParseClient(q.client); err != nil {
			return nil, fmt.Errorf("--client: %w", err)
		}
	}
	req := client.Request(u.Host, u.RequestURI())
	req.Method, req.TLS = q.method, secure
	if secure {
		req.ServerName = u.Hostname()
	}
	if req.Local, err = local(u, secure); err != nil {
		return nil, err
	}
	return req, q.set(req)
}

// parse reads the URL; of a path, the host is the first server's first name.
func (q question) parse(c *config.Config) (*url.URL, error) {
	text := q.url
	if strings.HasPrefix(text, "/") {
		text = "http://" + firstName(c) + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("URL: %w", err)
	case u.Host == "":
		return nil, fmt.Errorf("URL: `%s` has no host", source.Printable(q.url))
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
		return u, nil
	}
	return nil, fmt.Errorf("URL: the scheme of `%s` is none of http, https, ws, wss", source.Printable(q.url))
}

// firstName returns a name, and a port where it is not 80, that leads to the first server.
func firstName(c *config.Config) string {
	servers := c.Servers()
	if len(servers) == 0 {
		return "localhost"
	}
	name, port := "localhost", ""
	for _, d := range servers[0].Own("server_name") {
		if first := d.Arg(1); first != "" && !strings.ContainsAny(first, "*~_$") && !strings.HasPrefix(first, ".") {
			name = first
			break
		}
	}
	for _, d := range servers[0].Own("listen") {
		if port = listenPort(d.Arg(1)); port != "" {
			break
		}
	}
	if port != "" && port != "80" {
		name += ":" + port
	}
	return name
}

// listenPort returns the port of a listen address, or "".
func listenPort(address string) string {
	if _, err := strconv.Atoi(address); err == nil {
		return address
	}
	if i := strings.LastIndexByte(address, ':'); i >= 0 && !strings.HasPrefix(address, "unix:") {
		if _, err := strconv.Atoi(address[i+1:]); err == nil {
			return address[i+1:]
		}
	}
	return ""
}

// local is the address that the client connects to: only its port is known.
func local(u *url.URL, secure bool) (netip.AddrPort, error) {
	port := uint64(80)
	if secure {
		port = 443
	}
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("URL: `%s` is no port", text)
		}
		port = n
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), nil
}

// set puts the given header lines in place of the client's of the same name.
func (q question) set(req *vars.Request) error {
	given := map[string]bool{}
	for _, line := range q.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return fmt.Errorf("--header: `%s` is not NAME: VALUE", source.Printable(line))
		}
		key := strings.ToLower(strings.TrimSpace(name))
		if !given[key] {
			given[key] = true
			var kept []vars.Header
			for _, h := range req.Headers {
				if !strings.EqualFold(h.Name, key) {
					kept = append(kept, h)
				}
			}
			req.Headers = kept
		}
		req.Headers = append(req.Headers, vars.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return nil
}
