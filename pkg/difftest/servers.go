// Package difftest answers: what does a real nginx do with this configuration and these requests? It generates
// configurations and requests that cover the dimensions of a differential test, runs them through real servers between
// a raw client and a scripted backend, shrinks a disagreement to a minimal reproducer and records observations. Only
// tests import it; of ngxproof it knows only how nginx is run, so that what is compared with nginx is not compared with itself.
package difftest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/nginx"
)

// Server is a real nginx: its version as digits and dots, and the path of a program that takes nginx's arguments.
type Server struct {
	Version string
	Path    string
	// Start begins to serve prefix/nginx.conf in another way than by the program; it returns when that listens. Nil: the
	// program does. What it refuses is an error of Refuse.
	Start func(prefix string) (stop func(), err error)
}

// Refuse is a complaint about a configuration, in the words of one who serves it in another way.
func Refuse(message string) error { return &nginx.Refusal{Message: message} }

// Serve begins to serve prefix/nginx.conf, and returns when it listens.
func (s Server) Serve(prefix string) (stop func(), err error) {
	if s.Start != nil {
		return s.Start(prefix)
	}
	p, err := startNginx(s, prefix)
	if err != nil {
		return nil, err
	}
	return p.Stop, nil
}

// unpacked asks the tool once a process; a second call while apt runs would only wait.
var unpacked = sync.OnceValues(unpack)

// Servers are the real servers at hand, oldest first. The test is skipped where the shared folder beside the module is
// absent, and fails where it is there but yields no server: a comparison with nothing is not a pass.
func Servers(t testing.TB) []Server {
	t.Helper()
	all, err := unpacked()
	switch {
	case err != nil:
		t.Fatal(err)
	case all == nil:
		t.Skip("no ../shared beside the module")
	}
	return all
}

// ServerOf is the server at hand whose version begins with prefix ("1.22"); the test is skipped where there is none.
func ServerOf(t testing.TB, prefix string) Server {
	t.Helper()
	for _, s := range Servers(t) {
		if strings.HasPrefix(s.Version, prefix) {
			return s
		}
	}
	t.Skip("no nginx", prefix)
	return Server{}
}

// moduleRoot is found from this file, because a test's working directory is its own package's.
func moduleRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func unpack() ([]Server, error) {
	tool := filepath.Join(moduleRoot(), "..", "shared", "tools", "real-nginx")
	if _, err := os.Stat(tool); err != nil {
		return nil, nil //nolint:nilerr // absence is told by the nil list, the caller skips
	}
	out, err := exec.Command(tool).Output()
	if err != nil {
		return nil, fmt.Errorf("unpack real servers: %w", err)
	}
	var all []Server
	for line := range strings.Lines(string(out)) {
		if version, path, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			all = append(all, Server{Version: version, Path: path})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s names no server", tool)
	}
	return all, nil
}
