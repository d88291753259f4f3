package prove

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// place is where a configuration is run.
type place struct {
	// backend is the stand-in's address.
	backend string
	// folder is where nginx writes and its certificate is; "" where nothing is written.
	folder string
	// listen gives each address that the configuration listens on, by its name, the one to listen on; nil to leave them.
	listen func(name string) netip.AddrPort
	// scale gives each timeout another span; nil to leave them.
	scale func(time.Duration) time.Duration
	// user is the `user` of nginx; "" to say nothing.
	user string
	// version is the nginx that runs.
	version catalog.Version
}

// rebuilt is the configuration as it is run: one text, everything included, that touches nothing but loopback addresses.
type rebuilt struct {
	text string
	// wrapped is how many locations stand around a fragment's own, 0 or 1.
	wrapped int
	// left are the names of the directives that were left out although they matter to some client, sorted.
	left map[string]bool
}

// builder writes a configuration anew.
type builder struct {
	place
	config *config.Config
	eval   *eval.Evaluator
	text   strings.Builder
	depth  int
	out    *rebuilt
	caches int
	err    error
}

// rebuild writes the configuration as it is run at the place.
func rebuild(c *config.Config, p place) (*rebuilt, error) {
	b := &builder{place: p, config: c, eval: eval.New(c), out: &rebuilt{left: map[string]bool{}}}
	b.top()
	b.out.text = b.text.String()
	return b.out, b.err
}

// load loads what was written.
func (r *rebuilt) load() (*config.Config, error) {
	return config.NewLoader(source.Memory{"/proof/nginx.conf": r.text}).Load("/proof/nginx.conf", config.Options{})
}

// top writes the whole, with what a fragment lacks around it.
func (b *builder) top() {
	b.main()
	root := b.config.Root
	if !b.config.Fragment {
		b.block(root)
		return
	}
	kind := wrapperOf(b.config)
	if kind == 0 {
		b.err = ErrFragment
		return
	}
	b.open("http")
	b.http(root)
	if kind != catalog.HTTP {
		b.open("server")
		b.listens(nil)
	}
	if kind == catalog.Location {
		b.open("location", "/")
		b.out.wrapped = 1
	}
	b.block(root)
	for b.depth > 0 {
		b.shut()
	}
}

// wrapperOf says where a fragment stands: HTTP, Server or Location; 0 for none of these.
func wrapperOf(c *config.Config) catalog.Context {
	in := c.Root.Inside
	servers := false
	for _, d := range c.Root.Children {
		switch d.Name() {
		case "server", "upstream", "map", "geo", "split_clients":
			servers = true
		}
	}
	switch {
	case in&catalog.HTTP != 0 && servers:
		return catalog.HTTP
	case in&catalog.Server != 0:
		return catalog.Server
	case in&catalog.HTTP != 0:
		return catalog.HTTP
	case in&catalog.Location != 0:
		return catalog.Location
	}
	return 0
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// line writes one simple directive.
func (b *builder) line(words ...string) { b.head(words); b.text.WriteString(";\n") }

// open begins a block, shut ends it.
func (b *builder) open(words ...string) { b.head(words); b.text.WriteString(" {\n"); b.depth++ }

func (b *builder) shut() {
	b.depth--
	b.text.WriteString(strings.Repeat("    ", b.depth) + "}\n")
}

func (b *builder) head(words []string) {
	b.text.WriteString(strings.Repeat("    ", b.depth))
	for i, word := range words {
		quoted, err := syntax.QuoteWord(word)
		if err != nil {
			b.fail("`%s`: %w", source.Printable(words[0]), err)
		}
		if i > 0 {
			b.text.WriteByte(' ')
		}
		b.text.WriteString(quoted)
	}
}

// main writes what stands at the top of every configuration that is run.
func (b *builder) main() {
	if b.user != "" {
		b.line("user", b.user)
	}
	b.line("daemon", "off")
	b.line("master_process", "off")
	b.line("worker_processes", "1")
	if b.folder != "" {
		b.line("pid", b.folder+"/nginx.pid")
	}
	b.open("events")
	b.line("worker_connections", "512")
	b.shut()
}

// http writes what stands at the top of http; level is the block whose own directives win.
func (b *builder) http(level *config.Directive) {
	if b.folder != "" {
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			b.line(kind+"_temp_path", b.folder+"/"+kind)
		}
		b.line("access_log", "off")
	}
	if b.scale != nil {
		for _, name := range scaled {
			if len(level.Own(name)) == 0 {
				b.line(name, spanText(b.scale(defaultTimeout)))
			}
		}
	}
	b.open("map", "$host", "$"+backendVariable)
	b.line("default", b.backend)
	b.shut()
	b.open("map", "$host", "$"+nowhereVariable)
	b.line("default", nowhere)
	b.shut()
	if b.listen != nil {
		b.ports()
	}
}

// The variables that stand for addresses in a proxy_pass with variables: the stand-in, and a name that is not resolved.
const (
	backendVariable = "ngxproof_backend"
	nowhereVariable = "ngxproof_nowhere"
	portVariable    = "ngxproof_server_port"
	nowhere         = "ngxproof.invalid:80"
)

// ports defines what `$server_port` would have been.
func (b *builder) ports() {
	b.open("map", "$server_port", "$"+portVariable)
	b.line("default", "80")
	seen := map[string]bool{}
	for _, l := range listensOf(b.config, b.eval.Table()) {
		name := listenName(l)
		if port := b.listen(name).Port(); !seen[name] && l.Port != 0 {
			seen[name] = true
			b.line(fmt.Sprint(port), fmt.Sprint(l.Port))
		}
	}
	b.shut()
}

// listensOf returns all addresses that the configuration listens on, with repetitions.
func listensOf(c *config.Config, t *vars.Table) []vars.Listen {
	var all []vars.Listen
	for _, server := range c.Servers() {
		for _, l := range t.Listens(server) {
			if !l.QUIC {
				all = append(all, l)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, implicit)
	}
	return all
}

// implicit is where a server without listen is.
var implicit = vars.Listen{Addr: netip.IPv4Unspecified(), Port: 80, LastPort: 80}

// listenName names an address.
func listenName(l vars.Listen) string {
	if l.Addr.IsValid() {
		return netip.AddrPortFrom(l.Addr, l.Port).String()
	}
	if l.Port == 0 {
		return l.Name
	}
	return fmt.Sprintf("%s:%d", l.Name, l.Port)
}

// block writes a block's statements, includes in their place.
func (b *builder) block(block *config.Directive) {
	for _, d := range block.Children {
		if len(d.File.Errors) == 0 || d.Term >= 0 {
			b.directive(d)
		}
	}
}

// directive writes one statement, or what it is replaced by.
func (b *builder) directive(d *config.Directive) {
	name := d.Name()
	switch {
	case name == "include" && d.Block == nil, b.skip(d):
	case d.Block != nil && d.Block.Raw:
		b.head(wordsOf(d))
		b.text.WriteString(" " + d.File.Text[d.Block.Open:d.Block.Close+1] + "\n")
	case d.MapLike:
		b.open(b.words(d)...)
		for _, entry := range b.config.Entries(d) {
			b.line(b.named(entryWords(entry))...)
		}
		b.shut()
	case d.Block != nil:
		b.nested(d)
	case name == "listen": // see listens
	case name == "server" && d.Context&catalog.Upstream != 0:
		b.peer(d)
	default:
		b.line(b.words(d)...)
	}
}

func entryWords(d *syntax.Directive) []string {
	var words []string
	for _, w := range d.Words {
		words = append(words, w.Value)
	}
	return words
}

func wordsOf(d *config.Directive) []string { return entryWords(d.Directive) }

// nested writes a block of directives.
func (b *builder) nested(d *config.Directive) {
	b.open(b.words(d)...)
	switch d.Name() {
	case "http":
		b.http(d)
	case "server":
		b.listens(d)
	}
	b.block(d)
	b.shut()
}

// listens writes the addresses of a server; nil is the one around a fragment.
func (b *builder) listens(server *config.Directive) {
	all := []vars.Listen{implicit}
	if server != nil {
		all = b.eval.Table().Listens(server)
	}
	wrote := false
	for _, l := range all {
		if l.QUIC {
			continue
		}
		wrote = true
		line := b.listenWords(l)
		if b.folder == "" && server != nil && !l.TLS && encrypted(b.config, server) {
			line = append(line, "ssl")
		}
		b.line(line...)
	}
	if !wrote {
		b.line(b.listenWords(implicit)...)
	}
}

// encrypted reports whether a server has the directive that encrypted all its listeners before nginx 1.25.1.
func encrypted(c *config.Config, server *config.Directive) bool {
	by := c.Effective(server, "ssl").By
	return by != nil && strings.EqualFold(by.Arg(1), "on")
}

// listenWords returns a listen directive; what concerns sockets only is left out.
func (b *builder) listenWords(l vars.Listen) []string {
	address := netip.AddrPortFrom(l.Addr, l.Port)
	switch {
	case b.listen != nil:
		address = b.listen(listenName(l))
	case !l.Addr.IsValid():
		address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), max(l.Port, 80))
	}
	words := []string{"listen", address.String()}
	if l.By == nil {
		return words
	}
	for _, w := range l.By.Args()[1:] {
		switch w.Value {
		case "default_server", "default", "ssl", "http2", "spdy", "proxy_protocol":
			words = append(words, w.Value)
		}
	}
	return words
}

// words returns a directive's words as they are run.
func (b *builder) words(d *config.Directive) []string {
	words := wordsOf(d)
	if b.replace(d, words) || len(words) == 1 {
		return words
	}
	return b.named(words)
}

// named puts the variable of the ports in place of nginx's own.
func (b *builder) named(words []string) []string {
	if b.listen == nil {
		return words
	}
	for i, word := range words {
		word = strings.ReplaceAll(word, "${server_port}", "${"+portVariable+"}")
		words[i] = replaceVariable(word, "server_port", portVariable)
	}
	return words
}

// replaceVariable replaces $name where it is not the beginning of a longer name.
func replaceVariable(word, name, other string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(word, "$"+name)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if after != "" && isNameByte(after[0]) {
			out.WriteString("$" + name)
		} else {
			out.WriteString("$" + other)
		}
		word = after
	}
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// peer writes a server of an upstream block: the stand-in, which is never taken for failed.
func (b *builder) peer(d *config.Directive) {
	words := []string{"server", b.backend}
	for _, w := range d.Args()[min(1, len(d.Args())):] {
		name, _, _ := strings.Cut(w.Value, "=")
		switch name {
		case "max_fails", "fail_timeout", "max_conns", "resolve", "service", "slow_start":
		default:
			words = append(words, w.Value)
		}
	}
	b.line(append(words, "max_fails=0")...)
}

// defaultTimeout is that of every scaled timeout.
const defaultTimeout = 60 * time.Second

// scaled are the timeouts that end a request or a tunnel.
var scaled = []string{"proxy_read_timeout", "proxy_send_timeout", "proxy_connect_timeout", "send_timeout"}

// spanText writes a span as nginx reads one.
func spanText(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
