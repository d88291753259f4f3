package difftest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/nginx"
)

// confIn is the configuration below a prefix.
func confIn(prefix string) string { return filepath.Join(prefix, "nginx.conf") }

// startNginx runs nginx on prefix/nginx.conf and returns when it listens, or with a *nginx.Refusal.
func startNginx(s Server, prefix string) (*nginx.Process, error) {
	p, err := nginx.Start(s.Path, prefix, confIn(prefix), "")
	return p, canonicalRefusal(err, prefix)
}

// testNginx asks nginx -t.
func testNginx(s Server, prefix string) error {
	return canonicalRefusal(nginx.Test(context.Background(), s.Path, prefix, confIn(prefix)), prefix)
}

// canonicalRefusal drops what differs from run to run from nginx's complaint. Other errors stay.
func canonicalRefusal(err error, prefix string) error {
	var refused *nginx.Refusal
	if errors.As(err, &refused) {
		return &nginx.Refusal{Message: strings.ReplaceAll(refused.Message, prefix, Canonical.Prefix)}
	}
	return err
}

// epoch is the time that static files were last changed, so that their headers are the same in every run.
var epoch = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// writeFiles puts files below a folder.
func writeFiles(folder string, files map[string]string) error {
	for name, text := range files {
		full := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(full, epoch, epoch); err != nil {
			return err
		}
	}
	return nil
}
