package nginx

import (
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		line, message string
		news          bool
	}{
		{"2024/01/02 03:04:05 [notice] 12#12: using the \"epoll\" event method", "", true},
		{"2024/01/02 03:04:05 [notice] 12#12: nginx/1.30.6", "", false},
		{"nginx: [emerg] unknown directive \"x\" in /p/nginx.conf:1", "unknown directive \"x\" in /p/nginx.conf:1", true},
		{"2024/01/02 03:04:05 [emerg] 12#12: *3 mkdir() \"/a\" failed", "mkdir() \"/a\" failed", true},
		{"2024/01/02 03:04:05 [emerg] 12#12: bind() to 127.0.0.1:1 failed (98: Address already in use)", ErrAddressInUse.Error(), true},
	} {
		err, news := verdict(c.line)
		if news != c.news || (err == nil) != (c.message == "") || err != nil && err.Error() != c.message {
			t.Errorf("%s: %v, %v", c.line, err, news)
		}
	}
}

// What is said first counts, and a log that ends without a word is an error.
func TestWatchLog(t *testing.T) {
	for log, want := range map[string]string{
		"[emerg] 1#1: one\n[emerg] 1#1: two\n": "one",
		"nothing of note\n":                    "nginx ended without a word",
		strings.Repeat("x", 2<<20):             "nginx ended without a word",
	} {
		state := make(chan error, 1)
		watchLog(strings.NewReader(log), state)
		if err := <-state; err == nil || err.Error() != want {
			t.Errorf("%.20s: %v", log, err)
		}
	}
}

// A program that is none, or that says nothing of use.
func TestNoNginx(t *testing.T) {
	if _, err := Start("/nowhere/nginx", t.TempDir(), "nginx.conf", ""); err == nil {
		t.Error("no error")
	}
	if err := Test(t.Context(), "/nowhere/nginx", t.TempDir(), "nginx.conf"); err == nil {
		t.Error("no error")
	}
}
