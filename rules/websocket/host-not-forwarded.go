package websocket

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
)

var _ = set.Add(lint.Rule{
	Name:     "host-not-forwarded",
	Code:     "WS030",
	Level:    diag.Warning,
	Fix:      diag.Unsafe,
	Versions: "all",
	Since:    "0.1.0",
	OnConfig: hostNotForwarded,
})

// hostNotForwarded finds handshakes whose Host is not what the client asked for: a backend that compares Origin with it
// refuses every browser.
//
// RFC 6455, 10.2; nginx: the default of proxy_set_header is Host $proxy_host.
func hostNotForwarded(p *lint.Pass) {
	var lost causes
	for _, s := range forwarding(p) {
		when := s.holds(eval.Chrome, func(u *eval.Upstream) bool {
			return s.local(u) && s.replacesHost(u)
		})
		if when.none() {
			continue
		}
		at := decider(s.head(eval.Chrome, when), "Host")
		if at == nil {
			at = s.missingAt()
		}
		lost.add(at, "", s, when)
	}
	lost.report(p, func(c *cause) diag.Diagnostic {
		values, _ := c.first().head(eval.Chrome, c.when).Values("Host")
		d := diag.Diagnostic{
			Message:  fmt.Sprintf("the backend gets `Host: %s` instead of the name that the client asked for%s", strings.Join(values, ", "), c.when.ending()),
			Help:     "Set `proxy_set_header Host $host;` beside the other headers.",
			At:       lint.Head(c.at),
			Evidence: c.first().evidence(eval.Chrome, c.when, "Host"),
			Fix:      c.forwardHost(p),
		}
		if decider(c.first().head(eval.Chrome, c.when), "Host") == nil {
			d.Note = "without `proxy_set_header Host` it is the name in `proxy_pass`"
		}
		return d
	})
}

// forwardHost is the fix.
func (c *cause) forwardHost(p *lint.Pass) *diag.Fix {
	plan := c.mend(p)
	plan.SetHeader("Host", "$host")
	fix := plan.Fix(diag.Unsafe, "pass on the name that the client asked for")
	if fix != nil && fix.Safety == diag.Unsafe {
		fix.Risk = "a backend with several virtual hosts may choose another one"
	}
	return fix
}

// replacesHost reports whether the head's Host is known to be $proxy_host, or a constant that is no name of the server.
func (s *site) replacesHost(u *eval.Upstream) bool {
	values, known := u.Values("Host")
	if !known || len(values) != 1 {
		return false
	}
	by := u.Lookup("Host")[0].By
	if by == nil {
		return true
	}
	value := s.all.eval.Table().Expr(by.Arg(2))
	if text, constant := value.Constant(); constant {
		return !s.named(text)
	}
	return slices.Equal(value.Variables(), []string{"proxy_host"})
}

// named reports whether a constant Host is, or may be, one of the server's names.
func (s *site) named(host string) bool {
	server := s.level.Within("server")
	if server == nil || server.Hidden("server_name") {
		return true // not known
	}
	name := withoutPort(host)
	for _, d := range server.Own("server_name") {
		for _, word := range d.Args() {
			if strings.EqualFold(word.Value, name) || strings.ContainsAny(word.Value, "*~$") || strings.HasPrefix(word.Value, ".") {
				return true
			}
		}
	}
	return false
}

// local reports whether the backend is known to be one's own: on this machine, in a private network, or named without a
// dot. One in the open internet needs its own name as Host. A bare name may be that of an upstream block that we can't see.
func (s *site) local(u *eval.Upstream) bool {
	switch {
	case u.Socket != "":
		return true
	case u.Host.Unknown || u.Block != nil && u.Block.Hidden("server") || s.all.guessed(authority(s.pass.Arg(1))):
		return false
	case u.Block == nil && !s.all.config.Complete && bareName(u.Host.Text):
		return false
	case u.Block == nil:
		return privateHost(withoutPort(u.Host.Text))
	}
	servers := u.Block.Own("server")
	return len(servers) > 0 && !slices.ContainsFunc(servers, func(d *config.Directive) bool {
		return !strings.HasPrefix(d.Arg(1), "unix:") && !privateHost(withoutPort(d.Arg(1)))
	})
}

// withoutPort cuts the port off a host.
func withoutPort(host string) string {
	if end := strings.LastIndexByte(host, ':'); end >= 0 && !strings.HasSuffix(host, "]") {
		return host[:end]
	}
	return host
}

// bareName reports whether a host is a name alone, as an upstream block's is.
func bareName(host string) bool { return !strings.ContainsAny(host, ".:") && host != "localhost" }

// standIn reports whether a name is one to be replaced, as documentation has them: HOSTNAME, <hostname>.
func standIn(host string) bool {
	return strings.ContainsAny(host, "<>{}[]%") || host == strings.ToUpper(host)
}

// privateHost reports whether a host is loopback, in a private network, or a name without a dot.
func privateHost(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback() || addr.IsPrivate()
	}
	return host != "" && !strings.ContainsAny(host, ".$") && !standIn(host)
}
