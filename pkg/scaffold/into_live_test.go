package scaffold_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
)

var flags = difftest.Flags(240)

// TestIntoOnRealServers puts a location into random configurations and asks each real nginx: it accepts them as before,
// every other request is answered and arrives as before, and a browser's handshake gets its tunnel at the new location.
func TestIntoOnRealServers(t *testing.T) {
	for _, server := range difftest.Servers(t) {
		version, err := catalog.ParseVersion(server.Version)
		if err != nil {
			t.Fatal(err)
		}
		generator := difftest.NewGenerator(flags.Seed)
		var before, after []*difftest.Case
		refused := 0
		for _, c := range generator.Cases(flags.N) {
			if !usesBackend(c) {
				continue // its answers would name another port
			}
			with := inserted(t, c, version)
			if with == nil {
				refused++
				continue
			}
			before, after = append(before, c), append(after, with)
		}
		compareRuns(t, server, before, after)
		t.Logf("nginx %s, seed %d: %d configurations, %d refused", server.Version, generator.Seed(), len(before), refused)
		if len(before) < 4*refused {
			t.Errorf("only %d insertions, %d refused", len(before), refused)
		}
	}
}

// newPath is taken by no generated configuration.
const newPath = "^~ /ngxproof-new"

// inserted returns the case with the location and a handshake to it, or nil where Into refuses.
func inserted(t *testing.T, c *difftest.Case, version catalog.Version) *difftest.Case {
	t.Helper()
	files := source.Memory(c.Files(difftest.Canonical))
	cfg, err := config.NewLoader(files).Load("nginx.conf", config.Options{Prefix: "."})
	if err != nil {
		t.Fatal(err)
	}
	spec := scaffold.Spec{Path: newPath, Upstreams: []string{"127.0.0.1:10081"}, Profiles: lint.OneVersion(version).Profiles}
	var done *scaffold.Insertion
	var name string
	for _, name = range names(cfg) {
		place := scaffold.Place{Reader: files, Server: name, Load: func(r source.Reader) (*config.Config, error) {
			return config.NewLoader(r).Load("nginx.conf", config.Options{Prefix: "."})
		}}
		if done, err = scaffold.Into(place, spec); err == nil {
			break
		}
	}
	if done == nil {
		t.Logf("%s: %v", c.ID, err)
		return nil
	}
	text := map[string]string{}
	for name, old := range files {
		text[name] = old
	}
	for _, change := range done.Changed {
		text[change.Before.Path] = change.After
	}
	with := c.WithFiles(text)
	with.Requests = append(slices.Clone(c.Requests), difftest.Request{
		Raw: difftest.Bytes("GET /ngxproof-new/x?y=z HTTP/1.1\r\nHost: " + host(name) + "\r\nConnection: keep-alive, Upgrade\r\n" +
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
		Answer: difftest.Answer{Strict: true},
	})
	return with
}

// usesBackend reports whether a case has the backend that the new location asks.
func usesBackend(c *difftest.Case) bool {
	for _, text := range c.Files(difftest.Canonical) {
		if strings.Contains(text, "10081") {
			return true
		}
	}
	return false
}

// names returns the names of all servers.
func names(cfg *config.Config) []string {
	var all []string
	for _, server := range cfg.Servers() {
		for _, d := range server.Own("server_name") {
			if name := d.Arg(1); name != "" && !strings.HasPrefix(name, "$") {
				all = append(all, name)
			}
		}
	}
	return all
}

// host returns a host that a server's name stands for.
func host(name string) string {
	if _, domain, ok := strings.Cut(name, `)\.`); ok { // as the generator writes a regex
		return "sub." + strings.NewReplacer(`\.`, ".", "$", "").Replace(domain)
	}
	return strings.TrimPrefix(strings.NewReplacer("*.", "www.", ".*", ".com").Replace(name), ".")
}

func compareRuns(t *testing.T, server difftest.Server, before, after []*difftest.Case) {
	t.Helper()
	was, err := difftest.Run(server, before)
	if err != nil {
		t.Fatal(err)
	}
	is, err := difftest.Run(server, after)
	if err != nil {
		t.Fatal(err)
	}
	tunnels := 0
	for i := range was {
		if is[i].Accepted != was[i].Accepted {
			t.Errorf("nginx %s: accepted %v, before %v: %s\n%s", server.Version, is[i].Accepted, was[i].Accepted, is[i].Message, after[i])
		}
		if !is[i].Accepted || !was[i].Accepted {
			continue
		}
		last := len(is[i].Observations) - 1
		for n := range was[i].Observations {
			if diff := difftest.CompareObservations(was[i].Observations[n], is[i].Observations[n]); diff != "" {
				t.Errorf("nginx %s: request %d is served otherwise: %s\n%s", server.Version, n, diff, after[i])
			}
		}
		if o := is[i].Observations[last]; !o.ValidHandshake("dGhlIHNhbXBsZSBub25jZQ==") {
			t.Errorf("nginx %s: no WebSocket at the new location: %s %s\n%s", server.Version, o.Status, o.Fault, after[i])
			continue
		}
		tunnels++
	}
	t.Logf("nginx %s: %d tunnels", server.Version, tunnels)
	if 2*tunnels < len(was) {
		t.Errorf("nginx %s: only %d tunnels in %d configurations", server.Version, tunnels, len(was))
	}
}
