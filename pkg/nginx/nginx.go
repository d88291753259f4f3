// Package nginx answers: what does a real nginx say to a configuration? It tests one, and it runs a server in the
// foreground that ends with the process that started it. It knows nothing of what a configuration means.
package nginx

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// Refusal is a configuration that nginx does not take, or can't serve.
type Refusal struct {
	// Message is nginx's first complaint of level emerg, without the number of its process. It holds the paths that nginx
	// was given.
	Message string
}

// Error returns the complaint.
func (r *Refusal) Error() string { return r.Message }

// ErrAddressInUse means that a port is taken that the configuration listens on.
var ErrAddressInUse = errors.New("address in use")

// Test asks the nginx at path program for its opinion on a configuration: `nginx -t` with the prefix and the file. The
// error is a *Refusal where nginx has one, and another one where it can't be asked.
func Test(ctx context.Context, program, prefix, file string) error {
	out, err := exec.CommandContext(ctx, program, "-t", "-q", "-p", prefix, "-c", file, "-e", "stderr").CombinedOutput()
	if err == nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		if complaint, ok := complaintIn(line); ok {
			return &Refusal{complaint}
		}
	}
	return fmt.Errorf("nginx -t: %w: %s", err, strings.TrimSpace(string(out)))
}

var processID = regexp.MustCompile(`^\d+#\d+: (\*\d+ )?`)

// complaintIn returns the complaint of a line of the log that ends nginx.
func complaintIn(line string) (string, bool) {
	_, complaint, ok := strings.Cut(line, "[emerg] ")
	return strings.TrimSpace(processID.ReplaceAllString(complaint, "")), ok
}
