package syntax

import (
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var nginxStrings = flag.Int("nginx.n", 300, "how many random strings to compare with a real nginx")

// A types block takes any words, so that what nginx says of a text in it comes from its lexer. What cannot be built
// from the words then is no matter.
const (
	nginxBefore = "events {} http { types_hash_max_size 65536; types_hash_bucket_size 32768; types {\n"
	nginxAfter  = "\n}}\n"
)

// nginxSays runs nginx on text and returns what it refuses it for and the line; "" where it does not.
func nginxSays(t *testing.T, nginx, dir, text string) (message string, line int) {
	t.Helper()
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(nginx, "-t", "-q", "-p", dir, "-c", path).CombinedOutput()
	if err == nil {
		return "", 0
	}
	found := regexp.MustCompile(`(?s)\[emerg\] [0-9#]+: (.*?) (?:in|started in) ` + regexp.QuoteMeta(path) + `:([0-9]+)`).
		FindSubmatch(out)
	if found == nil {
		return string(out), 0
	}
	line, _ = strconv.Atoi(string(found[2]))
	return string(found[1]), line
}

// realNginx returns the newest of the real servers, and skips the test where there is none.
func realNginx(t *testing.T) string {
	out, err := exec.Command(shared(t, "tools", "real-nginx")).Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) < 2 {
		t.Skipf("no real nginx: %v", err)
	}
	return lines[len(lines)-1]
}

func TestRandomStringsAgainstNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("starts nginx often")
	}
	nginx, dir := realNginx(t), t.TempDir()
	r := rand.New(rand.NewPCG(3, 5))
	n := *nginxStrings
	refused := 0
	for range n {
		text := nginxBefore + randomText(r) + nginxAfter
		message, line := nginxSays(t, nginx, dir, text)
		f := exact(text)
		switch isSyntax := strings.HasPrefix(message, "unexpected ") || strings.HasPrefix(message, "too long parameter"); {
		case isSyntax:
			refused++
			if len(f.Errors) == 0 || f.Errors[0].Message != message && f.Errors[0].Message != message+" started" ||
				f.Errors[0].Line != line {
				t.Errorf("nginx: %q, line %d; not %+v: %q", message, line, f.Errors, text)
			}
		case line > 0 && len(f.Errors) > 0 && f.Errors[0].Line < line, line == 0 && len(f.Errors) > 0:
			t.Errorf("nginx: %q, line %d; but %+v: %q", message, line, f.Errors, text)
		}
	}
	t.Logf("%d random strings: nginx refuses %d of them for their syntax, as we do", n, refused)
}
